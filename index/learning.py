"""Makes what the fusion learns from: lists of candidates for events that the behaviour models were fitted without."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from index.behaviour import MIX, Behaviour
from index.command import progress
from index.domain import Catalogue, Histories
from index.features import COLUMNS, Features
from index.fusion import Fusion, fit_fusion, untrained
from index.records import Floats, History

FOLDS = 5
EXAMPLES = 7_000  # lists in all; on movielens-100k twice as many gained nothing
POSITIONS = 15  # the newest events of a user that are predicted
SHORT = 0.25  # share of examples whose history is cut to a few events: somebody new who has named some items
DEPTH, LISTED = 200, 100  # best candidates, and how many of them stand in a list: a random part tells as much
LEAST = 300  # with fewer lists than this a network would learn noise
UNLEARNED = {**MIX, "text/4": 0.2, "popularity": 0.02}  # the square roots of these sums, plainly added


@dataclass(frozen=True)
class Position:
    """One event to predict: the user's number and how many events lie before it."""

    user: int
    n_before: int
    newest: int  # how many of those before are shown


def learn_fusion(histories: Histories, catalogue: Catalogue, vectors: Floats, seed: int) -> tuple[Fusion, int]:
    """A fusion learned out of fold, and from how many lists; a plain sum where there are too few."""
    random = np.random.default_rng(seed)
    with single_thread():
        lists = _lists(histories, catalogue, vectors, random)
    if len(lists) < LEAST:
        return untrained(COLUMNS, UNLEARNED), 0
    return fit_fusion(lists, COLUMNS, seed), len(lists)


def single_thread() -> AbstractContextManager[object]:
    """One thread for products: of thousands of small ones, the threads would only wait for one another."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def first_look(features: Floats) -> Floats:
    """(n_items,) the linear mix of co-occurrence and EASE by which behaviour proposes candidates."""
    columns = [COLUMNS.index(name) for name in MIX]
    roots = features[:, columns]
    return np.asarray((np.sign(roots) * roots**2) @ np.array(list(MIX.values()), np.float32), np.float32)


def _lists(histories: Histories, catalogue: Catalogue, vectors: Floats, random: np.random.Generator) -> Floats:
    """(lists, LISTED, columns): features of the item that came next, first, and of other candidates."""
    fold_of = random.permutation(len(histories)) % FOLDS
    wanted = _positions(histories, random)
    lists = []
    for fold in progress(range(FOLDS), "learning the fusion"):
        mine = [position for position in wanted if fold_of[position.user] == fold]
        if not mine:
            continue
        others = histories.until(np.where(fold_of == fold, 0, histories.lengths))
        features = Features(Behaviour.fit(others, len(catalogue)), vectors, catalogue)
        lists += [
            found for each in mine if (found := _list_of(histories[each.user], each, features, random)) is not None
        ]
    return np.stack(lists) if lists else np.zeros((0, LISTED, len(COLUMNS)), np.float32)


def _positions(histories: Histories, random: np.random.Generator) -> list[Position]:
    """EXAMPLES events drawn from the newest of each user; some are to be predicted from a few events only."""
    lengths = histories.lengths
    counts = np.clip(lengths - 1, 0, POSITIONS)
    users = np.repeat(np.arange(len(histories)), counts)
    back = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = random.permutation(len(users))[:EXAMPLES]
    short = random.random(len(chosen)) < SHORT
    few = random.integers(1, 6, len(chosen))
    before = lengths[users[chosen]] - 1 - back[chosen]
    return [
        Position(int(user), int(n), int(min(n, few[place]) if short[place] else n))
        for place, (user, n) in enumerate(zip(users[chosen], before, strict=True))
    ]


def _list_of(history: History, position: Position, features: Features, random: np.random.Generator) -> Floats | None:
    """Features of the true item and of others drawn from the DEPTH best; None where it is not among these."""
    target = int(history.rows[position.n_before])
    shown = _newest(history.before(position.n_before), position.newest)
    found = features.of(shown)
    look = first_look(found)
    look[shown.rows] = -np.inf
    best = np.argpartition(-look, min(DEPTH, len(look) - 1))[:DEPTH]
    others = best[np.isfinite(look[best]) & (best != target)]
    if target not in best or target in shown.rows or not len(others):
        return None
    drawn = random.choice(others, LISTED - 1, replace=len(others) < LISTED - 1)
    return np.asarray(found[np.concatenate([[target], drawn])], np.float32)


def _newest(history: History, n: int) -> History:
    times = None if history.times is None else history.times[-n:]
    return History(history.rows[-n:], history.values[-n:], times)
