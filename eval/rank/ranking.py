"""From a matrix of scores to the ranks of the relevant items and the best rows of each user."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eval.metrics.base import NO_ITEM, Array, Ranks
from index.data.domain import Histories
from index.errors import MendableError
from index.ranking_metrics import expected_rank
from index.retrieval.top_rows import top_rows
from index.types import Floats


@dataclass(frozen=True)
class Ranked:
    """What is kept of a model's scores: ranks of the relevant items, the best rows of each user (users, length)."""

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
    """Take each user's history out of the ranking, in place."""
    scores[histories.owners, histories.rows] = -np.inf


def ranks_of(scores: Floats, relevant: Histories) -> Ranks:
    """Ranks of the relevant rows among (users, n_items) masked scores; -inf is not ranked, and a tie is shared.

    A relevant item among g that tie has the mean of their ranks. Of m such of one user each has its expected place
    when the g are shuffled, the j-th (from 0) that of (j + 1)(g + 1) / (m + 1) - 1: their mean is the same.
    """
    better = np.empty(len(relevant.rows))
    equal = np.empty(len(relevant.rows))
    for nth in range(int(relevant.lengths.max(initial=0))):  # the nth relevant item of all users at once
        users = np.flatnonzero(relevant.lengths > nth)
        events = relevant.starts[users] + nth
        own = scores if len(users) == len(scores) else scores[users]
        target = scores[users, relevant.rows[events]][:, None]
        better[events] = np.where(np.isneginf(target[:, 0]), np.inf, np.count_nonzero(own > target, axis=1))
        equal[events] = np.count_nonzero(own == target, axis=1)
    return Ranks(relevant.starts, _expected_ranks(better, equal, relevant))


def top_rows_per_user(scores: Floats, length: int) -> npt.NDArray[np.int32]:
    """(users, length) rows of the best scores of each user, ties by row, NO_ITEM where fewer are ranked."""
    found = np.full((len(scores), min(length, scores.shape[1])), NO_ITEM, np.int32)
    for user, own in enumerate(scores):
        rows = top_rows(own, length, own > -np.inf)
        found[user, : len(rows)] = rows
    return found


def _expected_ranks(better: npt.NDArray[np.float64], equal: npt.NDArray[np.float64], relevant: Histories) -> Array:
    """Ascending ranks of each user, from the numbers of better and of tied items of each relevant item."""
    owners = relevant.owners
    order = np.lexsort((better, owners))
    better, equal = better[order], equal[order]
    opens = np.ones(len(order), bool)  # the first of each group of relevant items that tie
    opens[1:] = (np.diff(owners) > 0) | (better[1:] != better[:-1])
    group = np.cumsum(opens) - 1
    place = np.arange(len(order)) - np.flatnonzero(opens)[group]
    return expected_rank(better, equal, place, np.bincount(group)[group])
