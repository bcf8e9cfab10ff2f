"""EASE: item-to-item weights of a linear autoencoder in closed form (Steck 2019, doi:10.1145/3308558.3313710)."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from index.types import Floats

EASE_PENALTY = 500.0  # L2 penalty on the diagonal of the Gram matrix
BLOCK = 2_000  # rows of the weights that are computed at once


def ease_by_items(users: sparse.csr_matrix, penalty: float) -> Floats:
    """(items, items) by the inverse of the items' Gram matrix; `users` is (users, items)."""
    n_items = users.shape[1]
    gram = np.asarray((users.T @ users).todense(), np.float64)
    gram[np.diag_indices(n_items)] += penalty
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(n_items)] = 0
    return np.asarray(weights, np.float32)


def ease_by_users(users: sparse.csr_matrix, penalty: float) -> Floats:
    """The same by the inverse of the users' Gram matrix, which is smaller where there are fewer users than items."""
    return np.concatenate(list(ease_blocks(users, penalty)) or [np.zeros((0, users.shape[1]), np.float32)])


def ease_blocks(users: sparse.csr_matrix, penalty: float) -> Iterator[Floats]:
    """The same in blocks of rows, by Woodbury's identity: the inverse is that of a matrix of users."""
    n_users, n_items = users.shape
    known = users.astype(np.float64)
    gram = np.asarray((known @ known.T).todense()) + penalty * np.eye(n_users)
    solved = np.linalg.solve(gram, np.asarray(known.todense())) if n_users else np.zeros((0, n_items))
    diagonal = 1 - np.asarray(known.multiply(solved).sum(0)).ravel()  # of the inverse, times the penalty
    for start in range(0, n_items, BLOCK):
        block = (known[:, start : start + BLOCK].T @ solved) / diagonal
        own = np.arange(len(block))
        block[own, start + own] = 0
        yield block.astype(np.float32)
