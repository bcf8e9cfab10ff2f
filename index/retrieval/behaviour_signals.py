"""Behaviour signals: linear scores of every item for a history, from matrices of how users went from item to item."""

from dataclasses import dataclass, field

import numpy as np

from index.data.domain import Histories
from index.data.records import History
from index.progress import stage
from index.retrieval.decay import recency_weights
from index.retrieval.item_matrices import DENSE_ITEMS, Factors, Matrix, as_dense, part_of, sum_rows
from index.types import Floats, Rows

MAX_EVENTS = 200  # newest events of a history that the signals read; older ones weigh under 1 %


@dataclass(frozen=True)
class Signal:
    """A sum of a matrix's rows over a history.

    An event that `decay_events` newer ones follow weighs 1/e of the newest; None: all weigh the same.
    """

    matrix: str
    decay_events: float | None

    @property
    def name(self) -> str:
        """As it stands in manifests."""
        return f"{self.matrix}/{'all' if self.decay_events is None else f'{self.decay_events:g}'}"


# Chosen on the validation events of movielens-100k by leaving out one at a time; docs/log.md has the numbers.
SIGNALS = (
    *(Signal("transitions", events) for events in (1.5, 4.0, 12.0)),
    *(Signal("next_items", events) for events in (1.5, 3.0)),
    *(Signal("similarity", events) for events in (5.0, 40.0, None)),
    *(Signal("latent", events) for events in (1.5, 4.0, 12.0)),
    *(Signal("coarse", events) for events in (4.0, 40.0)),
)
OTHER_SIGNALS = ("rated", "popularity")  # similarity weighted by how each item was rated; log of the number of events
NAMES = (*(signal.name for signal in SIGNALS), *OTHER_SIGNALS)
# The weighted sum of signals that proposes candidates.
CANDIDATE_WEIGHTS = {"transitions/4": 2.0, "next_items/3": 2.0, "similarity/5": 1.0, "latent/4": 2.0, "coarse/4": 1.0}
LATENT_DECAY_EVENTS = 4.0  # of the latent and coarse signals among the CANDIDATE_WEIGHTS
COARSE_FACTORS = 32  # of `coarse`; on the wines they alone find more than all


@dataclass(frozen=True)
class Behaviour:
    """Item-to-item matrices by name, and the number of events of each item."""

    matrices: dict[str, Matrix]
    popularity: Floats
    _last: dict[bytes, Floats] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def fit(cls, histories: Histories, n_items: int, dense_items: int = DENSE_ITEMS) -> "Behaviour":
        """Count and solve, sparse where there are more than `dense_items`; nothing here is drawn at random."""
        from index.retrieval.ease import EASE_PENALTY
        from index.retrieval.item_similarity import item_similarity, users_by_items
        from index.retrieval.transitions import Steps, latent_factors, transition_counts

        with stage(f"fitting behaviour to {len(histories.rows):,} events"):
            with stage("latent factors"):
                factors = latent_factors(histories, n_items, Steps(20, power=0.5, backwards=1.0))
            with stage("transition counts"):
                both_ways, forwards = Steps(20, power=0.5, backwards=0.5), Steps(10, power=1.0, backwards=0.0)
                transitions = transition_counts(histories, n_items, both_ways, dense_items)
                next_items = transition_counts(histories, n_items, forwards, dense_items)
            with stage("item similarity"):
                similarity = item_similarity(users_by_items(histories, n_items), EASE_PENALTY, dense_items)
        matrices: dict[str, Matrix] = {
            "transitions": transitions,
            "next_items": next_items,
            "similarity": similarity,
            "latent": factors,
            "coarse": factors.first(COARSE_FACTORS),
        }
        popularity = np.bincount(histories.rows, minlength=n_items).astype(np.float32)
        return cls(matrices, popularity)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.popularity)

    def signals(self, history: History) -> Floats:
        """(n_items, len(NAMES)): every signal's score of every item, 0 where it has none; not to be written to.

        The last are kept: features, proposals and scores of one query ask for the same.
        """
        key = history.rows.tobytes() + history.values.tobytes()
        found = self._last.get(key)
        if found is None:
            found = self._new_signals(history)
            found.flags.writeable = False
            self._last.clear()
            self._last[key] = found
        return found

    def _new_signals(self, history: History) -> Floats:
        found = np.zeros((len(NAMES), self.n_items), np.float32).T  # column after column in memory
        newest = min(len(history), MAX_EVENTS)
        if newest:
            rows = history.rows[-newest:]
            for matrix in self.matrices:
                self._fill(found, matrix, rows)
            self._fill_rated(found, rows, history.values[-newest:])
        found[:, NAMES.index("popularity")] = np.log1p(self.popularity)
        return found

    def candidate_scores(self, history: History) -> Floats:
        """(n_items,) the weighted sum of co-occurrence and EASE that proposes candidates."""
        signals = self.signals(history)
        total = sum(weight * signals[:, NAMES.index(name)] for name, weight in CANDIDATE_WEIGHTS.items())
        return np.asarray(total, np.float32)

    def query_vector(self, history: History) -> Floats:
        """(d,) what to search for among `item_vectors`: the inner products are the latent part of the scores."""
        before = self._factors.before
        rows = history.rows[-MAX_EVENTS:]
        decayed = recency_weights(len(rows), LATENT_DECAY_EVENTS) @ before[rows]
        weights = np.full(before.shape[1], CANDIDATE_WEIGHTS[f"latent/{LATENT_DECAY_EVENTS:g}"], np.float32)
        weights[:COARSE_FACTORS] += CANDIDATE_WEIGHTS[f"coarse/{LATENT_DECAY_EVENTS:g}"]
        return np.asarray(weights * decayed, np.float32)

    @property
    def item_vectors(self) -> Floats:
        """(n_items, d): the latent factors of each item; 0 for an item without events."""
        return self._factors.after

    @property
    def _factors(self) -> Factors:
        found = self.matrices["latent"]
        assert isinstance(found, Factors)
        return found

    def part(self, rows: Rows) -> "Behaviour":
        """The behaviour of these rows alone, numbered anew in this order."""
        return Behaviour({name: part_of(matrix, rows) for name, matrix in self.matrices.items()}, self.popularity[rows])

    def similarity_to(self, these: Rows, rows: Rows) -> Floats:
        """(rows,) the largest of the similarity weights between each row and any of `these` items."""
        weights = as_dense(self.matrices["similarity"][these][:, rows])
        return np.asarray(weights.max(0, initial=0.0), np.float32)

    def _fill(self, found: Floats, matrix: str, rows: Rows) -> None:
        places = [n for n, signal in enumerate(SIGNALS) if signal.matrix == matrix]
        weights = np.stack([recency_weights(len(rows), SIGNALS[n].decay_events) for n in places])
        found[:, places] = sum_rows(weights, self.matrices[matrix], rows).T

    def _fill_rated(self, found: Floats, rows: Rows, values: Floats) -> None:
        """Each event weighs its value less the user's mean: liked items raise what is similar, disliked ones lower."""
        centred = np.nan_to_num(values - mean_value(values)).astype(np.float32)
        if centred.any():
            found[:, NAMES.index("rated")] = sum_rows(centred[None], self.matrices["similarity"], rows)[0]


def mean_value(values: Floats) -> float:
    """The mean of the known values, 0 where none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
