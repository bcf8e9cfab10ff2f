"""The text channel: items whose text vectors are similar to the profile of the history or to the user's text."""

import numpy as np

from index.retrieval.channels.profile import DISLIKED_WEIGHT, MAX_EVENTS, profile_weights, unit
from index.retrieval.query import Query
from index.retrieval.text_index import TextIndex
from index.types import Floats, Rows


class TextChannel:
    """Inner products with the recency-weighted mean of the history's vectors, centred, plus the vector of the text.

    Centring the profile raised recall@100 on movielens-100k from .22 to .33: without it the profile finds what is
    common to all items.
    """

    name = "text"

    def __init__(self, index: TextIndex) -> None:
        self._index = index

    def search(self, query: Query, n: int) -> Rows:
        """At most `n` allowed rows, best first; none where there is neither history, nor text, nor a dislike."""
        query_vector = self._query_vector(query)
        if query_vector is None:
            return np.zeros(0, np.int64)
        found: Rows = self._index.store.search(query_vector[None], n, query.allowed)[0][0]
        return np.asarray(found[found >= 0], np.int64)

    def score(self, query: Query, rows: Rows) -> Floats:
        """Inner products with the query's vector; 0 for an empty query."""
        query_vector = self._query_vector(query)
        if query_vector is None:
            return np.zeros(len(rows), np.float32)
        return np.asarray(self._index.vectors[rows] @ query_vector)

    def match(self, text: str, rows: Rows) -> Floats:
        """Cosine of the text and each row's text, 0 to 1."""
        return np.asarray(np.clip(self._index.vectors[rows] @ self._index.encode(text), 0, 1), np.float32)

    def _query_vector(self, query: Query) -> Floats | None:
        vectors, mean = self._index.vectors, self._index.mean
        parts: list[Floats] = []
        if len(query.history):
            rows = query.history.rows[-MAX_EVENTS:]
            parts.append(unit(profile_weights(len(rows)) @ vectors[rows] - mean))
        if query.text.strip():
            parts.append(self._index.encode(query.text))
        if len(query.disliked):
            parts.append(-DISLIKED_WEIGHT * unit(vectors[query.disliked].mean(0) - mean))
        return np.sum(parts, 0, dtype=np.float32) if parts else None
