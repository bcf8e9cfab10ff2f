"""Matrix factorisation: weighted least squares (ALS), pairwise ranking (BPR), ratings with biases (SVD)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.models.baselines.user_histories import decayed_matrix, fill_cold_start, item_counts, places_in
from eval.models.registry import NeedsLibrary, Setting, Training, library
from index.data.domain import Histories
from index.data.splits import NO_USER
from index.progress import progress
from index.types import Floats

Factors = npt.NDArray[np.float64]  # (rows, 1 + factors): a bias, then a vector


class ALS(NeedsLibrary):
    """Implicit alternating least squares (Hu, Koren and Volinsky 2008), as the library `implicit` solves it.

    Users are folded in by their histories, whose events lose confidence by `decay`, in newer events.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "factors": (16, 32, 64, 128),
        "alpha": (1.0, 2.0, 5.0, 20.0),
        "regularization": (0.1, 1.0, 5.0, 20.0),
        "decay": (0.0, 5.0, 20.0),
    }
    needs_index = False
    needs_library = "implicit"

    def __init__(
        self,
        factors: int = 32,
        alpha: float = 2.0,
        regularization: float = 5.0,
        decay: float = 5.0,
        iterations: int = 20,
    ) -> None:
        self.factors, self.alpha, self.regularization = factors, alpha, regularization
        self.decay, self.iterations = decay, iterations

    def fit(self, training: Training) -> None:
        """Alternate; one seed, one result."""
        self._counts = item_counts(training.histories, training.n_items)
        self._model = library("implicit.cpu.als").AlternatingLeastSquares(
            factors=self.factors,
            alpha=self.alpha,
            regularization=self.regularization,
            iterations=self.iterations,
            random_state=training.seed,
        )
        _fit_quietly(self._model, decayed_matrix(training.histories, training.n_items, 0.0), "als")

    def scores(self, histories: Histories) -> Floats:
        """(users, items): inner products with the factors solved for each history."""
        confidence = decayed_matrix(histories, len(self._counts), self.decay)
        users = self._model.recalculate_user(np.arange(len(histories)), confidence)
        scores = np.asarray(users @ self._model.item_factors.T, np.float32)
        return fill_cold_start(histories.lengths == 0, scores, self._counts)


class BPR(NeedsLibrary):
    """Bayesian personalised ranking (Rendle et al. 2009), as `implicit` trains it on one thread: the same each time.

    It has factors of the users it was fitted on only; others get what is popular.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "factors": (32, 64, 128),
        "learning_rate": (0.01, 0.02, 0.05),
        "regularization": (0.003, 0.01, 0.03, 0.06),
        "iterations": (100, 200, 400),
    }
    needs_index = False
    needs_library = "implicit"

    def __init__(
        self, factors: int = 64, learning_rate: float = 0.02, regularization: float = 0.03, iterations: int = 200
    ) -> None:
        self.factors, self.learning_rate, self.regularization = factors, learning_rate, regularization
        self.iterations = iterations

    def fit(self, training: Training) -> None:
        """Stochastic gradient descent over pairs of an item of a user's history and one that is not in it."""
        self._fitted = training.histories
        self._counts = item_counts(training.histories, training.n_items)
        self._model = library("implicit.cpu.bpr").BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            iterations=self.iterations,
            num_threads=1,
            random_state=training.seed,
        )
        _fit_quietly(self._model, decayed_matrix(training.histories, training.n_items, 0.0), "bpr")

    def scores(self, histories: Histories) -> Floats:
        """(users, items): inner products with the factors of the fitted users."""
        places = places_in(self._fitted, histories)
        scores = np.asarray(self._model.user_factors[places] @ self._model.item_factors.T, np.float32)
        return fill_cold_start(places == NO_USER, scores, self._counts)


class SVD:
    """Value = mean + item's bias + user's bias + inner product (Koren, Bell and Volinsky 2009, equation 4).

    With `unseen` 0 it learns from values alone: it then predicts values, which is no order to recommend by, and ranks
    far below popularity. Above 0, items without an event of the user count as value 0 with this weight (as in Hu et
    al. 2008), and the same model ranks. Events without a value count as 1.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "factors": (8, 16, 32, 64),
        "regularization": (0.001, 0.003, 0.01, 0.03),
        "unseen": (0.0, 0.03, 0.1, 0.3, 0.6),
    }
    needs_index = False

    def __init__(
        self, factors: int = 32, regularization: float = 0.003, unseen: float = 0.3, iterations: int = 10
    ) -> None:
        self.factors, self.regularization = factors, regularization
        self.unseen, self.iterations = unseen, iterations

    def fit(self, training: Training) -> None:
        """Solve for users and for items in turn, each by ridge regression, which needs no learning rate."""
        self._counts = item_counts(training.histories, training.n_items)
        values = np.nan_to_num(training.histories.values, nan=1.0)
        self._scale = float(np.abs(values).mean()) or 1.0 if len(values) else 1.0
        self._mean = float(values.mean()) / self._scale if len(values) else 0.0
        table = self._table(training.histories)
        transposed = table.T.tocsr()
        drawn = np.random.default_rng(training.seed).standard_normal((training.n_items, self.factors))
        self._items = np.hstack([np.zeros((training.n_items, 1)), 0.1 * drawn])
        for _ in progress(range(self.iterations), "svd"):
            self._items = self._solve(transposed, self._solve(table, self._items))

    def scores(self, histories: Histories) -> Floats:
        """(users, items): the predicted values, the factors of each user solved anew from the history."""
        users = self._solve(self._table(histories), self._items)
        scores = self._mean + users[:, :1] + self._items[:, 0] + users[:, 1:] @ self._items[:, 1:].T
        return fill_cold_start(histories.lengths == 0, (self._scale * scores).astype(np.float32), self._counts)

    def _table(self, histories: Histories) -> Any:
        from scipy import sparse

        values = np.nan_to_num(histories.values, nan=1.0) / self._scale
        shape = (len(histories), len(self._counts))
        return sparse.csr_matrix((values, histories.rows.copy(), histories.starts), shape=shape)

    def _solve(self, table: Any, others: Factors) -> Factors:
        """Biases and vectors (rows, 1 + factors) of the rows of the table, given those of its columns."""
        known = np.hstack([np.ones((len(others), 1)), others[:, 1:]])
        rest = -self._mean - others[:, 0]  # what the biases of the columns leave of a value of 0
        gram, pull = self.unseen * known.T @ known, self.unseen * known.T @ rest
        ridge = self.regularization * np.eye(known.shape[1])
        solved = np.zeros((table.shape[0], known.shape[1]))
        for row in range(table.shape[0]):
            span = slice(table.indptr[row], table.indptr[row + 1])
            own, columns = table.data[span], table.indices[span]
            weight = len(own) + self.unseen * (len(others) - len(own))
            if not weight:
                continue
            seen = known[columns]
            left = gram + (1 - self.unseen) * seen.T @ seen + weight * ridge
            right = pull + seen.T @ (own + (1 - self.unseen) * rest[columns])
            solved[row] = np.linalg.solve(left, right)
        return solved


def _fit_quietly(model: Any, interactions: Any, what: str) -> None:
    """Fit a model of `implicit` with our progress; BLAS on one thread, since the library has threads of its own."""
    from threadpoolctl import threadpool_limits

    bar = progress(range(model.iterations), what)
    next(bar, None)
    with threadpool_limits(1, "blas"):
        model.fit(interactions, show_progress=False, callback=lambda *_: next(bar, None))
