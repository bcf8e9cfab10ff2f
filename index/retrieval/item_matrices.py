"""Item-to-item matrices as scores are read from them: dense, sparse or as factors.

SciPy is imported only where a matrix is fitted, which takes longer than to read one.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from index.types import Floats, Rows

Matrix: TypeAlias = Any  # (items, items): float32 array, scipy.sparse.csr_matrix where it is large, or Factors

DENSE_ITEMS = 6_000  # above this a square matrix in float32 passes 144 MB: rows are kept sparse


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
        return Factors(np.ascontiguousarray(self.before[:, :n]), np.ascontiguousarray(self.after[:, :n]))


def sum_rows(weights: Floats, matrix: Matrix, rows: Rows) -> Floats:
    """Weighted sums of a matrix's rows: weights (sums, events), rows (events) -> (sums, items)."""
    if isinstance(matrix, Factors):
        return np.asarray((weights @ matrix.before[rows]) @ matrix.after.T, np.float32)
    if isinstance(matrix, np.ndarray):
        return np.asarray(weights @ matrix[rows], np.float32)
    starts, ends = matrix.indptr[rows], matrix.indptr[rows + 1]
    lengths = ends - starts
    owners = np.repeat(np.arange(len(rows)), lengths)
    places = np.arange(len(owners)) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    columns, values = matrix.indices[places], matrix.data[places]
    # SciPy makes a matrix of the rows first, which takes several times as long for a few of them.
    sums = [np.bincount(columns, own[owners] * values, matrix.shape[1]) for own in weights]
    return np.asarray(sums, np.float32).reshape(len(weights), matrix.shape[1])


def as_dense(matrix: Matrix) -> Floats:
    """A dense or sparse matrix as a float32 array."""
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.todense(), np.float32)


def part_of(matrix: Matrix, rows: Rows) -> Matrix:
    """The matrix between these rows alone, (rows, rows), in their order: dense, or factors."""
    if isinstance(matrix, Factors):
        return Factors(matrix.before[rows], matrix.after[rows])
    if isinstance(matrix, np.ndarray):
        return matrix[np.ix_(rows, rows)]
    return as_dense(matrix[rows][:, rows])
