"""The features of a question: its user's events before it, and what other users did with the item.

Nothing of the question's own event, or of later ones of its user, is in a feature. Features of items come from other
users alone: those of `Others`, among whom the question's user must not be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.metrics.base import Array, Truth
from eval.predict.questions import Questions
from index.data.domain import Catalogue, Histories
from index.progress import progress
from index.retrieval.decay import decay
from index.types import Rows

MAX_CATEGORIES = 64  # the most frequent ones
SMOOTHING = 5.0  # events with the mean value that are added to every mean
SHRINKAGE = 20.0  # added to the product of two items' norms: a similarity by few users counts less
DECAY = 5.0  # newer events after which an event weighs 1/e
DENSE_ITEMS = 4000  # items up to which all similarities are computed at once
HOUR, DAY = 3600, 86_400
WEEKDAYS = ("thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday")  # from 1 January 1970
Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Others:
    """What other users did with each item: events per thousand users, smoothed mean value and share of likes."""

    mean: float
    liked_share: float
    counts: Array
    means: Array
    liked: Array
    scaled: Any  # SciPy CSC (users, items) of residuals, each column divided by its norm

    @classmethod
    def of(cls, questions: Questions, users: Truth, n_items: int) -> "Others":
        """Of the marked users alone."""
        histories = questions.histories
        owners = histories.owners
        kept = users[owners]
        rows, values = histories.rows[kept], histories.values[kept].astype(np.float64)
        liked = liked_events(questions)[kept]
        mean, liked_share = (float(each.mean()) if len(each) else 0.0 for each in (values, liked))
        counts = np.bincount(rows, minlength=n_items).astype(np.float64)
        means = (np.bincount(rows, values, n_items) + SMOOTHING * mean) / (counts + SMOOTHING)
        likes = (np.bincount(rows, liked, n_items) + SMOOTHING * liked_share) / (counts + SMOOTHING)
        residuals = values - means[rows] if questions.has_values else values
        counts *= 1000 / max(1, int(users.sum()))
        scaled = _scale_columns(residuals, owners[kept], rows, (len(histories), n_items))
        return cls(mean, liked_share, counts, means, likes, scaled)

    @cached_property
    def _dense(self) -> npt.NDArray[np.float32] | None:
        """(items, items) similarities at once, where the catalogue is small."""
        return (self.scaled.T @ self.scaled).toarray() if self.scaled.shape[1] <= DENSE_ITEMS else None

    def similarity(self, rows: Rows, others: Rows) -> npt.NDArray[np.float32]:
        """(rows, others): cosine of the residuals that users with both items gave them."""
        if self._dense is not None:
            return self._dense[np.ix_(rows, others)]
        found: npt.NDArray[np.float32] = (self.scaled[:, rows].T @ self.scaled[:, others]).toarray()
        return found

    def residuals(self, questions: Questions, histories: Histories) -> Array:
        """By event: the value less the item's mean, in a domain without values the value itself."""
        values = histories.values.astype(np.float64)
        return values - self.means[histories.rows] if questions.has_values else values


class Facts:
    """The catalogue as columns: categories (items, categories) of 0 and 1, years, the median where one is missing."""

    def __init__(self, catalogue: Catalogue) -> None:
        every = [name for item in catalogue.items for name in item.categories]
        names, counts = np.unique(np.array(every, str), return_counts=True)
        kept = {str(names[n]): place for place, n in enumerate(np.argsort(-counts, kind="stable")[:MAX_CATEGORIES])}
        self.categories = np.zeros((len(catalogue), max(1, len(kept))), np.float32)
        for row, item in enumerate(catalogue.items):
            self.categories[row, [kept[name] for name in item.categories if name in kept]] = 1
        years = (item.attributes.get("year") for item in catalogue.items)
        known = np.array([float(year) if isinstance(year, int | float) else np.nan for year in years])
        self.no_year = np.isnan(known)
        self.years = np.where(self.no_year, np.median(known[~self.no_year]) if not self.no_year.all() else 0, known)


def table(questions: Questions, facts: Facts, others: Others, what: str = "features") -> Columns:
    """The features by name, one value for each question."""
    return {
        "events before": np.log1p(questions.places),
        **_times(questions),
        **_values(questions, others),
        **_items(questions, facts, others),
        **_preferences(questions, facts, others, what),
    }


def liked_events(questions: Questions) -> Array:
    """By event of the histories: 1 where the answer of its question is yes."""
    found = np.zeros(len(questions.histories.rows))
    found[questions.events[questions.truth]] = 1
    return found


def _values(questions: Questions, others: Others) -> Columns:
    """The user's values before the question, as they are and against those of others for the same items."""
    n, smoothed = questions.places, questions.places + SMOOTHING
    values = questions.histories.values.astype(np.float64)
    spread = _before((values - others.mean) ** 2, questions) / np.maximum(n, 1)
    return {
        "mean value before": (_before(values, questions) + SMOOTHING * others.mean) / smoothed,
        "liked share before": (_before(liked_events(questions), questions) + SMOOTHING * others.liked_share) / smoothed,
        "spread before": np.sqrt(spread),
        "values above others'": _before(others.residuals(questions, questions.histories), questions) / smoothed,
    }


