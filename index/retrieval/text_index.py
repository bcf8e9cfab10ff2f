"""The item texts of a catalogue as they are searched: vectors in FAISS, words in BM25, the encoder of queries."""

import functools
from dataclasses import dataclass

from index.embedding.encoder import TextEncoder
from index.retrieval.bm25 import LexicalIndex
from index.retrieval.vector_store import VectorStore
from index.types import Floats

CACHED_TEXTS = 256  # a conversation asks with the same words again and again


@dataclass(frozen=True)
class TextIndex:
    """Vectors of item texts by row, the mean of all (dim), their words, and the encoder that made the vectors."""

    encoder: TextEncoder
    store: VectorStore
    mean: Floats
    lexical: LexicalIndex

    @property
    def vectors(self) -> Floats:
        """The items' vectors by row, (n_items, dim), memory-mapped."""
        return self.store.vectors

    @functools.cached_property
    def _vector_of(self) -> "functools._lru_cache_wrapper[Floats]":
        return functools.lru_cache(CACHED_TEXTS)(lambda text: self.encoder.encode([text])[0])

    def encode(self, text: str) -> Floats:
        """The vector of a text (dim), cached."""
        vector: Floats = self._vector_of(text)
        return vector
