"""The text part of an index: an embedding of each item's text in FAISS, and the words of the same texts for BM25."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from index.build.manifest import texts_sha256
from index.build.parts import BuildContext, PreviousIndex
from index.data.item_text import item_text, item_title
from index.data.records import Item
from index.embedding.encoder import TextEncoder
from index.errors import MendableError
from index.progress import progress, stage
from index.retrieval.bm25 import LexicalIndex
from index.retrieval.vector_store import VECTORS, VectorStore
from index.storage.arrays import blocks_of, read_array, write_array, write_blocks
from index.types import Floats

T = TypeVar("T")

FOLDER, WORDS, MEAN = "text", "words", "mean.npy"
SHARD_SIZE = 512  # texts that are embedded between two saves


@dataclass(frozen=True)
class TextPart:
    """Vectors, vector store and word index of the items' texts."""

    name: str = FOLDER
    version: int = 2

    def is_needed(self, domain: str) -> bool:
        """Always: every item has a title."""
        return True

    def made_with(self, domain: str) -> Mapping[str, Any]:
        """Nothing but the encoder, which the whole index is made with."""
        return {}

    def build(self, context: BuildContext) -> Mapping[str, Any]:
        """Embed every item, in shards that a killed build finds again."""
        items = context.domain.catalogue.items
        texts = (item_text(item) for item in items)
        paths = embed_texts(context, texts, len(items), f"embedding {len(items):,} items")
        folder = context.folder / FOLDER
        write_blocks(folder / VECTORS, (len(items), context.encoder.dim), np.float32, map(read_array, paths))
        return _write_indexes(context, VectorStore.build(_vectors(folder)))

    def extend(self, context: BuildContext, old: PreviousIndex) -> Mapping[str, Any]:
        """Embed the new items only."""
        items = context.domain.catalogue.items
        texts = [item_text(item) for item in items[old.n_items :]]
        store = VectorStore.load(old.folder / FOLDER, writable=True)
        folder = context.folder / FOLDER
        blocks = (store.vectors, context.encoder.encode(texts, f"embedding {len(texts):,} items"))
        write_blocks(folder / VECTORS, (len(items), context.encoder.dim), np.float32, blocks)
        return _write_indexes(context, store.extend(_vectors(folder)))


def embed_texts(context: BuildContext, texts: Iterable[str], n: int, what: str) -> list[Path]:
    """The files with the vectors of `n` texts, in shards that a killed build finds again; `what` names the progress."""
    return [_embed_shard(context, shard) for shard in progress(shards_of(texts), what, n, SHARD_SIZE)]


def shards_of(texts: Iterable[T], size: int = SHARD_SIZE) -> Iterator[tuple[T, ...]]:
    """What comes, in tuples of `size`, the last one shorter."""
    waiting = iter(texts)
    while shard := tuple(islice(waiting, size)):
        yield shard


def _embed_shard(context: BuildContext, texts: tuple[str, ...]) -> Path:
    """The file with the vectors of some texts, named by the hashes of encoder and texts."""
    path = context.shards / f"{context.encoder.sha256[:16]}-{texts_sha256(texts)[:32]}.npy"
    if not _is_whole(path, len(texts), context.encoder):
        write_array(path, context.encoder.encode(texts, "batches of these"))
    return path


def _is_whole(path: Path, n: int, encoder: TextEncoder) -> bool:
    if not path.is_file():
        return False
    try:
        return read_array(path).shape == (n, encoder.dim)
    except MendableError:  # cut off by a crash of the machine
        return False


def _vectors(folder: Path) -> Floats:
    return read_array(folder / VECTORS)


def _write_indexes(context: BuildContext, store: VectorStore) -> Mapping[str, Any]:
    """Write the vector store, the mean vector and the word index; what is returned stands in the manifest."""
    folder = context.folder / FOLDER
    store.save(folder)
    write_array(folder / MEAN, _mean(store.vectors))
    items = context.domain.catalogue.items
    titles, texts = zip(*_texts(items), strict=True) if items else ((), ())
    with stage(f"indexing the words of {len(items):,} items"):
        LexicalIndex.build(titles, texts).save(folder / WORDS)
    return {"store": asdict(store.settings), "device": store.device, "precision": context.encoder.precision}


def _texts(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    return ((item_title(item), item_text(item)) for item in items)


def _mean(vectors: Floats) -> Floats:
    """The mean vector (dim) in one pass over blocks; 0 of an empty catalogue."""
    total = np.zeros(vectors.shape[1], np.float64)
    for block in blocks_of(vectors):
        total += block.sum(0, dtype=np.float64)
    return (total / max(1, len(vectors))).astype(np.float32)
