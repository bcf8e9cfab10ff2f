"""Opens a domain's index: checks that it fits the domain and the encoder, and maps its files into memory."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.storage.arrays import read_array
from index.data.domain import Domain
from index.embedding.encoder import Encoder, TextEncoder
from index.errors import MendableError
from index.build.generations import Generation, fitting
from index.retrieval.bm25 import Lexical
from index.retrieval.text_index import TextIndex
from index.build.manifest import NAME, Manifest, check_files, refused
from index.embedding.model_files import ModelFolder, resolve
from index.types import Floats
from index.retrieval.vector_store import VectorStore
from index.build.review_part import ReviewIndex, load_review_index
from index.build.text_part import FOLDER, MEAN, WORDS, TextPart


@dataclass(frozen=True)
class DomainIndex:
    """A domain with its opened index; `folder` is that of the generation, where all parts lie."""

    domain: Domain
    text: TextIndex
    manifest: Manifest
    folder: Path

    @property
    def vectors(self) -> Floats:
        """The vectors of item texts by row, (n_items, dim), memory-mapped."""
        return self.text.vectors

    @functools.cached_property
    def reviews(self) -> ReviewIndex | None:
        """The reviews of the index, None where the domain has none. Raises MendableError where they are damaged."""
        return load_review_index(self.folder, self.manifest)


class OpenedDomain:
    """A domain that a command has opened: its tables, and its index from the first time that it is asked for.

    Without an encoder it is the one that the index names.
    """

    def __init__(self, domain: Domain, encoder: TextEncoder | None = None) -> None:
        self.domain, self._encoder = domain, encoder

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.domain.name

    @functools.cached_property
    def index(self) -> DomainIndex:
        """The domain's index, opened once. Raises MendableError where there is none that fits."""
        return open_index(self.domain, self._encoder)


def open_index(domain: Domain, encoder: TextEncoder | None = None) -> DomainIndex:
    """The index of a domain; without an encoder, the one that it names, loaded at the first text.

    Raises MendableError where there is none, or where it does not fit: what it says, what is, and how to make it anew.
    """
    generation = fitting(domain.name, domain.sha256)
    while True:
        try:
            return _opened(domain, generation, encoder)
        except (MendableError, FileNotFoundError):
            newer = fitting(domain.name, domain.sha256)
            if newer.folder == generation.folder:
                raise
            generation = newer  # a build has put another in its place meanwhile


def encoder_of(generation: Generation) -> ModelFolder:
    """The encoder that an index was made with. Raises MendableError where it is not here, or has other weights."""
    manifest, where = generation.manifest, generation.folder / NAME
    try:
        model = resolve(manifest.encoder, online=False)
    except MendableError as why:
        raise refused(f"its encoder {manifest.encoder!r} is not on this machine", where, manifest.domain) from why
    check_encoder(generation, model.name, model.sha256)
    return model


def _opened(domain: Domain, generation: Generation, encoder: TextEncoder | None) -> DomainIndex:
    folder, manifest = generation.folder, generation.manifest
    if encoder is None:
        encoder = Encoder(encoder_of(generation))
    else:
        check_encoder(generation, encoder.name, encoder.sha256)
    if manifest.n_items != len(domain.catalogue):
        why = f"it has {manifest.n_items} items, the catalogue {len(domain.catalogue)}"
        raise refused(why, folder / NAME, manifest.domain)
    version = manifest.parts.get(FOLDER, {}).get("version")
    if version != TextPart().version:
        raise refused(
            f"its text part has version {version}, wanted is {TextPart().version}", folder / NAME, domain.name
        )
    check_files(folder, manifest)
    store = VectorStore.load(folder / FOLDER)
    if store.vectors.shape != (manifest.n_items, encoder.dim):
        why = f"its vectors are {store.vectors.shape}, the encoder makes {(manifest.n_items, encoder.dim)}"
        raise refused(why, folder, manifest.domain)
    mean = np.asarray(read_array(folder / FOLDER / MEAN))
    text = TextIndex(encoder, store, mean, Lexical.load(folder / FOLDER / WORDS))
    return DomainIndex(domain, text, manifest, folder)


def check_encoder(generation: Generation, name: str, sha256: str) -> None:
    """Raises MendableError, naming both, where an index was made with another encoder."""
    manifest = generation.manifest
    if (manifest.encoder, manifest.encoder_sha256) != (name, sha256):
        made, here = f"{manifest.encoder} {manifest.encoder_sha256[:12]}", f"{name} {sha256[:12]}"
        raise refused(
            f"it was made by the encoder {made}, here is {here}", generation.folder / NAME, generation.manifest.domain
        )
