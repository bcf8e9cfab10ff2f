"""Makes what the fusion learns from: lists of candidates for events that the behaviour models were fitted without."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from index.command import progress
from index.data.domain import Catalogue, Histories
from index.data.records import History
from index.retrieval.behaviour_signals import MIX, NAMES, Behaviour
from index.retrieval.features import COLUMNS, REVIEW_COLUMNS, Features, feature_columns
from index.retrieval.fusion import Fusion, FusionList, add_cold_items, fit_fusion, untrained_fusion
from index.retrieval.review_vectors import ReviewVectors
from index.retrieval.top_rows import top_rows
from index.types import Floats, Mask, Rows

ALL = (*COLUMNS, *REVIEW_COLUMNS)
FOLDS = 5
MIN_LISTS, MAX_LISTS, USERS_A_LIST = 7_000, 16_000, 3  # lists in all: one for so many users, within bounds
POSITIONS = 15  # the newest events of a user that are predicted
SHORT = 0.25  # share of examples whose history is cut to a few events: somebody new who has named some items
DEPTH = 200  # what each look proposes
NEAR, FAR = 50, 70  # of these a list has the best of the mix, and some of the others, which stand for all of them
CANDIDATE_GENERATORS = {
    "latent/4": 1.0,
    "coarse/40": 0.5,
    "text/1": 0.4,
    "text/4": 0.4,
    "reviews/4": 0.4,
}  # beside the mix: columns, shares of its depth
COLD_SHARE = 0.2  # depth of the look at items that nobody had, of the mix's
LEAST = 300  # with fewer lists than this a network would learn noise
UNTRAINED_WEIGHTS = {
    **MIX,
    "text/4": 0.2,
    "reviews/4": 0.2,
    "popularity": 0.02,
}  # the square roots of these sums, plainly added


@dataclass(frozen=True)
class Position:
    """One event to predict: the user's number and how many events lie before it."""

    user: int
    n_before: int
    newest: int  # how many of those before are shown


def learn_fusion(
    histories: Histories, catalogue: Catalogue, vectors: Floats, seed: int, reviews: ReviewVectors | None = None
) -> tuple[Fusion, int]:
    """A fusion learned out of fold, and from how many lists; a plain sum where there are too few."""
    columns = feature_columns(reviews is not None)
    with single_thread():
        lists = [each for fold in _lists(histories, catalogue, vectors, seed, reviews) for each in fold]
    if len(lists) < LEAST:
        return untrained_fusion(columns, UNTRAINED_WEIGHTS), 0
    by_text = [name for name in columns if name not in NAMES]  # what is known of an item that nobody had
    return add_cold_items(fit_fusion(lists, columns, seed), lists, by_text, seed), len(lists)


def fitted_features(
    histories: Histories, catalogue: Catalogue, vectors: Floats, reviews: ReviewVectors | None
) -> Features:
    """Features by these events alone: of the reviews by named writers only those of these events."""
    n_items = len(catalogue)
    means = None if reviews is None else reviews.known_from(histories, n_items).means(n_items)
    return Features(Behaviour.fit(histories, n_items), vectors, catalogue, means)


