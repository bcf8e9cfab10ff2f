"""What people did, as a channel: several linear views of a history, each a score for every item of the catalogue."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from index.data.domain import Histories
from index.data.records import History
from index.retrieval.decay import recency_weights
from index.retrieval.item_similarity import (
    DENSE_ITEMS,
    Factors,
    Matrix,
    Steps,
    item_similarity,
    latent,
    transition_counts,
    users_by_items,
    weighted_rows,
)
from index.types import Floats, Rows

NEWEST = 200  # events of a history that the decayed views read; what is older weighs under 1 %


@dataclass(frozen=True)
class Signal:
    """One linear view: the name of its matrix, and after how many newer events an event weighs 1/e (None: never)."""

    matrix: str
    life: float | None

    @property
    def name(self) -> str:
        """As it stands in manifests."""
        return f"{self.matrix}/{'all' if self.life is None else f'{self.life:g}'}"


# Chosen on the validation events of movielens-100k by leaving out one at a time; docs/log.md has the numbers.
SIGNALS = (
    *(Signal("transitions", life) for life in (1.5, 4.0, 12.0)),
    *(Signal("next_items", life) for life in (1.5, 3.0)),
    *(Signal("similarity", life) for life in (5.0, 40.0, None)),
    *(Signal("latent", life) for life in (1.5, 4.0, 12.0)),
    *(Signal("coarse", life) for life in (4.0, 40.0)),
)
EXTRA = ("valued", "popularity")
LATENT_LIFE = 4.0  # of both latent views in the mix
MIX = {"transitions/4": 2.0, "next_items/3": 2.0, "similarity/5": 1.0, "latent/4": 2.0, "coarse/4": 1.0}
UNKNOWN_SHARE = 0.01  # of the catalogue: up to so many new items are judged by their texts alone
COARSE = 32  # factors; on the wines they alone find more than all
NAMES = (*(signal.name for signal in SIGNALS), *EXTRA)


@dataclass(frozen=True)
class Behaviour:
    """Item-to-item matrices by name, and the number of events of each item."""

    matrices: dict[str, Matrix]
    popularity: Floats

    @classmethod
    def fit(cls, histories: Histories, n_items: int, dense_items: int = DENSE_ITEMS) -> "Behaviour":
        """Count and solve, sparse where there are more than `dense_items`; nothing here is drawn at random."""
        users = users_by_items(histories, n_items)
        factors = latent(histories, n_items, Steps(20, power=0.5, backwards=1.0))
        matrices: dict[str, Matrix] = {
            "transitions": transition_counts(histories, n_items, Steps(20, power=0.5, backwards=0.5), dense_items),
            "next_items": transition_counts(histories, n_items, Steps(10, power=1.0, backwards=0.0), dense_items),
            "similarity": item_similarity(users, 500.0, dense_items),
            "latent": factors,
            "coarse": factors.first(COARSE),
        }
        popularity = np.bincount(histories.rows, minlength=n_items).astype(np.float32)
        return cls(matrices, popularity)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.popularity)

    @cached_property
    def cold_penalty(self) -> float:
        """Log odds that each item loses which nobody had, where these are many: all together they stay as likely."""
        share = float(np.mean(self.popularity == 0)) if self.n_items else 0.0
        return float(np.log(max(share / UNKNOWN_SHARE, 1.0)))

    def signals(self, history: History) -> Floats:
        """(n_items, len(NAMES)): every view's score of every item; 0 where a view has nothing to say."""
        found = np.zeros((self.n_items, len(NAMES)), np.float32)
        newest = min(len(history), NEWEST)
        if newest:
            rows = history.rows[-newest:]
            for matrix in self.matrices:
                self._fill(found, matrix, rows)
            self._fill_valued(found, rows, history.values[-newest:])
        found[:, NAMES.index("popularity")] = np.log1p(self.popularity)
        return found

    def mix(self, history: History) -> Floats:
        """(n_items,) the linear mix of co-occurrence and EASE that finds candidates."""
        signals = self.signals(history)
        return np.asarray(sum(weight * signals[:, NAMES.index(name)] for name, weight in MIX.items()), np.float32)

    def query_vector(self, history: History) -> Floats:
        """(d,) what to look up among `item_vectors`: an inner product with it is what the latent views give the mix."""
        before = self._factors.before
        rows = history.rows[-NEWEST:]
        decayed = recency_weights(len(rows), LATENT_LIFE) @ before[rows]
        weights = np.full(before.shape[1], MIX[f"latent/{LATENT_LIFE:g}"], np.float32)
        weights[:COARSE] += MIX[f"coarse/{LATENT_LIFE:g}"]
        return np.asarray(weights * decayed, np.float32)

    @property
    def item_vectors(self) -> Floats:
        """(n_items, d): what came before and after an item, as a vector; 0 for an item without events."""
        return self._factors.after

    @property
    def _factors(self) -> Factors:
        found = self.matrices["latent"]
        assert isinstance(found, Factors)
        return found

    def near(self, these: Rows, rows: Rows) -> Floats:
        """(rows,) how much the people of any of `these` items have each row too: the largest of the EASE weights."""
        picked = self.matrices["similarity"][these][:, rows]
        dense = np.asarray(picked.todense() if sparse.issparse(picked) else picked, np.float32)
        return np.asarray(dense.max(0, initial=0.0), np.float32)

    def support(self, history: History, row: int, n: int) -> Rows:
        """Places in the history of the at most `n` events that speak most for an item, best first."""
        newest = min(len(history), NEWEST)
        if not newest:
            return np.zeros(0, np.int64)
        rows = history.rows[-newest:]
        said = sum(
            _column(self.matrices[name], rows, row) for name in ("transitions", "similarity") if name in self.matrices
        )
        values = history.values[-newest:]
        liked = np.where(np.isnan(values), 1.0, np.where(values >= self._middle(values), 1.0, 0.1))
        weight = np.asarray(said) * liked * (0.3 + recency_weights(newest, 20.0))
        order = np.lexsort((-np.arange(newest), -weight))[:n]
        kept: Rows = order[weight[order] > 0] + (len(history) - newest)
        return kept

    def _fill(self, found: Floats, matrix: str, rows: Rows) -> None:
        places = [n for n, signal in enumerate(SIGNALS) if signal.matrix == matrix]
        weights = np.stack([recency_weights(len(rows), SIGNALS[n].life) for n in places])
        found[:, places] = weighted_rows(weights, self.matrices[matrix], rows).T

    def _fill_valued(self, found: Floats, rows: Rows, values: Floats) -> None:
        """Liked items speak for, disliked against: each event weighs its value less the person's usual one."""
        known = np.nan_to_num(values - self._middle(values)).astype(np.float32)
        if known.any():
            found[:, NAMES.index("valued")] = weighted_rows(known[None], self.matrices["similarity"], rows)[0]

    @staticmethod
    def _middle(values: Floats) -> float:
        known = values[~np.isnan(values)]
        return float(known.mean()) if len(known) else 0.0


def _column(matrix: Matrix, rows: Rows, column: int) -> Floats:
    picked = matrix[rows, column]
    return np.asarray(picked.todense() if sparse.issparse(picked) else picked, np.float32).ravel()
