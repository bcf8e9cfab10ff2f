"""Item-to-item matrices counted or solved from histories: what follows what, what is had together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from index.data.domain import Histories
from index.types import Floats

Matrix: TypeAlias = Any  # (items, items): float32 array, scipy.sparse.csr_matrix where it is large, or Factors

DENSE_ITEMS = 6_000  # above this a square matrix in float32 passes 144 MB: rows are kept sparse
NEIGHBOURS = 300  # entries kept of each row of a sparse matrix
FEW_USERS = 6_000  # up to so many, EASE is solved in the space of users, whatever the number of items
BLOCK = 2_000  # rows of a matrix that are made at once
FACTORS = 256  # of `latent`; of movielens-100k, 128 gave less
SMOOTHING = 5.0  # added to a row's sum, so that an item with few events does not speak loudly


@dataclass(frozen=True)
class Factors:
    """A square matrix as the product of item vectors: `before` (items, d) times the transpose of `after` (items, d).

    A search among the vectors of `after` with a sum of those of `before` is the matrix's sum of rows.
    """

    before: Floats
    after: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """(items, items)."""
        return len(self.before), len(self.after)

    def first(self, n: int) -> "Factors":
        """The coarser matrix of the `n` strongest factors."""
        return Factors(self.before[:, :n], self.after[:, :n])


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


def transition_counts(histories: Histories, n_items: int, steps: Steps, dense_items: int = DENSE_ITEMS) -> Matrix:
    """How often one item follows another; sparse where there are more than `dense_items`.

    Rows are divided by their sum plus a constant: a conditional frequency that few events pull towards 0.
    """
    counts = _pairs(histories, n_items, steps.weights)
    if steps.backwards:
        counts = (counts + steps.backwards * counts.T).tocsr()
    scale = 1 / (np.asarray(counts.sum(1)).ravel() + SMOOTHING)
    scaled = (sparse.diags(scale) @ counts).tocsr().astype(np.float32)
    return np.asarray(scaled.todense()) if n_items <= dense_items else strongest(scaled)


def latent(histories: Histories, n_items: int, steps: Steps, n_factors: int = FACTORS) -> Factors:
    """What follows what, smoothed: the strongest factors of the counts, both ways and scaled by their sums.

    Two items that never met are near where they met the same others, which matters where events are few. The spectrum
    is flattened by its square root (Levy et al. 2015, doi:10.1162/tacl_a_00134).
    """
    from sklearn.utils.extmath import randomized_svd

    counts = _pairs(histories, n_items, steps.weights)
    counts = (counts + counts.T).tocsr()
    sums = np.asarray(counts.sum(1)).ravel() + SMOOTHING
    scale = sparse.diags(1 / np.sqrt(sums))
    wanted = min(n_factors, n_items - 1)
    if wanted < 1 or not counts.nnz:
        return Factors(np.zeros((n_items, 1), np.float32), np.zeros((n_items, 1), np.float32))
    left, strengths, right = randomized_svd(
        (scale @ counts @ scale).astype(np.float32), wanted, n_iter=4, random_state=0
    )
    before = left * np.sqrt(strengths) / np.sqrt(sums)[:, None]
    after = right.T * np.sqrt(sums)[:, None]
    return Factors(before.astype(np.float32), after.astype(np.float32))


def item_similarity(
    users: sparse.csr_matrix, penalty: float, dense_items: int = DENSE_ITEMS, few_users: int = FEW_USERS
) -> Matrix:
    """EASE weights (Steck 2019, doi:10.1145/3308558.3313710), the strongest of each row where there are many items.

    With many items and many users cosine neighbours stand in their place.
    """
    n_users, n_items = users.shape
    if n_items <= dense_items:
        return _few_users_ease(users, penalty) if n_users < n_items else _few_items_ease(users, penalty)
    if n_users > few_users:
        return _cosine_neighbours(users)
    return sparse.vstack([_strongest_of(block) for block in _ease_blocks(users, penalty)]).tocsr()


def weighted_rows(weights: Floats, matrix: Matrix, rows: npt.NDArray[np.int64]) -> Floats:
    """Sums of a matrix's rows: weights (sums, events), rows (events) -> (sums, items)."""
    if isinstance(matrix, Factors):
        return np.asarray((weights @ matrix.before[rows]) @ matrix.after.T, np.float32)
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


def _strongest_of(block: Floats) -> sparse.csr_matrix:
    """The same of rows that are dense: most entries are nearly nothing, and sorting them all would take minutes."""
    n_rows, n_items = block.shape
    kept = min(NEIGHBOURS, n_items)
    columns = np.sort(np.argpartition(-block, kept - 1, axis=1)[:, :kept], axis=1)
    values = np.maximum(np.take_along_axis(block, columns, 1), 0)
    found = sparse.csr_matrix((values.ravel(), columns.ravel(), np.arange(n_rows + 1) * kept), shape=block.shape)
    found.eliminate_zeros()
    return found


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
    for start in range(0, scaled.shape[1], BLOCK):
        block = (scaled[:, start : start + BLOCK].T @ scaled).tocoo()
        off_diagonal = block.row + start != block.col
        kept = (block.data[off_diagonal], (block.row[off_diagonal], block.col[off_diagonal]))
        blocks.append(strongest(sparse.coo_matrix(kept, shape=block.shape).tocsr()))
    return sparse.vstack(blocks).tocsr().astype(np.float32)


def _few_items_ease(users: sparse.csr_matrix, penalty: float) -> Floats:
    """(items, items) by the inverse of the items' Gram matrix."""
    n_items = users.shape[1]
    gram = np.asarray((users.T @ users).todense(), np.float64)
    gram[np.diag_indices(n_items)] += penalty
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(n_items)] = 0
    return np.asarray(weights, np.float32)


def _few_users_ease(users: sparse.csr_matrix, penalty: float) -> Floats:
    """The same by the inverse of the users' Gram matrix."""
    return np.concatenate(list(_ease_blocks(users, penalty)) or [np.zeros((0, users.shape[1]), np.float32)])


def _ease_blocks(users: sparse.csr_matrix, penalty: float) -> Iterator[Floats]:
    """Rows of EASE's weights in blocks, by Woodbury's identity: the inverse is that of a matrix of users."""
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
