"""What the fusion reads of every item for one history: behaviour's views, its profile in text and categories."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index.data.domain import Catalogue
from index.data.records import History
from index.retrieval.behaviour_signals import NAMES, Behaviour
from index.retrieval.decay import recency_weights
from index.types import Floats

PROFILE_LIVES = (1.0, 4.0, 30.0)
CONTEXT = ("length", "usual value", "pace")
COLUMNS = (
    *NAMES,
    *(f"text/{life:g}" for life in PROFILE_LIVES),
    *(f"categories/{life:g}" for life in PROFILE_LIVES),
    *CONTEXT,
)
REVIEW_COLUMNS = tuple(f"reviews/{life:g}" for life in PROFILE_LIVES)  # after the others, where there are reviews
# Sums of frequencies have long tails: their square root is what a small network can use.
TAILED = np.flatnonzero(
    [
        name.split("/")[0] in ("transitions", "next_items", "similarity", "latent", "coarse", "valued")
        for name in COLUMNS
    ]
)


@dataclass(frozen=True)
class Features:
    """Scores of every item by column; `vectors` are the items' texts, (n_items, dim) normalised, `reviews` the means of
    what was written of each, centred (None: nothing was)."""

    behaviour: Behaviour
    vectors: Floats
    catalogue: Catalogue
    reviews: Floats | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns in their order."""
        return feature_columns(self.reviews is not None)

    def of(self, history: History) -> Floats:
        """(n_items, len(self.columns)) for one history."""
        found = np.empty((len(self.catalogue), len(self.columns)), np.float32)
        n_signals = len(NAMES)
        found[:, :n_signals] = self.behaviour.signals(history)
        n_lives = len(PROFILE_LIVES)
        found[:, n_signals : n_signals + n_lives] = profiles(history, self.centred)
        found[:, n_signals + n_lives : n_signals + 2 * n_lives] = profiles(history, self.genres)
        found[:, len(COLUMNS) - len(CONTEXT) : len(COLUMNS)] = context(history)
        found[:, TAILED] = np.sign(found[:, TAILED]) * np.sqrt(np.abs(found[:, TAILED]))
        if self.reviews is not None:
            found[:, len(COLUMNS) :] = profiles(history, self.reviews)
        return found

    @cached_property
    def centred(self) -> Floats:
        """(n_items, dim) text vectors less their mean: without it, a profile is like whatever is like everything."""
        return np.asarray(self.vectors - self.vectors.mean(0), np.float32)

    @cached_property
    def genres(self) -> Floats:
        """(n_items, categories) normalised rows; the 512 commonest categories count."""
        counts = Counter(category for item in self.catalogue.items for category in item.categories)
        commonest = sorted(counts, key=lambda category: (-counts[category], category))[:512]
        kept = {category: place for place, category in enumerate(commonest)}
        marks = np.zeros((len(self.catalogue), max(len(kept), 1)), np.float32)
        for row, item in enumerate(self.catalogue.items):
            marks[row, [kept[c] for c in item.categories if c in kept]] = 1
        norms = np.linalg.norm(marks, axis=1, keepdims=True)
        return np.asarray(marks / np.maximum(norms, 1), np.float32)


def feature_columns(with_reviews: bool) -> tuple[str, ...]:
    """The names of the columns, those of reviews last where the domain has reviews."""
    return (*COLUMNS, *REVIEW_COLUMNS) if with_reviews else COLUMNS


def profiles(history: History, vectors: Floats) -> Floats:
    """(n_items, len(PROFILE_LIVES)) likeness of items to recency-weighted means of a history; 0 without a history."""
    if not len(history):
        return np.zeros((len(vectors), len(PROFILE_LIVES)), np.float32)
    newest = history.rows[-int(8 * max(PROFILE_LIVES)) :]
    weights = np.stack([recency_weights(len(newest), life) for life in PROFILE_LIVES])
    means = weights / weights.sum(1, keepdims=True) @ vectors[newest]
    return np.asarray(vectors @ means.T, np.float32)


def context(history: History) -> Floats:
    """What is the same for all items: log length, usual value, log seconds that the newest ten events took."""
    if not len(history):
        return np.zeros(len(CONTEXT), np.float32)
    values = history.values[~np.isnan(history.values)]
    usual = float(values.mean()) if len(values) else 0.0
    newest = history.times[-10:] if history.times is not None else np.zeros(1)
    return np.array([np.log1p(len(history)), usual, np.log1p(newest[-1] - newest[0])], np.float32)
