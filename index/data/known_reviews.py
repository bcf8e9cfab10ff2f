"""Which reviews may be known to what is fitted on some histories: none that tells of a held-out event."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.data.domain import Histories
from index.data.splits import first_held_out, have_events, places_of
from index.types import Mask, Rows

UNKNOWN_TIME = np.inf  # of a review without a time: it cannot be shown to be earlier than anything


@dataclass(frozen=True)
class HeldOut:
    """What is fitted and what is held out: the histories that are fitted on, `before` (Unix seconds) what is known
    under a cut of time, and `every`, all events of the domain; without it nothing is held out.
    """

    histories: Histories
    n_items: int
    before: int | None = None
    every: Histories | None = None


def known_reviews(rows: Rows, writers: Sequence[str], times: npt.NDArray[np.float64] | None, held_out: HeldOut) -> Mask:
    """By review: whether it may be known. `writers` are "" and `times` UNKNOWN_TIME where they are not known.

    A named writer's review is known if the histories hold the writer's event with the item. Under a cut it must not
    have a time at or after the cut, and an anonymous review must have a time before it.

    Without a cut nobody knows which event an anonymous review tells of: it is known if its item has no event in
    `every` that the histories lack, or if its time is before the earliest of these. Without `every` nothing is held
    out, and all anonymous reviews are known.
    """
    histories, n_items = held_out.histories, held_out.n_items
    named = np.array([bool(writer) for writer in writers], bool)
    known = have_events(histories, places_of(histories, tuple(writers)), rows, n_items)
    when = np.full(len(rows), UNKNOWN_TIME) if times is None else times
    if held_out.before is not None:
        early = when < held_out.before
        known &= early | np.isinf(when)
    else:
        every = histories if held_out.every is None else held_out.every
        limits = first_held_out(every, histories, n_items)[rows]
        early = (when < limits) | np.isposinf(limits)
    return np.asarray(np.where(named, known, early), bool)
