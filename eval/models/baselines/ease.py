"""EASE, a linear autoencoder in closed form (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data")."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.models.baselines.binary_matrix import binary_matrix
from eval.models.baselines.user_histories import fill_cold_start, item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.types import Floats

DOUBLE_ITEMS = 3000  # items up to which the inverse is taken in double precision; above it, memory counts more
BLOCK = 1024


class EASE:
    """Item-to-item weights from the inverse of the Gram matrix, L2 `penalty` on its diagonal."""

    search_space: Mapping[str, Sequence[Setting]] = {"penalty": (50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0)}
    needs_index = False

    def __init__(self, penalty: float = 500.0) -> None:
        self.penalty = penalty

    def fit(self, training: Training) -> None:
        """Invert one matrix in place: the memory of one matrix of items by items."""
        self._counts = item_counts(training.histories, training.n_items)
        interactions = binary_matrix(training.histories, training.n_items)
        precision = np.float64 if training.n_items <= DOUBLE_ITEMS else np.float32
        gram = (interactions.T @ interactions).toarray(order="F").astype(precision, copy=False)
        diagonal = np.diag_indices(len(gram))
        gram[diagonal] += self.penalty
        weights = _invert(gram).T  # symmetric, and so in C order without a copy
        weights /= -weights[diagonal].copy()
        weights[diagonal] = 0
        self._weights: Floats = weights.astype(np.float32, copy=False)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the sum of the weights of the history's items; popularity for an empty history."""
        scores = np.asarray(binary_matrix(histories, len(self._weights)) @ self._weights, np.float32)
        return fill_cold_start(histories.lengths == 0, scores, self._counts)


def _invert(gram: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The inverse of a positive definite matrix in Fortran order, in its own memory, by Cholesky."""
    from scipy.linalg import get_lapack_funcs

    factor, invert = get_lapack_funcs(("potrf", "potri"), (gram,))
    lower, failed = factor(gram, lower=1, overwrite_a=1, clean=0)
    inverse, failed_too = invert(lower, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ValueError("the Gram matrix of EASE is not positive definite: its penalty must be above zero")
    for start in range(0, len(inverse), BLOCK):  # LAPACK leaves the upper half as it was
        rows = slice(start, start + BLOCK)
        inverse[rows, start + BLOCK :] = inverse[start + BLOCK :, rows].T
        square = inverse[rows, rows]
        square[:] = np.tril(square) + np.tril(square, -1).T
    return np.asarray(inverse)
