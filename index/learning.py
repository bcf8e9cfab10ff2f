"""Makes the fusion's examples: lists of candidates for events that the behaviour models were fitted without."""

from dataclasses import dataclass

import numpy as np

from index.behaviour import MIX, Behaviour
from index.command import progress
from index.domain import Catalogue, Histories
from index.features import COLUMNS, Features
from index.fusion import Examples, Fusion, fit_fusion, untrained
from index.records import Floats, History

FOLDS = 5
EXAMPLES = 9_000  # lists in all; on movielens-100k twice as many gained nothing
POSITIONS = 15  # the newest events of a user that are predicted
SHORT = 0.25  # share of examples whose history is cut to a few events: somebody new who has named some items
DEPTH = 200  # candidates in a list
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
    examples = _examples(histories, catalogue, vectors, random)
    if len(examples.truth) < LEAST:
        return untrained(COLUMNS, UNLEARNED), 0
    return fit_fusion(examples, COLUMNS, seed), len(examples.truth)


def first_look(features: Floats) -> Floats:
    """(n_items,) the linear mix of co-occurrence and EASE by which behaviour proposes candidates."""
    columns = [COLUMNS.index(name) for name in MIX]
    roots = features[:, columns]
    return np.asarray((np.sign(roots) * roots**2) @ np.array(list(MIX.values()), np.float32), np.float32)


def _examples(histories: Histories, catalogue: Catalogue, vectors: Floats, random: np.random.Generator) -> Examples:
    fold_of = random.permutation(len(histories)) % FOLDS
    lists, truth = [], []
    wanted = _positions(histories, random)
    for fold in progress(range(FOLDS), "learning the fusion"):
        mine = [position for position in wanted if fold_of[position.user] == fold]
        if not mine:
            continue
        others = histories.until(np.where(fold_of == fold, 0, histories.lengths))
        features = Features(Behaviour.fit(others, len(catalogue)), vectors, catalogue)
        for position in mine:
            found = _list_of(histories[position.user], position, features)
            if found is not None:
                lists.append(found[0])
                truth.append(found[1])
    stacked = np.stack(lists) if lists else np.zeros((0, 1, len(COLUMNS)), np.float32)
    return Examples(stacked, np.array(truth, np.int64))


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


def _list_of(history: History, position: Position, features: Features) -> tuple[Floats, int] | None:
    """Features of the DEPTH candidates and the place of the true item among them; None where it was not found."""
    target = int(history.rows[position.n_before])
    shown = _newest(history.before(position.n_before), position.newest)
    found = features.of(shown)
    look = first_look(found)
    look[shown.rows] = -np.inf
    best = np.argpartition(-look, min(DEPTH, len(look) - 1))[:DEPTH]
    place = np.flatnonzero(best == target)
    return (found[best], int(place[0])) if len(place) and target not in shown.rows else None


def _newest(history: History, n: int) -> History:
    times = None if history.times is None else history.times[-n:]
    return History(history.rows[-n:], history.values[-n:], times)
