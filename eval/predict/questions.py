"""The questions of `eval predict`: will this person like this item, asked at the time of each event."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from index.data.domain import Domain, Histories
from index.data.splits import first_events
from index.errors import MendableError
from index.types import Rows

LIKED, BEST, HIGH_SHARE = 4.0, 5.0, 0.7  # of a scale that ends at five; of any other, how far up its liked part begins
MAX_EVENTS = 1_000_000  # of more events, those of users drawn at random: bounds the memory
Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Questions:
    """Question n: will user `owners[n]`, after the first `places[n]` of their events, like the item `rows[n]`?

    `events[n]` is the event that the question is asked at, for its time; `positive` says in words what counts as yes.
    """

    histories: Histories
    owners: Rows
    places: Rows
    rows: Rows
    events: Rows
    truth: Truth
    positive: str
    has_values: bool

    def __len__(self) -> int:
        return len(self.owners)

    def of(self, kept: Truth) -> "Questions":
        """Some of the questions, of the same people."""
        names = ("owners", "places", "rows", "events", "truth")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


def ask(domain: Domain, seed: int) -> Questions:
    """A question for each event of the domain, repeats left out; without values, one more for an item drawn at random.

    Raises MendableError where there are no events, or all answers are the same.
    """
    histories, _ = first_events(_at_most(domain.histories, seed), len(domain.catalogue))
    owners = histories.owners
    places = np.arange(len(owners)) - histories.starts[owners]
    if not len(owners):
        raise MendableError("nobody did anything", f"--domain {domain.name}", "Import interactions")
    known = ~np.isnan(histories.values)
    if known.all() and histories.values.min() < histories.values.max():
        found = _by_value(histories, owners, places)
    else:
        found = _by_event(histories, owners, places, len(domain.catalogue), seed)
    if found.truth.all() or not found.truth.any():
        raise MendableError(
            f"every answer is the same ({found.positive})", f"--domain {domain.name}", "There is nothing to predict"
        )
    return found


def liked_from(values: npt.NDArray[np.floating]) -> float:
    """The value from which somebody likes: 4 on a scale that ends at five, else 70 % of the way from least to most."""
    low, high = float(values.min()), float(values.max())
    return LIKED if high == BEST and low >= 0 else low + HIGH_SHARE * (high - low)


def _by_value(histories: Histories, owners: Rows, places: Rows) -> Questions:
    least = liked_from(histories.values)
    truth = histories.values >= np.float32(least)
    said = f"a value of {least:g} or more"
    return Questions(histories, owners, places, histories.rows, np.arange(len(owners)), truth, said, True)


def _by_event(histories: Histories, owners: Rows, places: Rows, n_items: int, seed: int) -> Questions:
    """Each event, and after it, at the same time, an item that the user never had."""
    drawn = _never_had(histories, owners, n_items, np.random.default_rng(seed))
    asked = np.flatnonzero(drawn >= 0)
    events = np.concatenate([np.arange(len(owners)), asked])
    order = np.argsort(events, kind="stable")
    rows = np.concatenate([histories.rows, drawn[asked]])[order]
    truth = (np.arange(len(events)) < len(owners))[order]
    events = events[order]
    said = "an event, against an item drawn evenly from those that the user never had"
    plain = replace(histories, values=np.ones(len(owners), np.float32))
    return Questions(plain, owners[events], places[events], rows, events, truth, said, False)


def _never_had(histories: Histories, owners: Rows, n_items: int, random: np.random.Generator) -> Rows:
    """One row for each event, drawn evenly among the items that its user never had; -1 where there is none."""
    had = np.unique(owners * n_items + histories.rows)
    drawn = np.full(len(owners), -1, np.int64)
    open_ = np.flatnonzero(histories.lengths[owners] < n_items)
    for _ in range(64):  # a user who had nearly everything may get none: that event stands alone
        drawn[open_] = random.integers(0, n_items, len(open_))
        open_ = open_[np.isin(owners[open_] * n_items + drawn[open_], had)]
        if not len(open_):
            break
    drawn[open_] = -1
    return drawn


def _at_most(histories: Histories, seed: int) -> Histories:
    """The histories of users drawn at random, in their old order, until there are MOST_EVENTS events."""
    if len(histories.rows) <= MAX_EVENTS:
        return histories
    order = np.random.default_rng(seed).permutation(len(histories))
    n = int(np.searchsorted(np.cumsum(histories.lengths[order]), MAX_EVENTS))
    return histories.chosen(np.sort(order[: max(1, n)]))
