"""Retrieval: every channel proposes, one learned fusion orders, and the best candidates go on with all their scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.data.domain import Catalogue
from index.retrieval.features import COLUMNS, Features
from index.retrieval.fusion import Fusion, untrained_fusion
from index.retrieval.fusion_training import candidate_pool
from index.retrieval.query import Candidates, Channel, Query, TextMatcher
from index.retrieval.top_rows import top_rows
from index.types import Floats, Rows

CANDIDATES = 300  # that a reranker judges; with 100 it cannot raise what retrieval has at 200
PROPOSED = 250  # rows that each channel may propose, more where more are asked for
WORDS_WEIGHT = 3.0  # log odds that the best match of somebody's words gains in each of the two channels of text
AGAINST_TEXT, AGAINST_TASTE = 4.0, 6.0  # log odds lost by what is just like something disliked
COLD_START = untrained_fusion(
    COLUMNS, {"popularity": 0.6}
)  # of somebody of whom nothing is known only this can be said


@dataclass(frozen=True)
class Retriever:
    """The channels of a domain and what fuses them; `words` are what answers to somebody's words."""

    catalogue: Catalogue
    features: Features
    fusion: Fusion
    channels: Sequence[Channel]
    words: Sequence[TextMatcher] = ()

    def retrieve(self, query: Query, n: int = 100) -> Candidates:
        """The `n` best allowed rows by (-fused score, row), fewer where fewer are allowed."""
        allowed = self.catalogue.available if query.allowed is None else query.allowed & self.catalogue.available
        query = Query(query.history, query.disliked, query.text, allowed, query.preference_boost)
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
        fusion = self.fusion if len(query.history) else COLD_START
        fused = fusion.score(features[rows, : len(fusion.columns)])
        if len(query.history):  # of somebody new only their words tell, and these find new items as well as old ones
            is_cold = features[rows, COLUMNS.index("popularity")] == 0
            fused = fused - self.features.behaviour.cold_penalty * is_cold
        if query.text.strip():
            for channel in self.words:
                match = channel.match(query.text, rows)
                fused = fused + WORDS_WEIGHT * match / max(float(match.max(initial=0)), 1e-6)
        if len(query.disliked):
            fused = fused - self._against(query.disliked, rows)
        return np.asarray(fused if query.preference_boost is None else fused + query.preference_boost[rows], np.float32)

    def _proposed(self, query: Query, features: Floats, n: int) -> Rows:
        """At most `n` rows a channel, and those of every look and of leaning."""
        found = [channel.search(query, n) for channel in self.channels]
        popular = features[:, COLUMNS.index("popularity")]
        found.append(candidate_pool(features, n, query.allowed))
        if query.preference_boost is not None:
            found.append(top_rows(query.preference_boost + 1e-3 * popular, n, query.allowed))
        return np.unique(np.concatenate(found)).astype(np.int64)

    def _against(self, disliked: Rows, rows: Rows) -> Floats:
        """What rows lose by being like disliked ones: the nearest counts, in text and in who likes both."""
        text = (self.features.vectors[rows] @ self.features.vectors[disliked].T).max(1)
        taste = self.features.behaviour.near(disliked, rows)
        return np.asarray(AGAINST_TEXT * np.clip(text, 0, 1) ** 2 + AGAINST_TASTE * np.clip(taste, 0, 1), np.float32)
