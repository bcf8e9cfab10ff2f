"""A weighted hybrid of two linear models: transition counts after the newest items, and item similarity by EASE."""

from collections.abc import Mapping, Sequence

import numpy as np

from eval.models.baselines.ease import EASE
from eval.models.baselines.neighbours import ItemKNN
from eval.models.baselines.sequence import SequenceCounts
from eval.models.baselines.user_histories import decayed_matrix, fill_cold_start, item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.data.records import History
from index.types import Floats

MAX_EASE_ITEMS = 10_000  # above this the matrices of EASE would need gigabytes: item neighbours take its place
NEIGHBOURS = 3000  # of each item: nearly all pairs with a common user
SCALE = 0.75  # brings sums of cosines to the sums of EASE's weights


class Weighted:
    """`sequence` times the transition shares plus EASE, both with decay; cosine neighbours replace a large EASE.

    The rows of both matrices sum to about 1, so that no further normalising is needed.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "sequence": (1.0, 2.0, 4.0, 8.0),
        "sequence_decay": (2.0, 3.0, 6.0),
        "similarity_decay": (3.0, 5.0, 10.0, 30.0),
        "penalty": (200.0, 500.0, 1000.0),
    }
    needs_index = False

    def __init__(
        self,
        sequence: float = 4.0,
        sequence_decay: float = 3.0,
        similarity_decay: float = 5.0,
        penalty: float = 500.0,
    ) -> None:
        self.sequence, self.similarity_decay, self.penalty = sequence, similarity_decay, penalty
        self._transitions = SequenceCounts(decay=sequence_decay)

    def fit(self, training: Training) -> None:
        """Fit both parts."""
        self._counts = item_counts(training.histories, training.n_items)
        self._transitions.fit(training)
        large = training.n_items > MAX_EASE_ITEMS
        self._neighbours = ItemKNN("cosine", NEIGHBOURS, 1.0, self.similarity_decay) if large else None
        if self._neighbours:
            self._neighbours.fit(training)
        else:
            self._weights = item_weights(training, self.penalty)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the weighted sum."""
        if self._neighbours:
            similar = self._neighbours.scores(histories)
            scores = self.sequence * SCALE * self._transitions.scores(histories) + similar
        else:
            similar = decayed_matrix(histories, len(self._counts), self.similarity_decay) @ self._weights
            scores = self.sequence * self._transitions.scores(histories) + similar
        return fill_cold_start(histories.lengths == 0, np.asarray(scores, np.float32), self._counts)


def item_weights(training: Training, penalty: float) -> Floats:
    """(n_items, n_items) weights of EASE, which is linear: its scores of histories of one item each."""
    ease = EASE(penalty)
    ease.fit(training)
    single = [History(np.array([row]), np.full(1, np.nan, np.float32)) for row in range(training.n_items)]
    return ease.scores(Histories.of([str(row) for row in range(training.n_items)], single))
