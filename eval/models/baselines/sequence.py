"""Sequence co-occurrence: what came soon after each of somebody's newest items in other histories."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval.models.baselines.user_histories import fading_matrix, item_counts, popular_for
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.types import Floats

DENSE_ITEMS = 4000  # up to which a square matrix is faster dense


class SequenceCounts:
    """Counts of pairs at most `window` steps apart, weight 1 / gap; rows divided by their sum plus `smoothing`.

    A first-order Markov chain that looks further (compare Rendle et al. 2010); the asked history fades with `life`.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "window": (3, 10, 30),
        "smoothing": (1.0, 5.0, 20.0),
        "life": (1.5, 3.0, 6.0, 12.0),
    }
    needs_index = False

    def __init__(self, window: int = 10, smoothing: float = 5.0, life: float = 3.0) -> None:
        self.window, self.smoothing, self.life = window, smoothing, life

    def fit(self, training: Training) -> None:
        """Count; sparse, so that memory grows with the pairs that there are."""
        self._counts = item_counts(training.histories, training.n_items)
        transition_counts = following(training.histories, training.n_items, self.window, self.smoothing)
        self._follows = transition_counts.toarray() if training.n_items <= DENSE_ITEMS else transition_counts

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the sum over the history of how often each item followed."""
        found = fading_matrix(histories, len(self._counts), self.life) @ self._follows
        scores = np.asarray(found if isinstance(found, np.ndarray) else found.toarray(), np.float32)
        return popular_for(histories.lengths == 0, scores, self._counts)


def following(histories: Histories, n_items: int, window: int, smoothing: float) -> Any:
    """SciPy CSR matrix (n_items, n_items): share of an item's (row) followers that another (column) is."""
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