def _times(questions: Questions) -> Columns:
    """Recency, frequency, time of day and weekday (UTC); no feature in a domain without times."""
    times = questions.histories.times
    if times is None:
        return {}
    now, start = times[questions.events], questions.histories.starts[questions.owners]
    here = start + questions.places
    newest = np.where(questions.places > 0, times[np.maximum(here - 1, 0)], now)
    oldest = np.where(questions.places > 0, times[start], now)
    angle = 2 * np.pi * (now % DAY) / DAY
    weekday = now // DAY % 7
    return {
        "seconds since the newest": np.log1p(now - newest),
        "days since the oldest": np.log1p((now - oldest) / DAY),
        "events a day": np.log1p(questions.places / (1 + (now - oldest) / DAY)),
        "events in the hour": np.log1p(here - _first_since(questions, now - HOUR)),
        "events in the day": np.log1p(here - _first_since(questions, now - DAY)),
        "hour, sine": np.sin(angle),
        "hour, cosine": np.cos(angle),
        **{name: weekday == n for n, name in enumerate(WEEKDAYS)},
    }


def _items(questions: Questions, facts: Facts, others: Others) -> Columns:
    order = np.argsort(np.argsort(others.counts, kind="stable"), kind="stable")
    return {
        "item's mean": others.means[questions.rows],
        "item's liked share": others.liked[questions.rows],
        "item's events": np.log1p(others.counts[questions.rows]),
        "item's popularity": order[questions.rows] / max(1, len(order) - 1),
        "year": facts.years[questions.rows],
        "no year": facts.no_year[questions.rows],
    }


def _preferences(questions: Questions, facts: Facts, others: Others, what: str) -> Columns:
    """The user's events and values with the item's categories, with similar items, and lately."""
    names = ("category share", "category events", "category value", "like items", "like items' value", "lately")
    found = np.zeros((len(questions), len(names)), np.float32)
    starts = np.searchsorted(questions.owners, np.arange(len(questions.histories) + 1))
    for user in progress(np.unique(questions.owners).tolist(), what):
        span = slice(starts[user], starts[user + 1])
        found[span] = _preferences_of(questions, user, span, facts, others)
    return dict(zip(names, found.T, strict=True))


def _preferences_of(
    questions: Questions, user: int, span: slice, facts: Facts, others: Others
) -> npt.NDArray[np.float32]:
    """(questions of one user, 6 features)"""
    history = questions.histories[user]
    places, rows = questions.places[span], questions.rows[span]
    residuals = history.values - others.means[history.rows] if questions.has_values else history.values
    own, wanted = facts.categories[history.rows], facts.categories[rows]
    n_before = (_until(own, places) * wanted).sum(1)
    value_sums = (_until(own * residuals[:, None], places) * wanted).sum(1)
    age = places[:, None] - 1 - np.arange(len(history))
    similarities = others.similarity(rows, history.rows)
    similarities[age < 0] = 0
    weight = np.abs(similarities).sum(1)
    fade = np.where(age >= 0, decay(np.maximum(age, 0), DECAY), 0)
    columns = (
        n_before / np.maximum(wanted.sum(1), 1) / np.maximum(places, 1),
        np.log1p(n_before),
        value_sums / (n_before + SMOOTHING),
        weight,
        similarities @ residuals / (weight + 0.2),
        fade @ residuals / (fade.sum(1) + 1),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _scale_columns(
    residuals: Array, owners: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], shape: tuple[int, int]
) -> Any:
    """Residuals as CSC; the inner product of two columns is their cosine, shrunk where few users have both items."""
    from scipy import sparse

    squares = np.bincount(rows, residuals**2, shape[1])
    scale = 1 / np.sqrt(squares + SHRINKAGE)
    return sparse.csc_matrix(((residuals * scale[rows]).astype(np.float32), (owners, rows)), shape=shape)


def _before(of_event: Array, questions: Questions) -> Array:
    """The sum of a value by event over the user's events before each question."""
    sums = np.concatenate([[0.0], np.cumsum(of_event)])
    start = questions.histories.starts[questions.owners]
    before: Array = sums[start + questions.places] - sums[start]
    return before


def _until(of_event: npt.NDArray[Any], places: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """(questions, columns): sums of the rows (events, columns) before each place."""
    sums = np.concatenate([np.zeros((1, of_event.shape[1])), np.cumsum(of_event, axis=0)])
    return sums[places]


def _first_since(questions: Questions, since: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """By question: the first event of its user at this instant or later."""
    times = questions.histories.times
    if times is None:
        raise ValueError("a domain without times has no instants")
    owners = questions.histories.owners
    least = int(since.min(initial=times.min()))
    width = int(times.max()) - least + 1  # users side by side on one line
    return np.searchsorted(owners * width + times - least, questions.owners * width + since - least)
