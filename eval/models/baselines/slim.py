"""SLIM: sparse linear weights between items by an elastic net (Ning and Karypis 2011, doi:10.1109/ICDM.2011.134)."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval.models.baselines.binary_matrix import binary_matrix
from eval.models.baselines.neighbours import strongest_others
from eval.models.baselines.user_histories import decayed_matrix, fill_cold_start, item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.progress import progress
from index.types import Floats, Rows

ITERATIONS, TOLERANCE = 100, 1e-3  # of the coordinate descent


class SLIM:
    """Each item's column as a non-negative combination of those of its `k` most similar items (fsSLIM, section IV-C).

    `l1` and `l2` are penalties on the sum of the weights and of their squares. `decay` weighs newer events of a
    history; 0 is the paper's model.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "l1": (0.1, 0.5, 1.0, 3.0),
        "l2": (10.0, 50.0, 200.0),
        "k": (50, 100, 200),
        "decay": (0.0, 3.0, 10.0),
    }
    needs_index = False

    def __init__(self, l1: float = 0.5, l2: float = 50.0, k: int = 100, decay: float = 3.0) -> None:
        self.l1, self.l2, self.k, self.decay = l1, l2, k, decay

    def fit(self, training: Training) -> None:
        """One elastic net for each item, by coordinate descent."""
        from scipy import sparse

        self._counts = item_counts(training.histories, training.n_items)
        matrix = binary_matrix(training.histories, training.n_items)
        columns = matrix.tocsc()
        near = _neighbours(matrix, self.k)
        rows, owners, weights = [], [], []
        for item in progress(range(training.n_items), "slim"):
            candidates = near.indices[near.indptr[item] : near.indptr[item + 1]]
            found = self._weights_of(columns, item, candidates)
            kept = found > 0
            rows.append(candidates[kept])
            owners.append(np.full(int(kept.sum()), item))
            weights.append(found[kept])
        places = np.concatenate(rows), np.concatenate(owners)
        shape = (training.n_items, training.n_items)
        self._weights = sparse.csr_matrix((np.concatenate(weights).astype(np.float32), places), shape=shape)

    def _weights_of(self, columns: Any, item: int, candidates: Rows) -> Floats:
        """The weights of the candidates in the combination that is nearest to an item's column."""
        from sklearn.linear_model import ElasticNet

        if not len(candidates):
            return np.zeros(0, np.float32)
        n = columns.shape[0]  # sklearn takes the mean of the squared errors and alpha times its shares of both norms
        alpha = (self.l1 + self.l2) / n
        model = ElasticNet(
            alpha=alpha,
            l1_ratio=self.l1 / (self.l1 + self.l2),
            positive=True,
            fit_intercept=False,
            max_iter=ITERATIONS,
            tol=TOLERANCE,
            copy_X=False,
        )
        target = columns[:, [item]].toarray().ravel()
        with warnings.catch_warnings():  # the rounds are bounded on purpose
            warnings.filterwarnings("ignore", message="Objective did not converge")
            model.fit(columns[:, candidates], target)
        return np.asarray(model.coef_, np.float32)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the weights of the history's items, summed; popularity for an empty history."""
        weighted = decayed_matrix(histories, self._weights.shape[0], self.decay)
        found = np.asarray((weighted @ self._weights).toarray(), np.float32)
        return fill_cold_start(histories.lengths == 0, found, self._counts)


def _neighbours(matrix: Any, k: int) -> Any:
    """CSR (items, items): the cosine of each item's `k` most similar others."""
    norms = np.sqrt(np.maximum(np.asarray(matrix.sum(0)).ravel(), 1))
    items = (matrix / norms).tocsr().T.tocsr()
    return strongest_others(items.shape[0], lambda rows: np.asarray((items[rows] @ items.T).toarray(), np.float32), k)
