"""A weighted hybrid of two linear models: what followed the newest items, and what is had together with them."""

from collections.abc import Mapping, Sequence

import numpy as np

from eval.models.baselines.ease import EASE
from eval.models.baselines.neighbours import ItemKNN
from eval.models.baselines.sequence import SequenceCounts
from eval.models.baselines.user_histories import fading_matrix, item_counts, popular_for
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.data.records import History
from index.types import Floats

EASE_ITEMS = 10_000  # above this the matrices of EASE would need gigabytes: neighbours stand in for it
NEIGHBOURS = 3000  # all but the pairs of the best known items
SCALE = 0.75  # brings sums of cosines to what EASE's weights sum to


class Weighted:
    """`sequence` times the sequence counts plus EASE, both fading; cosine neighbours in the place of a large EASE.

    Both scores are shares of one (rows that sum to about 1), so that no further normalising is needed.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "sequence": (1.0, 2.0, 4.0, 8.0),
        "sequence_life": (2.0, 3.0, 6.0),
        "together_life": (3.0, 5.0, 10.0, 30.0),
        "penalty": (200.0, 500.0, 1000.0),
    }
    needs_index = False

    def __init__(
        self,
        sequence: float = 4.0,
        sequence_life: float = 3.0,
        together_life: float = 5.0,
        penalty: float = 500.0,
    ) -> None:
        self.sequence, self.together_life, self.penalty = sequence, together_life, penalty
        self._follows = SequenceCounts(life=sequence_life)

    def fit(self, training: Training) -> None:
        """Fit both parts."""
        self._counts = item_counts(training.histories, training.n_items)
        self._follows.fit(training)
        large = training.n_items > EASE_ITEMS
        self._neighbours = ItemKNN("cosine", NEIGHBOURS, 1.0, self.together_life) if large else None
        if self._neighbours:
            self._neighbours.fit(training)
        else:
            self._weights = item_weights(training, self.penalty)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the weighted sum."""
        if self._neighbours:
            together = self._neighbours.scores(histories)
            found = self.sequence * SCALE * self._follows.scores(histories) + together
        else:
            together = fading_matrix(histories, len(self._counts), self.together_life) @ self._weights
            found = self.sequence * self._follows.scores(histories) + together
        return popular_for(histories.lengths == 0, np.asarray(found, np.float32), self._counts)


def item_weights(training: Training, penalty: float) -> Floats:
    """(n_items, n_items) weights of EASE, which is linear: its answers to histories of one item each."""
    ease = EASE(penalty)
    ease.fit(training)
    single = [History(np.array([row]), np.full(1, np.nan, np.float32)) for row in range(training.n_items)]
    return ease.scores(Histories.of([str(row) for row in range(training.n_items)], single))
