"""Collaborative filtering by neighbours: people alike (Resnick et al. 1994), items alike (Sarwar et al. 2001)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.models.baselines.user_histories import fading_matrix, item_counts, popular_for
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.errors import MendableError
from index.types import Floats

BLOCK = 512  # rows of likeness held at a time


class UserKNN:
    """Items of the `k` people whose histories are most alike, each weighed by the likeness."""

    search_space: Mapping[str, Sequence[Setting]] = {
        "likeness": ("cosine", "pearson"),
        "k": (20, 30, 50, 100, 200),
        "shrink": (0.0, 5.0, 20.0),
        "life": (0.0, 5.0, 20.0),
    }
    needs_index = False

    def __init__(self, likeness: str = "pearson", k: int = 30, shrink: float = 5.0, life: float = 5.0) -> None:
        self.likeness, self.k, self.shrink, self.life = _checked(likeness), k, shrink, life

    def fit(self, training: Training) -> None:
        """Keep what everybody had."""
        self._counts = item_counts(training.histories, training.n_items)
        self._had = fading_matrix(training.histories, training.n_items, 0.0)
        self._norms = _Norms(self._had, self.likeness)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): sums of likeness; somebody's own events add only to what is masked."""
        asked = fading_matrix(histories, self._had.shape[1], self.life)
        alike = self._norms.likeness(_Norms(asked, self.likeness), asked @ self._had.T, self.shrink)
        near = _strongest(alike, self.k)
        return popular_for(histories.lengths == 0, np.asarray((near @ self._had).toarray(), np.float32), self._counts)


class ItemKNN:
    """Items whose people are most alike with those of what somebody had; older events fade after `life` newer ones."""

    search_space: Mapping[str, Sequence[Setting]] = {
        "likeness": ("cosine", "pearson"),
        "k": (20, 50, 100, 300),
        "shrink": (0.0, 10.0, 50.0),
        "life": (0.0, 3.0, 10.0),
    }
    needs_index = False

    def __init__(self, likeness: str = "pearson", k: int = 300, shrink: float = 10.0, life: float = 3.0) -> None:
        self.likeness, self.k, self.shrink, self.life = _checked(likeness), k, shrink, life

    def fit(self, training: Training) -> None:
        """Likeness of every two items in blocks, the `k` best of each item kept."""
        from scipy import sparse

        self._counts = item_counts(training.histories, training.n_items)
        people = fading_matrix(training.histories, training.n_items, 0.0).T.tocsr()
        norms, blocks = _Norms(people, self.likeness), []
        for start in range(0, training.n_items, BLOCK):
            part = people[start : start + BLOCK]
            alike = norms.likeness(_Norms(part, self.likeness), part @ people.T, self.shrink)
            own = np.arange(len(alike))
            alike[own, start + own] = 0
            blocks.append(_strongest(alike, self.k))
        self._near = sparse.vstack(blocks).tocsr()

    def scores(self, histories: Histories) -> Floats:
        """(users, items): likeness to what each had, summed over the history."""
        asked = fading_matrix(histories, self._near.shape[0], self.life)
        return popular_for(histories.lengths == 0, np.asarray((asked @ self._near).toarray(), np.float32), self._counts)


class _Norms:
    """Sums over the rows of a sparse matrix that cosine and Pearson's correlation need."""

    def __init__(self, matrix: Any, kind: str) -> None:
        self.kind, self.width = kind, matrix.shape[1]
        self.sums = np.asarray(matrix.sum(1), np.float32).ravel()
        self.squares = np.asarray(matrix.multiply(matrix).sum(1), np.float32).ravel()

    def likeness(self, others: "_Norms", products: Any, shrink: float) -> Floats:
        """(others, own) from their inner products; Pearson's is that of the whole rows, zeros too (phi for 0 and 1).

        `shrink` is added to the product of the norms, so that what few people share counts less. No product, no
        likeness: negative correlations are left out.
        """
        common = np.asarray(products.toarray(), np.float32)
        mine, theirs = self.squares, others.squares
        if self.kind == "pearson":
            mine, theirs = mine - self.sums**2 / self.width, theirs - others.sums**2 / self.width
            common = np.where(common > 0, common - np.outer(others.sums, self.sums) / self.width, 0).astype(np.float32)
        scale = np.sqrt(np.outer(np.maximum(theirs, 0), np.maximum(mine, 0))) + shrink
        alike: Floats = np.divide(np.maximum(common, 0), scale, out=np.zeros_like(common), where=scale > 0)
        return alike


def _strongest(alike: Floats, k: int) -> Any:
    """The `k` largest of each row that are above zero, as CSR."""
    from scipy import sparse

    k = min(k, alike.shape[1])
    best: npt.NDArray[np.intp] = np.argpartition(-alike, k - 1, axis=1)[:, :k]
    rows = np.repeat(np.arange(len(alike)), k)
    values = np.take_along_axis(alike, best, 1).ravel()
    kept = values > 0
    return sparse.csr_matrix((values[kept], (rows[kept], best.ravel()[kept])), shape=alike.shape)


def _checked(likeness: str) -> str:
    if likeness not in ("cosine", "pearson"):
        raise MendableError(f"no likeness {likeness!r}", "the settings of a neighbour model", "Use cosine or pearson")
    return likeness
