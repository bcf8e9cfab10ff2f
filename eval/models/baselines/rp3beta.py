"""RP3beta: random walks of three steps from items to items (Paudel et al. 2017, doi:10.1145/2955101)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval.models.baselines.binary_matrix import binary_matrix
from eval.models.baselines.neighbours import strongest_others
from eval.models.baselines.user_histories import decayed_matrix, fill_cold_start, item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.types import Floats


class RP3Beta:
    """How likely a walk item, user, item is, its chances to the power `alpha`, over the popularity to the `beta`.

    The `k` likeliest items of each are kept. `decay` weighs newer events of a history; 0 is the paper's model.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "alpha": (0.4, 0.7, 1.0, 1.4),
        "beta": (0.2, 0.4, 0.6, 0.8),
        "k": (50, 100, 300),
        "decay": (0.0, 3.0, 10.0),
    }
    needs_index = False

    def __init__(self, alpha: float = 0.7, beta: float = 0.4, k: int = 300, decay: float = 3.0) -> None:
        self.alpha, self.beta, self.k, self.decay = alpha, beta, k, decay

    def fit(self, training: Training) -> None:
        """Multiply the chances of both steps, in blocks of items."""
        self._counts = item_counts(training.histories, training.n_items)
        users_items = binary_matrix(training.histories, training.n_items)
        to_item = _chances(users_items, self.alpha)
        to_user = _chances(users_items.T.tocsr(), self.alpha)
        discount = (np.maximum(self._counts, 1) ** -self.beta).astype(np.float32)

        def walks(rows: slice) -> Floats:
            return np.asarray((to_user[rows] @ to_item).toarray() * discount, np.float32)

        self._walks = strongest_others(training.n_items, walks, self.k)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the walks from the items of the history, summed; popularity for an empty history."""
        weighted = decayed_matrix(histories, self._walks.shape[0], self.decay)
        found = np.asarray((weighted @ self._walks).toarray(), np.float32)
        return fill_cold_start(histories.lengths == 0, found, self._counts)


def _chances(matrix: Any, alpha: float) -> Any:
    """Each row's entries over their sum, to the power `alpha`."""
    chances = matrix.copy()
    sums = np.maximum(np.asarray(matrix.sum(1)).ravel(), 1)
    chances.data = (chances.data / np.repeat(sums, np.diff(matrix.indptr))).astype(np.float32) ** alpha
    return chances
