"""The channel of reviews: what people wrote of items, near to what they wrote of a history's and to own words."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from index.retrieval.channels.profile import MAX_EVENTS, PULL_AWAY, recency, unit
from index.retrieval.channels.text import TextChannel
from index.retrieval.query import Query
from index.retrieval.review_vectors import ReviewVectors
from index.retrieval.vector_store import VectorStore
from index.types import Floats, Rows

OVERSAMPLING = 4  # reviews that are looked up for each item that is wanted: several of them are of one item


@dataclass(frozen=True)
class ReviewChannel:
    """An item is as near as its nearest review; `means` (n_items, dim) are what is written of each on the whole."""

    reviews: ReviewVectors
    means: Floats
    store: VectorStore
    encoded: Callable[[str], Floats]
    name: str = "reviews"

    @classmethod
    def of(cls, reviews: ReviewVectors, n_items: int, encoded: Callable[[str], Floats]) -> "ReviewChannel":
        """The channel of some reviews with a store made here."""
        vectors = np.asarray(reviews.vectors)
        held = replace(reviews, vectors=vectors)
        return cls(held, reviews.means(n_items), VectorStore.build(vectors), encoded)

    def search(self, query: Query, n: int) -> Rows:
        """At most `n` allowed rows of items with reviews, best first; none where there is nothing to go on."""
        query_vector = self._vector(query)
        if query_vector is None or not len(self.reviews):
            return np.zeros(0, np.int64)
        allowed = None if query.allowed is None else query.allowed[self.reviews.rows]
        found = self.store.search(query_vector[None], OVERSAMPLING * n, allowed)[0][0]
        rows = self.reviews.rows[found[found >= 0]]
        return np.asarray(list(dict.fromkeys(rows.tolist()))[:n], np.int64)

    def score(self, query: Query, rows: Rows) -> Floats:
        """Inner products of the nearest reviews; 0 for an item without, and where there is nothing to go on."""
        query_vector = self._vector(query)
        return np.zeros(len(rows), np.float32) if query_vector is None else self.reviews.nearest(query_vector, rows)

    def match(self, text: str, rows: Rows) -> Floats:
        """How near the nearest review of each row is to the words in meaning, 0 to 1."""
        return np.asarray(np.clip(self.reviews.nearest(self.encoded(text), rows), 0, 1), np.float32)

    def _vector(self, query: Query) -> Floats | None:
        parts: list[Floats] = []
        if len(query.history):
            rows = query.history.rows[-MAX_EVENTS:]
            parts.append(unit(recency(len(rows)) @ self.means[rows]))
        if query.text.strip():
            parts.append(self.encoded(query.text))
        if len(query.disliked):
            parts.append(-PULL_AWAY * unit(self.means[query.disliked].mean(0)))
        if not parts:
            return None
        found: Floats = np.sum(parts, 0, dtype=np.float32)
        return found if found.any() else None


@dataclass(frozen=True)
class SemanticMatcher:
    """How near an item is to words in meaning, by its own text or by its nearest review, whichever is nearer.

    Both are cosines and so of one scale: where titles say nothing, their noise does not drown what people wrote.
    """

    text: TextChannel
    reviews: ReviewChannel

    def match(self, text: str, rows: Rows) -> Floats:
        """The larger of both, 0 to 1."""
        return np.maximum(self.text.match(text, rows), self.reviews.match(text, rows))
