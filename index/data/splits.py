"""Divides histories: each user's first event with an item counts, and the last events are held out."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.data.domain import Domain, Histories
from index.data.records import History
from index.types import Mask, Rows

MIN_EVENTS = 3  # one to test on, one for validation, one for training
NO_USER = -1  # the number of a user who is not in some histories


@dataclass(frozen=True)
class LastOut:
    """Leave-one-out: training events, and for each user the row of the event that came next."""

    training: Histories
    next_rows: Rows


def first_events(histories: Histories, n_items: int) -> tuple[Histories, int]:
    """Of several events of one user with one item only the first, and how many were left out."""
    _, first = np.unique(histories.owners * n_items + histories.rows, return_index=True)
    kept = np.zeros(len(histories.rows), bool)
    kept[first] = True
    return histories.select_events(kept), int((~kept).sum())


def places_of(histories: Histories, users: Iterable[str]) -> Rows:
    """The number of each of these users in the histories, NO_USER for one they lack."""
    return np.array([histories.place_of.get(user, NO_USER) for user in users], np.int64)


def have_events(histories: Histories, places: Rows, rows: Rows, n_items: int) -> Mask:
    """For each user, by number (or NO_USER), and row: whether the histories hold such an event."""
    held = np.isin(places * n_items + rows, histories.owners * n_items + histories.rows)
    return np.asarray(held & (places != NO_USER), bool)


def first_held_out(every: Histories, fitted: Histories, n_items: int) -> npt.NDArray[np.float64]:
    """By item the time of the earliest of all events that is not fitted on: inf where none is, -inf without times."""
    places = places_of(fitted, every.users)[every.owners]
    held_out = ~have_events(fitted, places, every.rows, n_items)
    times = np.full(len(every.rows), -np.inf) if every.times is None else every.times.astype(np.float64)
    found = np.full(n_items, np.inf)
    np.minimum.at(found, every.rows[held_out], times[held_out])
    return found


def leave_last_out(histories: Histories, n_items: int, n_last: int) -> LastOut:
    """The `n_last`-th event from the end of each user as what came next, all before it as training events."""
    cleaned, _ = first_events(histories, n_items)
    tested = cleaned.select_users(np.flatnonzero(cleaned.lengths >= MIN_EVENTS))
    lengths = tested.lengths - n_last
    return LastOut(tested.truncate(lengths), tested.rows[tested.starts[:-1] + lengths])


@dataclass(frozen=True)
class ValidationSplit:
    """Training histories, and the events that are validated on.

    Of each: the number of its user in `training`, how many events come before it in the user's history (`n_before`; the
    first of them are training events), and its row.
    """

    training: Histories
    until_test: Histories  # the same users with all events before that of the test
    users: Rows
    n_before: Rows
    next_rows: Rows

    def history(self, n: int) -> History:
        """What the user of the `n`-th event had before it."""
        return self.until_test[int(self.users[n])].before(int(self.n_before[n]))


def split_validation(
    histories: Histories, n_items: int, max_users: int, seed: int, holds_out_all: bool = False, n_events: int = 1
) -> ValidationSplit:
    """Each user's last event held out for the test, and the `n_events` before it of at most `max_users`, drawn at
    random, for validation; of the others these are training events, as the newest events tell most, unless
    `holds_out_all`. A user with few events keeps one to learn from.
    """
    cleaned, _ = first_events(histories, n_items)
    tested = cleaned.select_users(np.flatnonzero(cleaned.lengths >= MIN_EVENTS))
    users = np.arange(len(tested))
    if len(users) > max_users:
        users = np.sort(np.random.default_rng(seed).choice(users, max_users, replace=False))
    until_test = tested.truncate(tested.lengths - 1)
    held_out = np.minimum(n_events, until_test.lengths - 1)
    lengths = until_test.lengths.copy()
    lengths[slice(None) if holds_out_all else users] -= held_out[slice(None) if holds_out_all else users]
    validated = np.repeat(users, held_out[users])
    n_before = lengths[validated] + np.concatenate([np.arange(0), *map(np.arange, held_out[users])])
    rows = until_test.rows[until_test.starts[validated] + n_before]
    return ValidationSplit(tested.truncate(lengths), until_test, validated, n_before, rows)


def sample_training(domain: Domain, n: int, seed: int) -> Histories:
    """At most `n` training histories of two events or more, drawn at random, the last two events held out."""
    training = leave_last_out(domain.histories, len(domain.catalogue), n_last=2).training
    long_enough = np.flatnonzero(training.lengths > 1)
    drawn = np.random.default_rng(seed).permutation(long_enough)[:n]
    return training.select_users(np.sort(drawn))
