"""The text part of an index: an embedding of each item's text, found by FAISS, and the same texts by their words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.build.manifest import texts_sha256
from index.build.parts import BuildContext, PreviousIndex
from index.command import progress
from index.data.item_text import item_text, item_title
from index.data.records import Item
from index.embedding.encoder import TextEncoder
from index.errors import MendableError
from index.retrieval.bm25 import Lexical
from index.retrieval.vector_store import VECTORS, VectorStore
from index.storage.arrays import blocks_of, read_array, write_array, write_blocks
from index.types import Floats

FOLDER, WORDS, MEAN = "text", "words", "mean.npy"
SHARD = 512  # texts that are embedded between two saves


@dataclass(frozen=True)
class TextPart:
    """Vectors, store and word index of the items' texts."""

    name: str = FOLDER
    version: int = 2

    def wanted(self, domain: str) -> bool:
        """Always: every item has a title."""
        return True

    def build(self, making: BuildContext) -> Mapping[str, Any]:
        """Embed every item, in shards that a killed build finds again."""
        items = making.domain.catalogue.items
        paths = embed_texts(making, [item_text(item) for item in items], "embedding items")
        folder = making.folder / FOLDER
        write_blocks(folder / VECTORS, (len(items), making.encoder.dim), np.float32, map(read_array, paths))
        return _finished(making, VectorStore.build(_vectors(folder)))

    def extend(self, making: BuildContext, old: PreviousIndex) -> Mapping[str, Any]:
        """Embed the new items only."""
        items = making.domain.catalogue.items
        texts = [item_text(item) for item in items[old.n_items :]]
        store = VectorStore.load(old.folder / FOLDER, writable=True)
        folder = making.folder / FOLDER
        blocks = (store.vectors, making.encoder.encode(texts, "embedding items"))
        write_blocks(folder / VECTORS, (len(items), making.encoder.dim), np.float32, blocks)
        return _finished(making, store.extended(_vectors(folder)))


def embed_texts(making: BuildContext, texts: Sequence[str], what: str) -> list[Path]:
    """The files with the vectors of texts, in shards that a killed build finds again, under a progress bar."""
    shards = [tuple(texts[start : start + SHARD]) for start in range(0, len(texts), SHARD)]
    return [_shard(making, shard) for shard in progress(shards, what)]


def _shard(making: BuildContext, texts: tuple[str, ...]) -> Path:
    """The file with the vectors of some texts, named after what it is made of."""
    path = making.aside / f"{making.encoder.sha256[:16]}-{texts_sha256(texts)[:32]}.npy"
    if not _is_whole(path, len(texts), making.encoder):
        write_array(path, making.encoder.encode(texts))
    return path


def _is_whole(path: Path, n: int, encoder: TextEncoder) -> bool:
    if not path.is_file():
        return False
    try:
        return read_array(path).shape == (n, encoder.dim)
    except MendableError:  # cut off by a crash of the machine: it is made again
        return False


def _vectors(folder: Path) -> Floats:
    return read_array(folder / VECTORS)


def _finished(making: BuildContext, store: VectorStore) -> Mapping[str, Any]:
    """Write store and word index."""
    folder = making.folder / FOLDER
    store.save(folder)
    write_array(folder / MEAN, _mean(store.vectors))
    items = making.domain.catalogue.items
    titles, texts = zip(*_texts(items), strict=True) if items else ((), ())
    Lexical.build(titles, texts).save(folder / WORDS)
    return {"store": asdict(store.settings), "device": store.device, "precision": making.encoder.precision}


def _texts(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    return ((item_title(item), item_text(item)) for item in items)


def _mean(vectors: Floats) -> Floats:
    """The mean vector (dim) in one pass over blocks; 0 of an empty catalogue."""
    total = np.zeros(vectors.shape[1], np.float64)
    for block in blocks_of(vectors):
        total += block.sum(0, dtype=np.float64)
    return (total / max(1, len(vectors))).astype(np.float32)
