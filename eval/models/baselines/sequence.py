"""Transition counts: what came soon after each of the newest items of a history in other histories."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval.models.baselines.user_histories import decayed_matrix, fill_cold_start, item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.types import Floats

DENSE_ITEMS = 4000  # up to which a square matrix is faster dense


class SequenceCounts:
    """Counts of pairs at most `window` steps apart, weight 1 / gap; rows divided by their sum plus `smoothing`.

    A first-order Markov chain with a wider window (compare Rendle et al. 2010); the history that is scored is weighted
    by `decay`, in newer events.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "window": (3, 10, 30),
        "smoothing": (1.0, 5.0, 20.0),
        "decay": (1.5, 3.0, 6.0, 12.0),
    }
    needs_index = False

    def __init__(self, window: int = 10, smoothing: float = 5.0, decay: float = 3.0) -> None:
        self.window, self.smoothing, self.decay = window, smoothing, decay

    def fit(self, training: Training) -> None:
        """Count transitions; sparse, so that memory grows with the pairs that occur."""
        self._counts = item_counts(training.histories, training.n_items)
        shares = transition_shares(training.histories, training.n_items, self.window, self.smoothing)
        self._transitions = shares.toarray() if training.n_items <= DENSE_ITEMS else shares

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the sum over the history of each item's share of the followers."""
        found = decayed_matrix(histories, len(self._counts), self.decay) @ self._transitions
        scores = np.asarray(found if isinstance(found, np.ndarray) else found.toarray(), np.float32)
        return fill_cold_start(histories.lengths == 0, scores, self._counts)


def transition_shares(histories: Histories, n_items: int, window: int, smoothing: float) -> Any:
    """SciPy CSR matrix (n_items, n_items): the share of an item (column) among the followers of another (row)."""
    from scipy import sparse

    owners = histories.owners
    counts = sparse.csr_matrix((n_items, n_items), dtype=np.float32)
    for gap in range(1, window + 1):
        left = np.flatnonzero(owners[:-gap] == owners[gap:])
        if not len(left):
            break
        weights = np.full(len(left), 1 / gap, np.float32)
        places = (histories.rows[left], histories.rows[left + gap])
        counts = counts + sparse.coo_matrix((weights, places), shape=counts.shape).tocsr()
    scale = 1 / (np.asarray(counts.sum(1)).ravel() + smoothing)
    return (sparse.diags(scale.astype(np.float32)) @ counts).tocsr()
