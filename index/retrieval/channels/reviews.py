"""The review channel: items whose reviews are similar to those of the history's items and to the user's text."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from index.retrieval.channels.profile import DISLIKED_WEIGHT, MAX_EVENTS, profile_weights, unit
from index.retrieval.channels.text import TextChannel
from index.retrieval.query import Query
from index.retrieval.review_vectors import ReviewVectors
from index.retrieval.vector_store import VectorStore
from index.types import Floats, Rows

OVERSAMPLING = 4  # reviews that are looked up for each item that is wanted: several of them are of one item


@dataclass(frozen=True)
class ReviewChannel:
    """An item scores as its best review; `means` (n_items, dim) are the centred means of each item's reviews."""

    reviews: ReviewVectors
    means: Floats
    store: VectorStore
    encode: Callable[[str], Floats]
    name: str = "reviews"

    @classmethod
    def of(cls, reviews: ReviewVectors, means: Floats, encode: Callable[[str], Floats]) -> "ReviewChannel":
        """The channel of some reviews with a store made here."""
        vectors = np.asarray(reviews.vectors)
        in_memory = ReviewVectors(vectors, reviews.rows, reviews.writers)
        return cls(in_memory, means, VectorStore.build(vectors), encode)

    def search(self, query: Query, n: int) -> Rows:
        """At most `n` allowed rows of items with reviews, best first; none for an empty query."""
        query_vector = self._query_vector(query)
        if query_vector is None or not len(self.reviews):
            return np.zeros(0, np.int64)
        allowed = None if query.allowed is None else query.allowed[self.reviews.rows]
        found = self.store.search(query_vector[None], OVERSAMPLING * n, allowed)[0][0]
        rows = self.reviews.rows[found[found >= 0]]
        return np.asarray(list(dict.fromkeys(rows.tolist()))[:n], np.int64)

    def score(self, query: Query, rows: Rows) -> Floats:
        """Inner products of the best reviews; 0 for an item without reviews and for an empty query."""
        query_vector = self._query_vector(query)
        if query_vector is None:
            return np.zeros(len(rows), np.float32)
        return self.reviews.best_scores(query_vector, rows)

    def match(self, text: str, rows: Rows) -> Floats:
        """Cosine of the text and each row's best review, 0 to 1."""
        return np.asarray(np.clip(self.reviews.best_scores(self.encode(text), rows), 0, 1), np.float32)

    def _query_vector(self, query: Query) -> Floats | None:
        parts: list[Floats] = []
        if len(query.history):
            rows = query.history.rows[-MAX_EVENTS:]
            parts.append(unit(profile_weights(len(rows)) @ self.means[rows]))
        if query.text.strip():
            parts.append(self.encode(query.text))
        if len(query.disliked):
            parts.append(-DISLIKED_WEIGHT * unit(self.means[query.disliked].mean(0)))
        if not parts:
            return None
        found: Floats = np.sum(parts, 0, dtype=np.float32)
        return found if found.any() else None


@dataclass(frozen=True)
class SemanticMatcher:
    """The similarity of an item to a text in meaning, by its own text or by its best review, the larger of both.

    Both are cosines and so of one scale: where titles say nothing, their noise does not drown the reviews.
    """

    text: TextChannel
    reviews: ReviewChannel

    def match(self, text: str, rows: Rows) -> Floats:
        """The larger of both, 0 to 1."""
        return np.maximum(self.text.match(text, rows), self.reviews.match(text, rows))
