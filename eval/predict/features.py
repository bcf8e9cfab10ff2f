"""What is known of a question before its event: the person's counts, pace and likings; what others made of the item.

Nothing of the event itself, or of later ones of its user, is in a feature. What is known of items comes from other
people alone: those of `Others`, among whom the user must not be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.metrics.base import Array
from eval.predict.questions import Questions, Truth
from index.command import progress
from index.data.domain import Catalogue, Histories
from index.retrieval.decay import decay
from index.types import Rows

CATEGORIES = 64  # the commonest
SMOOTHING = 5.0  # events of an average kind that are added to a mean
SHRINK = 20.0  # added to the product of two items' norms: likeness by few people counts less
LATELY = 5.0  # events after which an older one counts 1/e
DENSE_ITEMS = 4000
HOUR, DAY = 3600, 86_400
WEEKDAYS = ("thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday")  # from 1 January 1970
Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Others:
    """What some people did with each item: events of a thousand, smoothed mean, liked share; `scaled` residuals."""

    mean: float
    liked_share: float
    counts: Array
    means: Array
    liked: Array
    scaled: Any  # SciPy CSC (users, items), each column divided by its norm

    @classmethod
    def of(cls, asked: Questions, people: Truth, n_items: int) -> "Others":
        """Of the marked people alone."""
        histories = asked.histories
        owners = histories.owners
        kept = people[owners]
        rows, values = histories.rows[kept], histories.values[kept].astype(np.float64)
        liked = liked_events(asked)[kept]
        mean, share = (float(each.mean()) if len(each) else 0.0 for each in (values, liked))
        counts = np.bincount(rows, minlength=n_items).astype(np.float64)
        means = (np.bincount(rows, values, n_items) + SMOOTHING * mean) / (counts + SMOOTHING)
        likes = (np.bincount(rows, liked, n_items) + SMOOTHING * share) / (counts + SMOOTHING)
        rest = values - means[rows] if asked.has_values else values
        counts *= 1000 / max(1, int(people.sum()))
        return cls(mean, share, counts, means, likes, _scaled(rest, owners[kept], rows, (len(histories), n_items)))

    @cached_property
    def _dense(self) -> npt.NDArray[np.float32] | None:
        """(items, items) likeness at once, where the catalogue is small."""
        return (self.scaled.T @ self.scaled).toarray() if self.scaled.shape[1] <= DENSE_ITEMS else None

    def likeness(self, rows: Rows, had: Rows) -> npt.NDArray[np.float32]:
        """(rows, had): how alike people who had both valued them, a cosine of residuals."""
        if self._dense is not None:
            return self._dense[np.ix_(rows, had)]
        alike: npt.NDArray[np.float32] = (self.scaled[:, rows].T @ self.scaled[:, had]).toarray()
        return alike

    def rest(self, asked: Questions, histories: Histories) -> Array:
        """By event: the value less what others gave the item; the value itself where there are none to compare."""
        values = histories.values.astype(np.float64)
        return values - self.means[histories.rows] if asked.has_values else values


class Facts:
    """The catalogue as columns: categories (items, categories) of 0 and 1, years with the middle one for unknown."""

    def __init__(self, catalogue: Catalogue) -> None:
        every = [name for item in catalogue.items for name in item.categories]
        names, counts = np.unique(np.array(every, str), return_counts=True)
        kept = {str(names[n]): place for place, n in enumerate(np.argsort(-counts, kind="stable")[:CATEGORIES])}
        self.categories = np.zeros((len(catalogue), max(1, len(kept))), np.float32)
        for row, item in enumerate(catalogue.items):
            self.categories[row, [kept[name] for name in item.categories if name in kept]] = 1
        years = (item.attributes.get("year") for item in catalogue.items)
        known = np.array([float(year) if isinstance(year, int | float) else np.nan for year in years])
        self.no_year = np.isnan(known)
        self.years = np.where(self.no_year, np.median(known[~self.no_year]) if not self.no_year.all() else 0, known)


def table(asked: Questions, facts: Facts, others: Others, what: str = "features") -> Columns:
    """The features by name, one value for each question."""
    return {
        "events before": np.log1p(asked.places),
        **_times(asked),
        **_values(asked, others),
        **_items(asked, facts, others),
        **_likings(asked, facts, others, what),
    }


def liked_events(asked: Questions) -> Array:
    """By event of the histories: 1 where the question asked at it is answered yes."""
    found = np.zeros(len(asked.histories.rows))
    found[asked.events[asked.truth]] = 1
    return found


def _values(asked: Questions, others: Others) -> Columns:
    """The values before the question, as they are and against those of others for the same items."""
    n, smoothed = asked.places, asked.places + SMOOTHING
    values = asked.histories.values.astype(np.float64)
    spread = _before((values - others.mean) ** 2, asked) / np.maximum(n, 1)
    return {
        "mean value before": (_before(values, asked) + SMOOTHING * others.mean) / smoothed,
        "liked share before": (_before(liked_events(asked), asked) + SMOOTHING * others.liked_share) / smoothed,
        "spread before": np.sqrt(spread),
        "values above others'": _before(others.rest(asked, asked.histories), asked) / smoothed,
    }


def _times(asked: Questions) -> Columns:
    """Recency, frequency, time of day and weekday (UTC); nothing where the domain has no times."""
    times = asked.histories.times
    if times is None:
        return {}
    now, start = times[asked.events], asked.histories.starts[asked.owners]
    here = start + asked.places
    newest = np.where(asked.places > 0, times[np.maximum(here - 1, 0)], now)
    oldest = np.where(asked.places > 0, times[start], now)
    angle = 2 * np.pi * (now % DAY) / DAY
    weekday = now // DAY % 7
    return {
        "seconds since the newest": np.log1p(now - newest),
        "days since the oldest": np.log1p((now - oldest) / DAY),
        "events a day": np.log1p(asked.places / (1 + (now - oldest) / DAY)),
        "events in the hour": np.log1p(here - _first_since(asked, now - HOUR)),
        "events in the day": np.log1p(here - _first_since(asked, now - DAY)),
        "hour, sine": np.sin(angle),
        "hour, cosine": np.cos(angle),
        **{name: weekday == n for n, name in enumerate(WEEKDAYS)},
    }


def _items(asked: Questions, facts: Facts, others: Others) -> Columns:
    order = np.argsort(np.argsort(others.counts, kind="stable"), kind="stable")
    return {
        "item's mean": others.means[asked.rows],
        "item's liked share": others.liked[asked.rows],
        "item's events": np.log1p(others.counts[asked.rows]),
        "item's popularity": order[asked.rows] / max(1, len(order) - 1),
        "year": facts.years[asked.rows],
        "no year": facts.no_year[asked.rows],
    }


def _likings(asked: Questions, facts: Facts, others: Others, what: str) -> Columns:
    """What the person made of the item's categories, of items like it, and of everything lately."""
    names = ("category share", "category events", "category value", "like items", "like items' value", "lately")
    found = np.zeros((len(asked), len(names)), np.float32)
    starts = np.searchsorted(asked.owners, np.arange(len(asked.histories) + 1))
    for user in progress(np.unique(asked.owners).tolist(), what):
        span = slice(starts[user], starts[user + 1])
        found[span] = _of_person(asked, user, span, facts, others)
    return dict(zip(names, found.T, strict=True))


