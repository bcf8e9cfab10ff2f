"""The row `metrics`: every metric at every depth of ranked lists, against ranx."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.bench.ratio import Row, in_turns, seconds_of, significant
from eval.metrics.base import ranks_in_lists
from eval.metrics.ranking import EVERY_METRIC, every_value
from eval.models.registry import library
from index.types import Floats, Rows

USERS, LENGTH, ROUNDS = 6000, 100, 5
N_ITEMS = 20_000
FOUND = 2 / 3  # of the users whose relevant item stands somewhere in their list
Values = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class RankedUsers:
    """Lists of item numbers (users, length), best first, with falling scores, and each user's one relevant item."""

    lists: npt.NDArray[np.int32]
    scores: Floats
    relevant: npt.NDArray[np.int32]

    @property
    def starts(self) -> Rows:
        """Where each user's relevant items begin, as the metrics want it."""
        return np.arange(len(self.lists) + 1)


def metrics_row(threads: int, seed: int, users: int = USERS, rounds: int = ROUNDS) -> Row:
    """Seconds for the values of every user and their means. Raises NotInstalled without ranx.

    The peer is timed at its best: its arrays are made before, its functions are compiled, and nothing is kept in the
    run. `of_pass` is our time over that of one pass that counts each user's scores above one of them; `difference` is
    the largest between a value of ours and of the peer.
    """
    peer = ranx_evaluate(threads)
    ranked = made_up_lists(users, seed)
    qrels, run = ranx_arrays(ranked)
    theirs = peer(qrels, run)
    difference = max(float(np.abs(theirs[name] - values).max()) for name, values in our_values(ranked).items())
    seconds = in_turns(lambda: _means(our_values(ranked)), lambda: _means(peer(qrels, run)), rounds)
    one_pass = min(seconds_of(lambda: _one_pass(ranked.scores)) for _ in range(rounds * 4))
    figures = {
        "users": users,
        "length": LENGTH,
        "metrics": len(EVERY_METRIC),
        "difference": difference,
        "of_pass": significant(seconds.ours / one_pass),
    }
    return Row(seconds, f"ranx {version('ranx')}", figures)


def made_up_lists(users: int, seed: int) -> RankedUsers:
    """Lists drawn at random in which most users' relevant item stands somewhere."""
    random = np.random.default_rng(seed)
    lists = np.stack([random.choice(N_ITEMS, LENGTH, replace=False) for _ in range(users)]).astype(np.int32)
    scores = -np.sort(-random.random((users, LENGTH), dtype=np.float32), axis=1)
    place = random.integers(0, LENGTH, users)
    there = random.random(users) < FOUND
    relevant = np.where(there, lists[np.arange(users), place], N_ITEMS)
    return RankedUsers(lists, scores, relevant.astype(np.int32))


def our_values(ranked: RankedUsers) -> Values:
    """Every metric at every depth, one value for each user."""
    ranks = ranks_in_lists(ranked.lists, ranked.starts, ranked.relevant)
    return {str(metric): values for metric, values in every_value(ranks, EVERY_METRIC).items()}


def ranx_evaluate(threads: int) -> Callable[[Any, Any], Values]:
    """ranx on arrays of (users, n, 2), items and scores; the same names and values as ours. May raise NotInstalled."""
    ranx = library("ranx", "bench")
    names = {str(metric): str(metric).replace("hit@", "hit_rate@") for metric in EVERY_METRIC}

    def evaluate(qrels: Any, run: Any) -> Values:
        found = ranx.evaluate(qrels, run, list(names.values()), return_mean=False, threads=threads)
        return {ours: found[theirs] for ours, theirs in names.items()}

    return evaluate


def ranx_arrays(ranked: RankedUsers) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """What is relevant (users, 1, 2) and the run (users, length, 2), as ranx reads them without conversion."""
    relevant = np.stack([ranked.relevant, np.ones(len(ranked.relevant))], axis=1)[:, None]
    run = np.stack([ranked.lists.astype(np.float64), ranked.scores.astype(np.float64)], axis=2)
    return np.ascontiguousarray(relevant), np.ascontiguousarray(run)


def _means(values: Values) -> dict[str, float]:
    return {name: float(each.mean()) for name, each in values.items()}


def _one_pass(scores: Floats) -> None:
    np.count_nonzero(scores > scores[:, LENGTH // 2, None], axis=1)
