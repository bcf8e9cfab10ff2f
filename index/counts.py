"""Item-to-item matrices counted or solved from histories: what follows what, what is had together."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from index.domain import Histories
from index.records import Floats

Matrix: TypeAlias = Any  # (items, items): float32 array, or scipy.sparse.csr_matrix where the catalogue is large

DENSE_ITEMS = 6_000  # above this a square matrix in float32 passes 144 MB: rows are kept sparse
NEIGHBOURS = 300  # entries kept of each row of a sparse matrix
SMOOTHING = 5.0  # added to a row's sum, so that an item with few events does not speak loudly


def users_by_items(histories: Histories, n_items: int) -> sparse.csr_matrix:
    """(users, items): 1 where a user has an item, however often."""
    owners = np.repeat(np.arange(len(histories)), histories.lengths)
    values = np.ones(len(histories.rows), np.float32)
    matrix = sparse.coo_matrix((values, (owners, histories.rows)), shape=(len(histories), n_items)).tocsr()
    matrix.data[:] = 1.0
    return matrix


@dataclass(frozen=True)
class Steps:
    """How many events apart still counts as one after the other, weight 1/gap^power; `backwards` adds the other way."""

    window: int
    power: float
    backwards: float

    @property
    def weights(self) -> list[float]:
        """The weight of a gap of 1, 2, … events."""
        return [1 / gap**self.power for gap in range(1, self.window + 1)]


def follows(histories: Histories, n_items: int, steps: Steps, dense_items: int = DENSE_ITEMS) -> Matrix:
    """How often one item follows another; sparse where there are more than `dense_items`.

    Rows are divided by their sum plus a constant: a conditional frequency that few events pull towards 0.
    """
    counts = _pairs(histories, n_items, steps.weights)
    if steps.backwards:
        counts = (counts + steps.backwards * counts.T).tocsr()
    scale = 1 / (np.asarray(counts.sum(1)).ravel() + SMOOTHING)
    scaled = (sparse.diags(scale) @ counts).tocsr().astype(np.float32)
    return np.asarray(scaled.todense()) if n_items <= dense_items else strongest(scaled)


def together(users: sparse.csr_matrix, penalty: float, dense_items: int = DENSE_ITEMS) -> Matrix:
    """EASE weights (Steck 2019, doi:10.1145/3308558.3313710); cosine neighbours where the catalogue is too large."""
    n_items = users.shape[1]
    if n_items > dense_items:
        return _cosine_neighbours(users)
    gram = np.asarray((users.T @ users).todense(), np.float64)
    gram[np.diag_indices(n_items)] += penalty
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(n_items)] = 0
    return weights.astype(np.float32)


def weighted_rows(weights: Floats, matrix: Matrix, rows: npt.NDArray[np.int64]) -> Floats:
    """Sums of a matrix's rows: weights (sums, events), rows (events) -> (sums, items)."""
    return np.asarray(weights @ matrix[rows], np.float32)


def strongest(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The matrix with at most NEIGHBOURS entries a row, the largest."""
    matrix.sort_indices()
    lengths = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    rank = np.arange(len(rows)) - np.repeat(matrix.indptr[:-1], lengths)
    kept = order[rank < NEIGHBOURS]
    return sparse.csr_matrix((matrix.data[kept], (rows[kept], matrix.indices[kept])), shape=matrix.shape)


def _pairs(histories: Histories, n_items: int, steps: list[float]) -> sparse.csr_matrix:
    """(items, items): summed weights of an item (row) before another (column) in the same history."""
    owners = np.repeat(np.arange(len(histories)), histories.lengths)
    before, after, weights = [], [], []
    for gap, weight in enumerate(steps, start=1):
        left = np.flatnonzero(owners[:-gap] == owners[gap:])
        before.append(histories.rows[left])
        after.append(histories.rows[left + gap])
        weights.append(np.full(len(left), weight, np.float32))
    place = (np.concatenate(before), np.concatenate(after))
    return sparse.coo_matrix((np.concatenate(weights), place), shape=(n_items, n_items)).tocsr()


def _cosine_neighbours(users: sparse.csr_matrix) -> sparse.csr_matrix:
    """Cosine of two items' users, the diagonal left out (Sarwar et al. 2001), in blocks of items to bound memory."""
    norms = np.sqrt(np.asarray(users.power(2).sum(0)).ravel() + 1)
    scaled = (users @ sparse.diags(1 / norms)).tocsc().astype(np.float32)
    blocks = []
    for start in range(0, scaled.shape[1], 2_000):
        block = (scaled[:, start : start + 2_000].T @ scaled).tocoo()
        off_diagonal = block.row + start != block.col
        kept = (block.data[off_diagonal], (block.row[off_diagonal], block.col[off_diagonal]))
        blocks.append(strongest(sparse.coo_matrix(kept, shape=block.shape).tocsr()))
    return sparse.vstack(blocks).tocsr().astype(np.float32)
