"""Neighbourhood models: similar users (Resnick et al. 1994), similar items (Sarwar et al. 2001)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.models.baselines.user_histories import decayed_matrix, fill_cold_start, item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.errors import MendableError
from index.types import Floats

BLOCK = 512  # rows of similarities held at a time


class UserKNN:
    """Items of the `k` users with the most similar histories, weighted by similarity."""

    search_space: Mapping[str, Sequence[Setting]] = {
        "similarity": ("cosine", "pearson"),
        "k": (20, 30, 50, 100, 200),
        "shrink": (0.0, 5.0, 20.0),
        "decay": (0.0, 5.0, 20.0),
    }
    needs_index = False

    def __init__(self, similarity: str = "pearson", k: int = 30, shrink: float = 5.0, decay: float = 5.0) -> None:
        self.similarity, self.k, self.shrink, self.decay = _check_kind(similarity), k, shrink, decay

    def fit(self, training: Training) -> None:
        """Keep the interactions of all users."""
        self._counts = item_counts(training.histories, training.n_items)
        self._interactions = decayed_matrix(training.histories, training.n_items, 0.0)
        self._norms = _Norms(self._interactions, self.similarity)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): sums of similarities; a user's own events add only to what is masked."""
        weighted = decayed_matrix(histories, self._interactions.shape[1], self.decay)
        similarities = self._norms.similarities(
            _Norms(weighted, self.similarity), weighted @ self._interactions.T, self.shrink
        )
        near = _strongest(similarities, self.k)
        return fill_cold_start(
            histories.lengths == 0, np.asarray((near @ self._interactions).toarray(), np.float32), self._counts
        )


class ItemKNN:
    """Items with the most similar users to those of the history's items, weighted by `decay`, in newer events."""

    search_space: Mapping[str, Sequence[Setting]] = {
        "similarity": ("cosine", "pearson"),
        "k": (20, 50, 100, 300),
        "shrink": (0.0, 10.0, 50.0),
        "decay": (0.0, 3.0, 10.0),
    }
    needs_index = False

    def __init__(self, similarity: str = "pearson", k: int = 300, shrink: float = 10.0, decay: float = 3.0) -> None:
        self.similarity, self.k, self.shrink, self.decay = _check_kind(similarity), k, shrink, decay

    def fit(self, training: Training) -> None:
        """Compute the similarities of all pairs of items in blocks, and keep the `k` best of each item."""
        self._counts = item_counts(training.histories, training.n_items)
        item_users = decayed_matrix(training.histories, training.n_items, 0.0).T.tocsr()
        norms = _Norms(item_users, self.similarity)

        def similarities(rows: slice) -> Floats:
            part = item_users[rows]
            return norms.similarities(_Norms(part, self.similarity), part @ item_users.T, self.shrink)

        self._near = strongest_others(training.n_items, similarities, self.k)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): similarities to the items of the history, summed."""
        weighted = decayed_matrix(histories, self._near.shape[0], self.decay)
        return fill_cold_start(
            histories.lengths == 0, np.asarray((weighted @ self._near).toarray(), np.float32), self._counts
        )


def strongest_others(n_items: int, similarities: Callable[[slice], Floats], k: int) -> Any:
    """CSR (n_items, n_items) of the `k` largest similarities of each item to others, made in blocks of rows."""
    from scipy import sparse

    blocks = []
    for start in range(0, n_items, BLOCK):
        found = similarities(slice(start, start + BLOCK))
        own = np.arange(len(found))
        found[own, start + own] = 0
        blocks.append(_strongest(found, k))
    return sparse.vstack(blocks).tocsr()


class _Norms:
    """Sums over the rows of a sparse matrix that cosine and Pearson's correlation need."""

    def __init__(self, matrix: Any, kind: str) -> None:
        self.kind, self.width = kind, matrix.shape[1]
        self.sums = np.asarray(matrix.sum(1), np.float32).ravel()
        self.squares = np.asarray(matrix.multiply(matrix).sum(1), np.float32).ravel()

    def similarities(self, others: "_Norms", products: Any, shrink: float) -> Floats:
        """(others, own) from their inner products; Pearson's is that of the whole rows, zeros too (phi for 0 and 1).

        `shrink` is added to the product of the norms, so that what few users share counts less. Without a common event
        the similarity is 0, and so are negative correlations.
        """
        common = np.asarray(products.toarray(), np.float32)
        mine, theirs = self.squares, others.squares
        if self.kind == "pearson":
            mine, theirs = mine - self.sums**2 / self.width, theirs - others.sums**2 / self.width
            common = np.where(common > 0, common - np.outer(others.sums, self.sums) / self.width, 0).astype(np.float32)
        scale = np.sqrt(np.outer(np.maximum(theirs, 0), np.maximum(mine, 0))) + shrink
        similarities: Floats = np.divide(np.maximum(common, 0), scale, out=np.zeros_like(common), where=scale > 0)
        return similarities


def _strongest(similarities: Floats, k: int) -> Any:
    """The `k` largest of each row that are above zero, as CSR."""
    from scipy import sparse

    k = min(k, similarities.shape[1])
    best: npt.NDArray[np.intp] = np.argpartition(-similarities, k - 1, axis=1)[:, :k]
    rows = np.repeat(np.arange(len(similarities)), k)
    values = np.take_along_axis(similarities, best, 1).ravel()
    kept = values > 0
    return sparse.csr_matrix((values[kept], (rows[kept], best.ravel()[kept])), shape=similarities.shape)


def _check_kind(similarity: str) -> str:
    if similarity not in ("cosine", "pearson"):
        raise MendableError(
            f"no similarity {similarity!r}", "the settings of a neighbour model", "Use cosine or pearson"
        )
    return similarity
