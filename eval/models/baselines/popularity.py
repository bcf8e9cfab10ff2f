"""Popularity: every user is recommended the items with the most events."""

from collections.abc import Mapping, Sequence

import numpy as np

from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.types import Floats


class Popularity:
    """Scores an item by its number of events."""

    search_space: Mapping[str, Sequence[Setting]] = {}
    needs_index = False

    def fit(self, training: Training) -> None:
        """Count the events."""
        counts = np.bincount(training.histories.rows, minlength=training.n_items)
        self._counts = counts.astype(np.float32)

    def scores(self, histories: Histories) -> Floats:
        """(users, items), the same row for all users."""
        return np.broadcast_to(self._counts, (len(histories), len(self._counts)))
