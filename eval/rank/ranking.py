"""From a matrix of scores to the ranks of the relevant items and the best rows of each user."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eval.metrics.ranking import Array, Ranks
from index.data.domain import Histories
from index.errors import MendableError
from index.types import Floats

NONE = -1  # stands in a list where the model ranked nothing more


@dataclass(frozen=True)
class Ranked:
    """What is kept of a model's scores: the ranks of the relevant items, the best rows of each user (users, length)."""

    ranks: Ranks
    lists: npt.NDArray[np.int32]


def check_scores(scores: Floats, shape: tuple[int, int], model: str) -> Floats:
    """A copy of a model's scores that can be masked. Raises MendableError where one is NaN or infinitely good."""
    if scores.shape != shape:
        raise ValueError(f"{model} gave scores of shape {scores.shape} where {shape} was asked for")
    best = scores.max(initial=-np.inf)  # NaN where any is
    if not best < np.inf:
        raise MendableError(
            f"the model {model!r} gave a score that is {'NaN' if np.isnan(best) else 'infinite'}",
            "--models",
            "Such scores cannot be ranked: leave the model out, or change its settings",
        )
    return np.array(scores, np.float32)


def mask(scores: Floats, histories: Histories) -> None:
    """Take what each user had out of the ranking, in place."""
    owners = np.repeat(np.arange(len(histories)), histories.lengths)
    scores[owners, histories.rows] = -np.inf


def ranks_of(scores: Floats, relevant: Histories) -> Ranks:
    """Ranks of the relevant rows among (users, n_items) masked scores; -inf is not ranked, and a tie is shared.

    A relevant item among g that tie has the mean of their ranks. Of m such of one user each has its expected place
    when the g are shuffled, the j-th (from 0) that of (j + 1)(g + 1) / (m + 1) - 1: their mean is the same.
    """
    better = np.empty(len(relevant.rows))
    equal = np.empty(len(relevant.rows))
    for nth in range(int(relevant.lengths.max(initial=0))):  # the n-th relevant item of everybody at once
        users = np.flatnonzero(relevant.lengths > nth)
        events = relevant.starts[users] + nth
        own = scores if len(users) == len(scores) else scores[users]
        target = scores[users, relevant.rows[events]][:, None]
        better[events] = np.where(np.isneginf(target[:, 0]), np.inf, np.count_nonzero(own > target, axis=1))
        equal[events] = np.count_nonzero(own == target, axis=1)
    return Ranks(relevant.starts, _placed(better, equal, relevant))


def top_rows(scores: Floats, length: int) -> npt.NDArray[np.int32]:
    """(users, length) rows of the best scores, ties by row, NONE where fewer are ranked."""
    length = min(length, scores.shape[1])
    users, rows = np.nonzero(_at_least(scores, length))
    values = scores[users, rows]
    order = np.lexsort((rows, -values, users))
    starts = np.searchsorted(users, np.arange(len(scores)))
    first = order[starts[:, None] + np.arange(length)]
    return np.where(np.isneginf(values[first]), NONE, rows[first]).astype(np.int32)


def _at_least(scores: Floats, length: int) -> npt.NDArray[np.bool_]:
    """Marks the best of each user, `length` or somewhat more, without sorting: several times faster than a partition.

    The columns are dealt into groups. At least `length` scores reach the best of the `length`-th best group, so what
    is above that bound holds them all; where too little is above it, the bound is itself the last score to be kept,
    and of those that equal it the first rows are taken.
    """
    n_items = scores.shape[1]
    groups = min(n_items, 4 * length)
    depth = n_items // groups if groups else 0
    best = scores[:, : groups * depth].reshape(len(scores), depth, groups).max(axis=1)
    bound = np.sort(best, axis=1)[:, groups - length : groups - length + 1]
    kept: npt.NDArray[np.bool_] = scores > bound
    above = np.count_nonzero(kept, axis=1)
    short = np.flatnonzero(above < length)
    equal = scores[short] == bound[short]
    equal &= np.cumsum(equal, axis=1, dtype=np.int32) <= (length - above[short])[:, None]
    kept[short] |= equal
    return kept


def _placed(better: npt.NDArray[np.float64], equal: npt.NDArray[np.float64], relevant: Histories) -> Array:
    """Ranks in growing order for each user, from how many are better than each relevant item and how many tie it."""
    owners = np.repeat(np.arange(len(relevant)), relevant.lengths)
    order = np.lexsort((better, owners))
    better, equal = better[order], equal[order]
    opens = np.ones(len(order), bool)  # the first of each group of relevant items that tie
    opens[1:] = (np.diff(owners) > 0) | (better[1:] != better[:-1])
    group = np.cumsum(opens) - 1
    place = np.arange(len(order)) - np.flatnonzero(opens)[group]
    ranks: Array = better + (place + 1) * (equal + 1) / (np.bincount(group)[group] + 1) - 1
    return ranks