def _of_person(asked: Questions, user: int, span: slice, facts: Facts, others: Others) -> npt.NDArray[np.float32]:
    """(questions of one user, 6)"""
    history = asked.histories[user]
    places, rows = asked.places[span], asked.rows[span]
    rest = history.values - others.means[history.rows] if asked.has_values else history.values
    had, wanted = facts.categories[history.rows], facts.categories[rows]
    n_had = (_until(had, places) * wanted).sum(1)
    valued = (_until(had * rest[:, None], places) * wanted).sum(1)
    age = places[:, None] - 1 - np.arange(len(history))
    alike = others.likeness(rows, history.rows)
    alike[age < 0] = 0
    weight = np.abs(alike).sum(1)
    fade = np.where(age >= 0, decay(np.maximum(age, 0), LATELY), 0)
    columns = (
        n_had / np.maximum(wanted.sum(1), 1) / np.maximum(places, 1),
        np.log1p(n_had),
        valued / (n_had + SMOOTHING),
        weight,
        alike @ rest / (weight + 0.2),
        fade @ rest / (fade.sum(1) + 1),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _scaled(rest: Array, owners: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], shape: tuple[int, int]) -> Any:
    """Residuals as CSC; the inner product of two columns is their cosine, shrunk where few people had the items."""
    from scipy import sparse

    squares = np.bincount(rows, rest**2, shape[1])
    scale = 1 / np.sqrt(squares + SHRINK)
    return sparse.csc_matrix(((rest * scale[rows]).astype(np.float32), (owners, rows)), shape=shape)


def _before(of_event: Array, asked: Questions) -> Array:
    """The sum of something over the events of the user before each question."""
    sums = np.concatenate([[0.0], np.cumsum(of_event)])
    start = asked.histories.starts[asked.owners]
    before: Array = sums[start + asked.places] - sums[start]
    return before


def _until(of_event: npt.NDArray[Any], places: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """(questions, columns): sums of the rows (events, columns) before each place."""
    sums = np.concatenate([np.zeros((1, of_event.shape[1])), np.cumsum(of_event, axis=0)])
    return sums[places]


def _first_since(asked: Questions, since: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """By question: the first event of its user at this instant or later."""
    times = asked.histories.times
    if times is None:
        raise ValueError("a domain without times has no instants")
    owners = asked.histories.owners
    least = int(since.min(initial=times.min()))
    width = int(times.max()) - least + 1  # users side by side on one line
    return np.searchsorted(owners * width + times - least, asked.owners * width + since - least)
