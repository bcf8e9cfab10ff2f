"""Splits of a domain, leave-one-out and by time: the events to fit on, the tested users, their held-out events."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eval.models.registry import Training
from index.build.loading import OpenedDomain
from index.data.domain import Catalogue, Domain, Histories
from index.data.splits import MIN_EVENTS, first_events, have_events, places_of
from index.errors import MendableError
from index.types import Rows

VALIDATION_FROM, TEST_FROM = 0.8, 0.9  # shares of all events by time


@dataclass(frozen=True)
class Cases:
    """The users to rank for: their histories, which may be empty, and the held-out events; the same users in both."""

    histories: Histories
    relevant: Histories

    def __post_init__(self) -> None:
        if self.histories.users != self.relevant.users or not np.all(self.relevant.lengths):
            raise ValueError("each user of the cases needs a history, even an empty one, and a relevant event")

    def __len__(self) -> int:
        return len(self.histories)

    def of(self, numbers: npt.NDArray[np.integer]) -> "Cases":
        """Some of the users, by number."""
        return Cases(self.histories.select_users(numbers), self.relevant.select_users(numbers))

    def sample(self, n: int, seed: int) -> "Cases":
        """`n` users drawn at random, in their old order; all where there are no more."""
        if n >= len(self):
            return self
        return self.of(np.sort(np.random.default_rng(seed).choice(len(self), n, replace=False)))


@dataclass(frozen=True)
class Instants:
    """The instants at which the time protocol splits, in Unix seconds."""

    validation_from: int
    test_from: int


@dataclass(frozen=True)
class Parts:
    """Histories to fit on and cases to rank for: for the test, and for trials of settings (`tuning`, `validation`)."""

    training: Histories
    test: Cases
    tuning: Histories
    validation: Cases
    instants: Instants | None = None


@dataclass(frozen=True)
class Split:
    """A domain split for a test. Models are fitted on `training`, on `tuning` while their settings are tried.

    `left_out` counts users who are not tested, `repeats` events that were left out because the user has an earlier one
    with the same item.
    """

    training: Training
    test: Cases
    tuning: Training
    validation: Cases
    left_out: int
    repeats: int
    order: str
    instants: Instants | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The items in shuffled order."""
        return self.training.catalogue


def split_domain(opened: OpenedDomain, protocol: str, seed: int, fit_train_only: bool = False) -> Split:
    """Split a domain, its items shuffled. Raises MendableError where no user is left to be tested.

    With `fit_train_only` models are fitted on what lies before the validation events; the histories that are asked
    about hold these all the same, as most papers on next items do it.
    """
    domain = opened.domain
    shuffled, original = shuffle_items(domain, seed)
    histories, repeats = first_events(shuffled.histories, len(original))
    parts = PROTOCOLS[protocol](histories)
    if fit_train_only:
        parts = replace(parts, training=parts.tuning)
    refuse_leaks(parts.training, parts.test, len(original))
    refuse_leaks(parts.tuning, parts.validation, len(original))
    instants = parts.instants
    test_from, validation_from = (instants.test_from, instants.validation_from) if instants else (None, None)
    fitted_until = validation_from if fit_train_only else test_from
    training = Training(opened, shuffled.catalogue, parts.training, original, seed, fitted_until)
    return Split(
        training,
        parts.test,
        replace(training, histories=parts.tuning, before=validation_from),
        parts.validation,
        left_out=len(domain.histories) - len(parts.test),
        repeats=repeats,
        order=domain.order,
        instants=instants,
    )


def leave_one_out(events: Histories) -> Parts:
    """Each user's last event is the test, the one before it validation; with under three events a user is left out."""
    numbers = np.flatnonzero(events.lengths >= MIN_EVENTS)
    if not len(numbers):
        raise MendableError("no user has three events or more", "--protocol leave-one-out", "Import more interactions")
    events = events.select_users(numbers)
    training = events.truncate(events.lengths - 1)
    tuning = events.truncate(events.lengths - 2)
    return Parts(training, _next_events(training, events), tuning, _next_events(tuning, training))


def by_time(events: Histories) -> Parts:
    """One instant for all users splits training from validation, another validation from test: 80 and 90 % of events.

    Tested are the users with an event in the test (or validation); their history is all before it and may be empty.
    """
    if events.times is None:
        raise MendableError(
            "the domain has no timestamps", "--protocol time", "Use --protocol leave-one-out, which goes by row number"
        )
    instants = _instants(events.times)
    training = events.truncate(_count_before(events, events.times, instants.test_from))
    tuning = events.truncate(_count_before(events, events.times, instants.validation_from))
    return Parts(training, _next_events(training, events), tuning, _next_events(tuning, training), instants)


PROTOCOLS: dict[str, Callable[[Histories], Parts]] = {"leave-one-out": leave_one_out, "time": by_time}


def shuffle_items(domain: Domain, seed: int) -> tuple[Domain, Rows]:
    """The domain with its items in random order, so that a row tells nothing, and the old row of each new row."""
    original = np.random.default_rng(seed).permutation(len(domain.catalogue))
    new_row = np.argsort(original)
    items = tuple(domain.catalogue.items[row] for row in original)
    histories = replace(domain.histories, rows=new_row[domain.histories.rows])
    return replace(domain, catalogue=replace(domain.catalogue, items=items), histories=histories), original


def refuse_leaks(fitted: Histories, cases: Cases, n_items: int) -> None:
    """Raise ValueError where a held-out event is among those to fit on, or in the history that is shown."""
    for shown in (fitted, cases.histories):
        places = places_of(shown, cases.relevant.users)[cases.relevant.owners]
        leaked = have_events(shown, places, cases.relevant.rows, n_items)
        if leaked.any():
            user = cases.relevant.users[int(cases.relevant.owners[leaked.argmax()])]
            raise ValueError(f"{int(leaked.sum())} test events are in the training data, the first of user {user!r}")


def folds(n_users: int, k: int, seed: int) -> npt.NDArray[np.int64]:
    """The fold (0 to k - 1) of each user for cross-validation: as even as can be, drawn at random."""
    return np.random.default_rng(seed).permutation(n_users) % k


def _next_events(before: Histories, events: Histories) -> Cases:
    """The users who have more events in `events` than in `before`, with those further events as relevant."""
    owners = events.owners
    place = np.arange(len(owners)) - events.starts[owners]
    after = events.select_events(place >= before.lengths[owners])
    tested = np.flatnonzero(after.lengths)
    return Cases(before.select_users(tested), after.select_users(tested))


def _instants(times: Rows) -> Instants:
    """The times before which 80 and 90 % of the events lie. Raises MendableError where they do not split."""
    ordered = np.sort(times)
    if len(ordered):
        first, second = (int(ordered[int(share * len(ordered))]) for share in (VALIDATION_FROM, TEST_FROM))
        if int(ordered[0]) < first < second:
            return Instants(first, second)
    raise MendableError(
        "there are too few different timestamps to split by",
        "--protocol time",
        "Use --protocol leave-one-out, or import more",
    )


def _count_before(histories: Histories, times: Rows, instant: int) -> Rows:
    return np.bincount(histories.owners, weights=times < instant, minlength=len(histories)).astype(np.int64)
