"""Item–item similarity from histories: EASE, or cosine neighbours where both items and users are many."""

import numpy as np
from scipy import sparse

from index.data.domain import Histories
from index.retrieval.ease import ease_blocks, ease_by_items, ease_by_users
from index.retrieval.item_matrices import DENSE_ITEMS, Matrix
from index.types import Floats

NEIGHBOURS = 300  # entries kept of each row of a sparse matrix
EASE_MAX_USERS = 6_000  # with more users and more than DENSE_ITEMS items, cosine neighbours stand in EASE's place
BLOCK = 2_000  # rows of a matrix that are computed at once


def users_by_items(histories: Histories, n_items: int) -> sparse.csr_matrix:
    """(users, items): 1 where a user has an item, however often."""
    owners = np.repeat(np.arange(len(histories)), histories.lengths)
    values = np.ones(len(histories.rows), np.float32)
    matrix = sparse.coo_matrix((values, (owners, histories.rows)), shape=(len(histories), n_items)).tocsr()
    matrix.data[:] = 1.0
    return matrix


def item_similarity(
    users: sparse.csr_matrix, penalty: float, dense_items: int = DENSE_ITEMS, ease_max_users: int = EASE_MAX_USERS
) -> Matrix:
    """The weights of EASE of a matrix of users by items, the strongest of each row where there are many items.

    With many items and many users it is cosine neighbours.
    """
    n_users, n_items = users.shape
    if n_items <= dense_items:
        return ease_by_users(users, penalty) if n_users < n_items else ease_by_items(users, penalty)
    if n_users > ease_max_users:
        return _cosine_neighbours(users)
    return sparse.vstack([_keep_strongest_of(block) for block in ease_blocks(users, penalty)]).tocsr()


def keep_strongest(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The matrix with at most NEIGHBOURS entries a row, the largest."""
    matrix.sort_indices()
    lengths = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    rank = np.arange(len(rows)) - np.repeat(matrix.indptr[:-1], lengths)
    kept = order[rank < NEIGHBOURS]
    return sparse.csr_matrix((matrix.data[kept], (rows[kept], matrix.indices[kept])), shape=matrix.shape)


def _keep_strongest_of(block: Floats) -> sparse.csr_matrix:
    """The same of dense rows: most entries are nearly nothing, and sorting them all would take minutes."""
    n_rows, n_items = block.shape
    kept = min(NEIGHBOURS, n_items)
    columns = np.sort(np.argpartition(-block, kept - 1, axis=1)[:, :kept], axis=1)
    values = np.maximum(np.take_along_axis(block, columns, 1), 0)
    found = sparse.csr_matrix((values.ravel(), columns.ravel(), np.arange(n_rows + 1) * kept), shape=block.shape)
    found.eliminate_zeros()
    return found


def _cosine_neighbours(users: sparse.csr_matrix) -> sparse.csr_matrix:
    """Cosine of two items' users, the diagonal left out (Sarwar et al. 2001), in blocks of items to bound memory."""
    norms = np.sqrt(np.asarray(users.power(2).sum(0)).ravel() + 1)
    scaled = (users @ sparse.diags(1 / norms)).tocsc().astype(np.float32)
    blocks = []
    for start in range(0, scaled.shape[1], BLOCK):
        block = (scaled[:, start : start + BLOCK].T @ scaled).tocoo()
        off_diagonal = block.row + start != block.col
        kept = (block.data[off_diagonal], (block.row[off_diagonal], block.col[off_diagonal]))
        blocks.append(keep_strongest(sparse.coo_matrix(kept, shape=block.shape).tocsr()))
    return sparse.vstack(blocks).tocsr().astype(np.float32)
