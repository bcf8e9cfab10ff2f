"""The questions of `eval predict`: will this user like this item, asked at the time of each event."""

from dataclasses import dataclass, replace

import numpy as np

from eval.metrics.base import Truth
from index.data.domain import Domain, Histories
from index.data.splits import first_events
from index.errors import MendableError
from index.types import Floats, Rows

LIKED, BEST, HIGH_SHARE = 4.0, 5.0, 0.7  # liked from 4 on a scale that ends at 5, from 70 % of any other scale on
MAX_EVENTS = 1_000_000  # bounds the memory: of more events, those of users drawn at random
MAX_DRAWS = 64  # of an item that a user has no event with


@dataclass(frozen=True)
class Questions:
    """Question n: will user `owners[n]`, after the first `places[n]` of their events, like the item `rows[n]`?

    `events[n]` is the event at whose time the question is asked; `positive` says in words what counts as yes.
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
        """Some of the questions, of the same users."""
        names = ("owners", "places", "rows", "events", "truth")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


def make_questions(domain: Domain, seed: int) -> Questions:
    """A question for each event, repeats left out; in a domain without values another for an item drawn at random.

    Raises MendableError where there are no events, or all answers are the same.
    """
    histories, _ = first_events(_sample_users(domain.histories, seed), len(domain.catalogue))
    owners = histories.owners
    places = np.arange(len(owners)) - histories.starts[owners]
    if not len(owners):
        raise MendableError("the domain has no events", f"--domain {domain.name}", "Import interactions")
    known = ~np.isnan(histories.values)
    if known.all() and histories.values.min() < histories.values.max():
        questions = _by_value(histories, owners, places)
    else:
        questions = _by_event(histories, owners, places, len(domain.catalogue), seed)
    if questions.truth.all() or not questions.truth.any():
        raise MendableError(
            f"every answer is the same ({questions.positive})", f"--domain {domain.name}", "There is nothing to predict"
        )
    return questions


def liked_from(values: Floats) -> float:
    """The value from which an event is a like: 4 on a scale that ends at five, else 70 % of the way up the scale."""
    low, high = float(values.min()), float(values.max())
    return LIKED if high == BEST and low >= 0 else low + HIGH_SHARE * (high - low)


def _by_value(histories: Histories, owners: Rows, places: Rows) -> Questions:
    bound = liked_from(histories.values)
    truth = histories.values >= np.float32(bound)
    positive = f"a value of {bound:g} or more"
    return Questions(histories, owners, places, histories.rows, np.arange(len(owners)), truth, positive, True)


def _by_event(histories: Histories, owners: Rows, places: Rows, n_items: int, seed: int) -> Questions:
    """Each event, and after it, at the same time, an item with which the user has no event."""
    drawn = _draw_others(histories, owners, n_items, np.random.default_rng(seed))
    asked = np.flatnonzero(drawn >= 0)
    events = np.concatenate([np.arange(len(owners)), asked])
    order = np.argsort(events, kind="stable")
    rows = np.concatenate([histories.rows, drawn[asked]])[order]
    truth = (np.arange(len(events)) < len(owners))[order]
    events = events[order]
    positive = "an event, against an item drawn evenly from those with which the user has none"
    plain = replace(histories, values=np.ones(len(owners), np.float32))
    return Questions(plain, owners[events], places[events], rows, events, truth, positive, False)


def _draw_others(histories: Histories, owners: Rows, n_items: int, random: np.random.Generator) -> Rows:
    """One row for each event, drawn evenly from the items with which its user has no event; -1 where there is none."""
    taken = np.unique(owners * n_items + histories.rows)
    drawn = np.full(len(owners), -1, np.int64)
    missing = np.flatnonzero(histories.lengths[owners] < n_items)
    for _ in range(MAX_DRAWS):  # a user with nearly every item may get none: that event stands alone
        drawn[missing] = random.integers(0, n_items, len(missing))
        missing = missing[np.isin(owners[missing] * n_items + drawn[missing], taken)]
        if not len(missing):
            break
    drawn[missing] = -1
    return drawn


def _sample_users(histories: Histories, seed: int) -> Histories:
    """The histories of users drawn at random, in their old order, until there are MAX_EVENTS events."""
    if len(histories.rows) <= MAX_EVENTS:
        return histories
    order = np.random.default_rng(seed).permutation(len(histories))
    n = int(np.searchsorted(np.cumsum(histories.lengths[order]), MAX_EVENTS))
    return histories.select_users(np.sort(order[: max(1, n)]))
