"""Opens a domain's index: checks that it matches the domain and the encoder, and maps its files into memory."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.build.generations import Generation, matching_generation
from index.build.manifest import NAME, Manifest, check_files, refuse_index
from index.build.review_part import ReviewIndex, load_review_index
from index.build.sentiment_part import load_opinions
from index.build.text_part import FOLDER, MEAN, WORDS, TextPart
from index.data.domain import Domain
from index.embedding.encoder import Encoder, TextEncoder
from index.embedding.model_files import ModelFolder, resolve
from index.errors import MendableError
from index.retrieval.bm25 import LexicalIndex
from index.retrieval.review_sources import ReviewSources
from index.retrieval.text_index import TextIndex
from index.retrieval.vector_store import VectorStore
from index.sentiment.item_sentiment import ItemSentiments
from index.sentiment.review_opinions import ReviewOpinions
from index.storage.arrays import read_array
from index.types import Floats


@dataclass(frozen=True)
class DomainIndex:
    """A domain with its opened index; `folder` is that of the generation, with a folder for each part.

    Retrieval that is fitted from it leaves out reviews, or what they say, where `with_reviews` or `with_sentiment` is
    False.
    """

    domain: Domain
    text: TextIndex
    manifest: Manifest
    folder: Path
    with_reviews: bool = True
    with_sentiment: bool = True

    @property
    def vectors(self) -> Floats:
        """The vectors of item texts by row, (n_items, dim), memory-mapped."""
        return self.text.vectors

    @functools.cached_property
    def reviews(self) -> ReviewIndex | None:
        """The reviews of the index, None where the domain has none. Raises MendableError where they are damaged."""
        return load_review_index(self.folder, self.manifest)

    @functools.cached_property
    def opinions(self) -> ReviewOpinions | None:
        """What the reviews say, None where the index has none judged. Raises MendableError where it is damaged."""
        return load_opinions(self.folder, self.manifest)

    @functools.cached_property
    def review_sources(self) -> ReviewSources | None:
        """What retrieval reads of the reviews, None where there is nothing. Raises MendableError where damaged."""
        if self.reviews is None or not self.with_reviews:
            return None
        return ReviewSources(self.reviews.vectors, self.opinions if self.with_sentiment else None)

    @functools.cached_property
    def sentiments(self) -> ItemSentiments | None:
        """The sentiment of each item, None where the index has no review judged. Raises MendableError."""
        return None if self.opinions is None else ItemSentiments(self.opinions, len(self.domain.catalogue))


class OpenedDomain:
    """A domain that a command has opened: its tables, and its index, which is opened when it is first used.

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
        """The domain's index, opened once. Raises MendableError where there is none that matches."""
        return open_index(self.domain, self._encoder)


def open_index(domain: Domain, encoder: TextEncoder | None = None) -> DomainIndex:
    """The index of a domain; without `encoder`, with the one that it names, loaded at the first text.

    Raises MendableError where there is none or it does not match: both values, and how to rebuild it.
    """
    generation = matching_generation(domain.name, domain.sha256)
    while True:
        try:
            return _open(domain, generation, encoder)
        except (MendableError, FileNotFoundError):
            newer = matching_generation(domain.name, domain.sha256)
            if newer.folder == generation.folder:
                raise
            generation = newer  # a build has replaced it meanwhile


def encoder_of(generation: Generation) -> ModelFolder:
    """The encoder that an index was made with. Raises MendableError where it is not here, or has other weights."""
    manifest, where = generation.manifest, generation.folder / NAME
    try:
        model = resolve(manifest.encoder, online=False)
    except MendableError as why:
        raise refuse_index(f"its encoder {manifest.encoder!r} is not on this machine", where, manifest.domain) from why
    check_encoder(generation, model.name, model.sha256)
    return model


def _open(domain: Domain, generation: Generation, encoder: TextEncoder | None) -> DomainIndex:
    folder, manifest = generation.folder, generation.manifest
    if encoder is None:
        encoder = Encoder(encoder_of(generation))
    else:
        check_encoder(generation, encoder.name, encoder.sha256)
    if manifest.n_items != len(domain.catalogue):
        why = f"it has {manifest.n_items} items, the catalogue {len(domain.catalogue)}"
        raise refuse_index(why, folder / NAME, manifest.domain)
    version = manifest.parts.get(FOLDER, {}).get("version")
    if version != TextPart().version:
        raise refuse_index(
            f"its text part has version {version}, this program reads {TextPart().version}", folder / NAME, domain.name
        )
    check_files(folder, manifest)
    store = VectorStore.load(folder / FOLDER)
    if store.vectors.shape != (manifest.n_items, encoder.dim):
        why = f"its vectors are {store.vectors.shape}, the encoder makes {(manifest.n_items, encoder.dim)}"
        raise refuse_index(why, folder, manifest.domain)
    mean = np.asarray(read_array(folder / FOLDER / MEAN))
    text = TextIndex(encoder, store, mean, LexicalIndex.load(folder / FOLDER / WORDS))
    return DomainIndex(domain, text, manifest, folder)


def check_encoder(generation: Generation, name: str, sha256: str) -> None:
    """Raises MendableError, naming both, where an index was made with another encoder."""
    manifest = generation.manifest
    if (manifest.encoder, manifest.encoder_sha256) != (name, sha256):
        made, here = f"{manifest.encoder} {manifest.encoder_sha256[:12]}", f"{name} {sha256[:12]}"
        raise refuse_index(
            f"it was made by the encoder {made}, here is {here}", generation.folder / NAME, generation.manifest.domain
        )
