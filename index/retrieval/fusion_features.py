"""The fusion's features of every item for a history: behaviour signals, similarity in text, categories and reviews."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index.data.domain import Catalogue
from index.data.records import History
from index.retrieval.behaviour_signals import NAMES, SIGNALS, Behaviour
from index.retrieval.category_vectors import CategoryVectors
from index.retrieval.decay import PROFILE_DECAYS, recency_weights
from index.retrieval.review_sources import ReviewFeatures, ReviewSources
from index.types import Floats, Rows

HISTORY_FEATURES = ("history_length", "mean_value", "recent_seconds")  # the same for every item of a list
COLUMNS = (
    *NAMES,
    *(f"text/{events:g}" for events in PROFILE_DECAYS),
    *(f"categories/{events:g}" for events in PROFILE_DECAYS),
    *HISTORY_FEATURES,
)
TEXT_DIMS = 128  # of text vectors that profiles are compared in; docs/log.md has what the others add
MAX_CATEGORIES = 512  # the commonest ones are read
# Sums of frequencies have long tails: a small network learns from their square roots.
LONG_TAILED = np.array([COLUMNS.index(name) for name in (*(signal.name for signal in SIGNALS), "rated")])


@dataclass(frozen=True)
class Features:
    """Features of every item by column.

    `vectors` are the items' texts, (n_items, dim) of length one; `reviews` what their reviews give, None where the
    domain has none.
    """

    behaviour: Behaviour
    vectors: Floats
    catalogue: Catalogue
    reviews: ReviewFeatures | None = None
    _centred: Floats | None = None  # of a catalogue of which this is a part
    _categories: CategoryVectors | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns in their order."""
        return feature_columns(self.reviews)

    def of(self, history: History) -> Floats:
        """(n_items, len(self.columns)) for one history."""
        found = np.empty((len(self.columns), len(self.catalogue)), np.float32).T  # column after column in memory
        n_signals = len(NAMES)
        found[:, :n_signals] = self.behaviour.signals(history)
        n_decays = len(PROFILE_DECAYS)
        found[:, n_signals : n_signals + n_decays] = profiles(history, self.centred_vectors)
        found[:, n_signals + n_decays : n_signals + 2 * n_decays] = self._category_profiles(history)
        found[:, len(COLUMNS) - len(HISTORY_FEATURES) : len(COLUMNS)] = history_features(history)
        for place in LONG_TAILED:
            column = found[:, place]
            np.copysign(np.sqrt(np.abs(column)), column, out=column)
        if self.reviews is not None:
            behind = len(COLUMNS) + n_decays
            found[:, len(COLUMNS) : behind] = profiles(history, self.reviews.means)
            if self.reviews.sentiment is not None:
                found[:, behind:] = self.reviews.sentiment.columns(history)
        return found

    @cached_property
    def centred_vectors(self) -> Floats:
        """(n_items, at most TEXT_DIMS) text vectors less their mean, which a profile would have in common with all.

        Of many dimensions the strongest directions are kept: a history's similarities to all items are then read from
        a third of the memory, which is what they cost.
        """
        if self._centred is not None:
            return self._centred
        centred = np.asarray(self.vectors - self.vectors.mean(0), np.float32)
        if centred.shape[1] <= TEXT_DIMS:
            return centred
        _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))  # strongest last
        return np.asarray(centred @ directions[:, -TEXT_DIMS:].astype(np.float32), np.float32)

    @cached_property
    def categories(self) -> CategoryVectors:
        """Which of the commonest categories each item has."""
        if self._categories is not None:
            return self._categories
        counts = Counter(category for item in self.catalogue.items for category in item.categories)
        commonest = sorted(counts, key=lambda category: (-counts[category], category))[:MAX_CATEGORIES]
        kept = {category: place for place, category in enumerate(commonest)}
        return CategoryVectors.of([[kept[c] for c in item.categories if c in kept] for item in self.catalogue.items])

    def part(self, rows: Rows) -> "Features":
        """The features of these rows alone, each once, numbered anew in this order: the same numbers for less work.

        Histories must be numbered likewise, and hold none but these rows.
        """
        return Features(
            self.behaviour.part(rows),
            np.asarray(self.vectors[rows]),
            Catalogue(tuple(self.catalogue.items[row] for row in rows)),
            None if self.reviews is None else self.reviews.part(rows),
            self.centred_vectors[rows],
            self.categories.part(rows),
        )

    def _category_profiles(self, history: History) -> Floats:
        newest, weights = _profile_weights(history)
        return self.categories.similarity(weights @ self.categories.dense(newest))


def feature_columns(reviews: ReviewSources | ReviewFeatures | None) -> tuple[str, ...]:
    """The names of the columns, those of reviews last, where the domain has any."""
    return COLUMNS if reviews is None else (*COLUMNS, *reviews.columns)


def profiles(history: History, vectors: Floats) -> Floats:
    """(n_items, len(PROFILE_DECAYS)): similarity of items to recency-weighted means of a history; 0 without one."""
    newest, weights = _profile_weights(history)
    return np.asarray(vectors @ (weights @ vectors[newest]).T, np.float32)


def _profile_weights(history: History) -> tuple[Rows, Floats]:
    """The newest rows of a history, and (len(PROFILE_DECAYS), rows) their weights, which sum to one."""
    newest = history.rows[-int(8 * max(PROFILE_DECAYS)) :]
    weights = np.stack([recency_weights(len(newest), events) for events in PROFILE_DECAYS])
    return newest, np.asarray(weights / np.maximum(weights.sum(1, keepdims=True), 1e-30), np.float32)


def history_features(history: History) -> Floats:
    """The HISTORY_FEATURES: log number of events, mean value, log of the seconds that the newest ten events took."""
    if not len(history):
        return np.zeros(len(HISTORY_FEATURES), np.float32)
    values = history.values[~np.isnan(history.values)]
    mean = float(values.mean()) if len(values) else 0.0
    newest = history.times[-10:] if history.times is not None else np.zeros(1)
    return np.array([np.log1p(len(history)), mean, np.log1p(newest[-1] - newest[0])], np.float32)
