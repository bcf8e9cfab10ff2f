"""The channel of behaviour: what users with this history chose next."""

from dataclasses import dataclass

import numpy as np

from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.query import Query
from index.retrieval.top_rows import top_rows
from index.retrieval.vector_store import VectorStore
from index.types import Floats, Rows

OVERSAMPLING = 2  # rows that are looked up as item vectors for each that the mix may keep


@dataclass(frozen=True)
class BehaviourChannel:
    """What people with this history did next: found as item vectors, ordered as a linear mix with co-occurrence and
    EASE."""

    behaviour: Behaviour
    store: VectorStore  # of the behaviour's item vectors
    name: str = "behaviour"

    @classmethod
    def of(cls, behaviour: Behaviour) -> "BehaviourChannel":
        """The channel with a store made here."""
        return cls(behaviour, VectorStore.build(behaviour.item_vectors))

    def search(self, query: Query, n: int) -> Rows:
        """At most `n` allowed rows, best first; none without a history."""
        if not len(query.history):
            return np.zeros(0, np.int64)
        found = self.store.search(self.behaviour.query_vector(query.history)[None], OVERSAMPLING * n, query.allowed)[0][
            0
        ]
        near = np.sort(found[found >= 0])
        return near[top_rows(self._all(query)[near], n)]

    def score(self, query: Query, rows: Rows) -> Floats:
        """Scores of rows, 0 without a history."""
        return self._all(query)[rows] if len(query.history) else np.zeros(len(rows), np.float32)

    def _all(self, query: Query) -> Floats:
        return self.behaviour.mix(query.history)
