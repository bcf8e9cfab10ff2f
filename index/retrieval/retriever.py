"""The retriever: every channel proposes candidates, the fusion orders them, the best go on with all their scores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from index.data.domain import Catalogue
from index.data.records import History
from index.retrieval.candidate_pool import CANDIDATES_PER_CHANNEL, candidate_pool
from index.retrieval.cold_items import cold_penalty
from index.retrieval.cold_start import COLD_START
from index.retrieval.fusion import Fusion
from index.retrieval.fusion_features import COLUMNS, Features
from index.retrieval.query import Candidates, Channel, Query, TextMatcher
from index.retrieval.query_weights import DISLIKED_TEXT_PENALTY, DISLIKED_USERS_PENALTY, USER_TEXT_WEIGHT
from index.retrieval.top_rows import top_rows
from index.types import Floats, Rows

FUSION = "fusion"  # the column of candidates that holds the fused score of the history alone


@dataclass(frozen=True)
class Retriever:
    """The channels of a domain and the fusion of their candidates; `text_matchers` score the user's words."""

    catalogue: Catalogue
    features: Features
    fusion: Fusion
    channels: Sequence[Channel]
    text_matchers: Sequence[TextMatcher] = ()

    @cached_property
    def cold_penalty(self) -> float:
        """Log odds that an item without events loses."""
        return cold_penalty(self.features.behaviour.popularity)

    def retrieve(self, query: Query, n: int = 100) -> Candidates:
        """The `n` best allowed rows by (-fused score, row), fewer where fewer are allowed."""
        allowed = self.catalogue.available if query.allowed is None else query.allowed & self.catalogue.available
        query = Query(query.history, query.disliked, query.text, allowed, query.preference_boost)
        features = self.features.of(query.history)
        rows = self._propose(query, features, max(n, CANDIDATES_PER_CHANNEL))
        return self._score(query, features, rows, n)

    def candidates(self, query: Query, rows: Rows) -> Candidates:
        """Rows of one's own as candidates, best first, with the same scores as those that are retrieved."""
        return self._score(query, self.features.of(query.history), np.unique(rows), len(rows))

    def candidates_of(self, histories: Sequence[History], rows: Rows, channels: Sequence[str] = ()) -> list[Candidates]:
        """These rows, in the order given, as candidates of each of several histories alone: no words, no dislikes.

        The numbers of `candidates` for less work: only the histories' own items and the rows are scored, and of the
        channels only those that are named.
        """
        known, local = np.unique(np.concatenate([rows, *(each.rows for each in histories)]), return_inverse=True)
        ends = np.cumsum([len(rows), *(len(each) for each in histories)])
        part, own = self.features.part(known), local[: len(rows)]
        asked = [channel for channel in self.channels if channel.name in channels]
        found = []
        for history, numbers in zip(histories, np.split(local, ends)[1:-1], strict=True):
            query, features = Query(history), part.of(replace(history, rows=numbers))
            fused = self._history_scores(query, features, own)
            scores = np.array([channel.score(query, rows) for channel in asked], np.float32).reshape(-1, len(rows)).T
            read = np.column_stack([fused, features[own]])
            names = tuple(channel.name for channel in asked)
            found.append(Candidates(rows, scores, fused, names, read, (FUSION, *self.features.columns)))
        return found

    def _score(self, query: Query, features: Floats, rows: Rows, n: int) -> Candidates:
        """The `n` best of these rows, with their fused scores and each channel's."""
        of_history = self._history_scores(query, features, rows)
        fused = self._add_words(query, rows, of_history)
        order = np.lexsort((rows, -fused))[:n]
        rows, fused = rows[order], fused[order]
        read = np.column_stack([of_history[order], features[rows]])
        scores = np.zeros((len(rows), len(self.channels)), np.float32)
        for column, channel in enumerate(self.channels):
            scores[:, column] = channel.score(query, rows)
        names = tuple(channel.name for channel in self.channels)
        return Candidates(rows, scores, fused, names, read, (FUSION, *self.features.columns))

    def fused_scores(self, query: Query, features: Floats, rows: Rows) -> Floats:
        """(rows,): the fusion's scores for the history, the match of the user's words, less what is like a disliked
        item, plus the boost of soft wishes."""
        return self._add_words(query, rows, self._history_scores(query, features, rows))

    def _add_words(self, query: Query, rows: Rows, fused: Floats) -> Floats:
        if query.text.strip():
            for matcher in self.text_matchers:
                match = matcher.match(query.text, rows)
                fused = fused + USER_TEXT_WEIGHT * match / max(float(match.max(initial=0)), 1e-6)
        if len(query.disliked):
            fused = fused - self._dislike_penalty(query.disliked, rows)
        return np.asarray(fused if query.preference_boost is None else fused + query.preference_boost[rows], np.float32)

    def _history_scores(self, query: Query, features: Floats, rows: Rows) -> Floats:
        fusion = self.fusion if len(query.history) else COLD_START
        fused = fusion.score(features[rows, : len(fusion.columns)])
        if not len(query.history):  # a new user has only words, and these find cold items as well as others
            return fused
        is_cold = features[rows, COLUMNS.index("popularity")] == 0
        return np.asarray(fused - self.cold_penalty * is_cold, np.float32)

    def _propose(self, query: Query, features: Floats, n: int) -> Rows:
        """At most `n` rows of each channel, the candidate pool, and the rows that soft wishes boost most."""
        found = [channel.search(query, n) for channel in self.channels]
        popular = features[:, COLUMNS.index("popularity")]
        found.append(candidate_pool(features, n, query.allowed))
        if query.preference_boost is not None:
            found.append(top_rows(query.preference_boost + 1e-3 * popular, n, query.allowed))
        return np.unique(np.concatenate(found)).astype(np.int64)

    def _dislike_penalty(self, disliked: Rows, rows: Rows) -> Floats:
        """What rows lose by similarity to disliked ones: the most similar one counts, by text and by common users."""
        by_text = (self.features.vectors[rows] @ self.features.vectors[disliked].T).max(1)
        by_users = self.features.behaviour.similarity_to(disliked, rows)
        penalty = DISLIKED_TEXT_PENALTY * np.clip(by_text, 0, 1) ** 2
        return np.asarray(penalty + DISLIKED_USERS_PENALTY * np.clip(by_users, 0, 1), np.float32)
