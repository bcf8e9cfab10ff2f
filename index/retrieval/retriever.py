"""Retrieval: every channel proposes, one learned fusion orders, and the best candidates go on with all their scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from index.data.domain import Catalogue, Histories
from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.features import COLUMNS, Features
from index.retrieval.fusion import Fusion, untrained
from index.retrieval.fusion_training import fitted_features, learn_fusion, looked_at
from index.retrieval.query import Candidates, Channel, Query
from index.retrieval.review_vectors import ReviewVectors
from index.retrieval.top_rows import best_rows
from index.retrieval.vector_store import VectorStore
from index.types import Floats, Rows

CANDIDATES = 300  # that a reranker judges; with 100 it cannot raise what retrieval has at 200
WIDER = 2  # rows that are looked up as item vectors for each that the mix may keep
PROPOSED = 250  # rows that each channel may propose, more where more are asked for
WORDS_WEIGHT = 3.0  # log odds that the best match of somebody's words gains in each of the two channels of text
AGAINST_TEXT, AGAINST_TASTE = 4.0, 6.0  # log odds lost by what is just like something disliked
NEWCOMER = untrained(COLUMNS, {"popularity": 0.6})  # of somebody of whom nothing is known only this can be said


class Matching(Protocol):
    """What answers to somebody's own words."""

    def match(self, text: str, rows: Rows) -> Floats:
        """How well rows match the words: 0 not at all; higher is better."""


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
        found = self.store.search(self.behaviour.asked(query.history)[None], WIDER * n, query.allowed)[0][0]
        near = np.sort(found[found >= 0])
        return near[best_rows(self._all(query)[near], n)]

    def score(self, query: Query, rows: Rows) -> Floats:
        """Scores of rows, 0 without a history."""
        return self._all(query)[rows] if len(query.history) else np.zeros(len(rows), np.float32)

    def _all(self, query: Query) -> Floats:
        return self.behaviour.mix(query.history)


@dataclass(frozen=True)
class Retriever:
    """The channels of a domain and what fuses them; `words` are what answers to somebody's words."""

    catalogue: Catalogue
    features: Features
    fusion: Fusion
    channels: Sequence[Channel]
    words: Sequence[Matching] = ()

    def retrieve(self, query: Query, n: int = 100) -> Candidates:
        """The `n` best allowed rows by (-fused score, row), fewer where fewer are allowed."""
        allowed = self.catalogue.available if query.allowed is None else query.allowed & self.catalogue.available
        query = Query(query.history, query.disliked, query.text, allowed, query.lean)
        features = self.features.of(query.history)
        rows = self._proposed(query, features, max(n, PROPOSED))
        fused = self.fused(query, features, rows)
        order = np.lexsort((rows, -fused))[:n]
        rows, fused = rows[order], fused[order]
        scores = np.zeros((len(rows), len(self.channels)), np.float32)
        for column, channel in enumerate(self.channels):
            scores[:, column] = channel.score(query, rows)
        return Candidates(rows, scores, fused, tuple(channel.name for channel in self.channels))

    def fused(self, query: Query, features: Floats, rows: Rows) -> Floats:
        """One score a row: what the history says, what the words say, what was disliked, what is leaned to."""
        fusion = self.fusion if len(query.history) else NEWCOMER
        fused = fusion.score(features[rows, : len(fusion.columns)])
        if len(query.history):  # of somebody new only their words tell, and these find new items as well as old ones
            nobody_had = features[rows, COLUMNS.index("popularity")] == 0
            fused = fused - self.features.behaviour.crowd * nobody_had
        if query.text.strip():
            for channel in self.words:
                match = channel.match(query.text, rows)
                fused = fused + WORDS_WEIGHT * match / max(float(match.max(initial=0)), 1e-6)
        if len(query.disliked):
            fused = fused - self._against(query.disliked, rows)
        return np.asarray(fused if query.lean is None else fused + query.lean[rows], np.float32)

    def _proposed(self, query: Query, features: Floats, n: int) -> Rows:
        """At most `n` rows a channel, and those of every look and of leaning."""
        found = [channel.search(query, n) for channel in self.channels]
        popular = features[:, COLUMNS.index("popularity")]
        found.append(looked_at(features, n, query.allowed))
        if query.lean is not None:
            found.append(best_rows(query.lean + 1e-3 * popular, n, query.allowed))
        return np.unique(np.concatenate(found)).astype(np.int64)

    def _against(self, disliked: Rows, rows: Rows) -> Floats:
        """What rows lose by being like disliked ones: the nearest counts, in text and in who likes both."""
        text = (self.features.vectors[rows] @ self.features.vectors[disliked].T).max(1)
        taste = self.features.behaviour.near(disliked, rows)
        return np.asarray(AGAINST_TEXT * np.clip(text, 0, 1) ** 2 + AGAINST_TASTE * np.clip(taste, 0, 1), np.float32)


def fitted_retriever(
    histories: Histories, catalogue: Catalogue, vectors: Floats, seed: int, reviews: ReviewVectors | None = None
) -> Retriever:
    """Retrieval fitted on these histories alone, by the channels that need no words; `reviews` are the domain's."""
    fusion, _ = learn_fusion(histories, catalogue, vectors, seed, reviews)
    return Retriever(catalogue, fitted_features(histories, catalogue, vectors, reviews), fusion, ())