def single_thread() -> AbstractContextManager[object]:
    """One thread for products: of thousands of small ones, the threads would only wait for one another."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def linear_mix(features: Floats) -> Floats:
    """(n_items,) the linear mix of co-occurrence and EASE by which behaviour proposes candidates."""
    columns = [COLUMNS.index(name) for name in MIX]
    roots = features[:, columns]
    return np.asarray((np.sign(roots) * roots**2) @ np.array(list(MIX.values()), np.float32), np.float32)


def candidate_pool(features: Floats, n: int, allowed: Mask | None = None) -> Rows:
    """Rows that the mix or any other look has among its best, in growing order; `n` by the mix.

    What behaviour has never seen, text brings in. `allowed` by row, all where it is None.
    """
    popular = 1e-6 * features[:, COLUMNS.index("popularity")]  # so that no wish is left empty
    found = [top_rows(linear_mix(features) + popular, n, allowed)]
    generators = [(ALL.index(name), int(share * n)) for name, share in CANDIDATE_GENERATORS.items()]
    found += [top_rows(features[:, place], depth, allowed) for place, depth in generators if place < features.shape[1]]
    cold = features[:, COLUMNS.index("popularity")] == 0
    if cold.any():  # nobody had these: only their texts can speak for them
        mask = cold if allowed is None else cold & allowed
        found.append(top_rows(features[:, COLUMNS.index("text/4")], int(COLD_SHARE * n), mask))
    return np.unique(np.concatenate(found)).astype(np.int64)


def _lists(
    histories: Histories, catalogue: Catalogue, vectors: Floats, seed: int, reviews: ReviewVectors | None
) -> Iterator[list[FusionList]]:
    """By fold, for each event to predict, the item that came next, first, and other candidates."""
    random = np.random.default_rng(seed)
    fold_of = random.permutation(len(histories)) % FOLDS
    wanted = _positions(histories, random)
    for fold in progress(range(FOLDS), "learning the fusion"):
        mine = [position for position in wanted if fold_of[position.user] == fold]
        if not mine:
            continue
        others = histories.until(np.where(fold_of == fold, 0, histories.lengths))
        features = fitted_features(others, catalogue, vectors, reviews)
        draws = random.spawn(len(mine))

        made = (_list_of(histories[each.user], each, features, draw) for each, draw in zip(mine, draws, strict=True))
        yield [found for found in made if found is not None]


def _positions(histories: Histories, random: np.random.Generator) -> list[Position]:
    """Events drawn from the newest of each user; some are to be predicted from a few events only."""
    lengths = histories.lengths
    counts = np.clip(lengths - 1, 0, POSITIONS)
    users = np.repeat(np.arange(len(histories)), counts)
    back = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = random.permutation(len(users))[: int(np.clip(len(histories) // USERS_A_LIST, MIN_LISTS, MAX_LISTS))]
    short = random.random(len(chosen)) < SHORT
    few = random.integers(1, 6, len(chosen))
    before = lengths[users[chosen]] - 1 - back[chosen]
    return [
        Position(int(user), int(n), int(min(n, few[place]) if short[place] else n))
        for place, (user, n) in enumerate(zip(users[chosen], before, strict=True))
    ]


def _list_of(
    history: History, position: Position, features: Features, random: np.random.Generator
) -> FusionList | None:
    """The true item and others drawn from those that are looked at; None where it is not among these."""
    target = int(history.rows[position.n_before])
    shown = _newest(history.before(position.n_before), position.newest)
    found = features.of(shown)
    allowed = np.ones(len(found), bool)
    allowed[shown.rows] = False
    best = candidate_pool(found, DEPTH, allowed)
    others = best[best != target]
    if len(others) == len(best) or len(others) < 2:
        return None
    look = linear_mix(found)[others]
    order = np.lexsort((others, -look))
    near, far = others[order[:NEAR]], others[order[NEAR:]]
    drawn = random.choice(far, FAR, replace=len(far) < FAR) if len(far) else random.choice(near, FAR)
    stand_for = np.log(len(far) / FAR) if len(far) else -np.inf
    near_offsets = np.zeros(NEAR, np.float32)
    near_offsets[len(near) :] = -np.inf
    rows = np.concatenate([[target], near, np.full(NEAR - len(near), target), drawn])
    offsets = np.concatenate([[0.0], near_offsets, np.full(FAR, stand_for)])
    return FusionList(np.asarray(found[rows], np.float32), np.asarray(offsets, np.float32))


def _newest(history: History, n: int) -> History:
    times = None if history.times is None else history.times[-n:]
    return History(history.rows[-n:], history.values[-n:], times)
