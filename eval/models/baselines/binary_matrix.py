"""Histories as a sparse matrix of users by items."""

from typing import Any

import numpy as np

from index.data.domain import Histories


def binary_matrix(histories: Histories, n_items: int) -> Any:
    """SciPy CSR matrix (users, n_items) of float32: 1 where a user has an event with an item, however many."""
    from scipy import sparse

    ones = np.ones(len(histories.rows), np.float32)
    matrix = sparse.csr_matrix((ones, histories.rows.copy(), histories.starts), shape=(len(histories), n_items))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
