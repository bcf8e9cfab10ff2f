"""The behaviour channel: what users with a similar history chose next."""

from dataclasses import dataclass

import numpy as np

from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.query import Query
from index.retrieval.top_rows import top_rows
from index.retrieval.vector_store import VectorStore
from index.types import Floats, Rows

OVERSAMPLING = 2  # item vectors that are looked up for each row that is wanted


@dataclass(frozen=True)
class BehaviourChannel:
    """Items found by their latent factors, ordered by the weighted sum with co-occurrence and EASE."""

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
        query_vector = self.behaviour.query_vector(query.history)
        found = self.store.search(query_vector[None], OVERSAMPLING * n, query.allowed)[0][0]
        near = np.sort(found[found >= 0])
        return near[top_rows(self.behaviour.candidate_scores(query.history)[near], n)]

    def score(self, query: Query, rows: Rows) -> Floats:
        """Scores of rows, 0 without a history."""
        if not len(query.history):
            return np.zeros(len(rows), np.float32)
        return self.behaviour.candidate_scores(query.history)[rows]
