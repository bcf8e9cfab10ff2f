"""Trains the fusion out of fold: lists of candidates for events that the behaviour matrices were fitted without."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from index.data.domain import Catalogue, Histories
from index.parallel import map_in_order, single_thread
from index.progress import progress
from index.retrieval.behaviour_signals import CANDIDATE_WEIGHTS, NAMES, Behaviour
from index.retrieval.candidate_pool import candidate_pool, weighted_signals
from index.retrieval.fusion import Fusion, untrained_fusion
from index.retrieval.fusion_features import Features, feature_columns
from index.retrieval.fusion_network import TrainingList, add_cold_items, fit_fusion
from index.retrieval.review_sources import ReviewSources
from index.types import Floats

FOLDS = 5  # over users
MIN_LISTS, MAX_LISTS, USERS_PER_LIST = 7_000, 16_000, 3  # drawn in all: one list for so many users, within bounds
POSITIONS = 15  # the newest events of a user that may be predicted
SHORT_SHARE, MAX_SHORT = 0.25, 5  # share of lists whose history is cut to 1 … 5 events, as cold-start users have them
DEPTH = 200  # candidates by the weighted sum of signals
N_BEST, N_DRAWN = 50, 70  # a list has the best by that sum, and some drawn from the others, which stand for all of them
MIN_TRAINING_LISTS = 300  # with fewer the network would fit noise
UNTRAINED_WEIGHTS = {**CANDIDATE_WEIGHTS, "text/4": 0.2, "reviews/4": 0.2, "popularity": 0.02}  # of the features


@dataclass(frozen=True)
class Position:
    """One event to predict: the user's number, how many events lie before it, and how many of these are read."""

    user: int
    n_before: int
    n_read: int


def learn_fusion(
    histories: Histories,
    catalogue: Catalogue,
    vectors: Floats,
    seed: int,
    reviews: ReviewSources | None = None,
    share: float = 1.0,
) -> tuple[Fusion, int]:
    """A fusion trained out of fold, and on how many lists; a weighted sum (0 lists) where there are too few.

    With a `share` below 1 so many of the lists are made, in less time: behaviour is then fitted on one half of the
    users, and the lists are of the other.
    """
    columns = feature_columns(reviews)
    with single_thread():
        made = _training_lists(histories, partial(fit_features, catalogue, vectors, reviews), seed, share)
        lists = [each for fold in made for each in fold]
    if len(lists) < MIN_TRAINING_LISTS:
        return untrained_fusion(columns, UNTRAINED_WEIGHTS), 0
    text_columns = [name for name in columns if name not in NAMES]  # the others are 0 for a cold item
    import torch  # noqa: F401  # its threads are limited only where it is loaded before

    with single_thread():  # batches are small here too, and the same bits come from any number of cores
        return add_cold_items(fit_fusion(lists, columns, seed), lists, text_columns, seed), len(lists)


def count_lists(n_users: int, share: float = 1.0) -> int:
    """On how many lists at most a fusion is trained; some are lost where the true item is no candidate."""
    n_lists = np.clip(n_users // USERS_PER_LIST, MIN_LISTS, MAX_LISTS)
    return max(2 * MIN_TRAINING_LISTS, int(share * n_lists))


def fit_features(
    catalogue: Catalogue, vectors: Floats, reviews: ReviewSources | None, histories: Histories
) -> Features:
    """Features by these events alone; of the reviews only those whose events are among them.

    What a user wrote is read of the items of each history, so that nothing is told of what comes after it.
    """
    n_items = len(catalogue)
    of_reviews = None if reviews is None else reviews.known_from(histories, n_items).features(n_items, reviews)
    return Features(Behaviour.fit(histories, n_items), vectors, catalogue, of_reviews)


def _training_lists(
    histories: Histories, fit: Callable[[Histories], Features], seed: int, share: float
) -> Iterator[list[TrainingList]]:
    """By fold, for each event to predict, the item that came next, first, and other candidates."""
    random = np.random.default_rng(seed)
    is_whole = share >= 1
    fold_of = random.permutation(len(histories)) % (FOLDS if is_whole else 2)
    n_lists = count_lists(len(histories), share) * (1 if is_whole else 2)
    positions = _draw_positions(histories, random, n_lists)
    for fold in progress(range(FOLDS if is_whole else 1), "learning the fusion, folds"):
        mine = [position for position in positions if fold_of[position.user] == fold]
        if not mine:
            continue
        others = histories.truncate(np.where(fold_of == fold, 0, histories.lengths))
        features = fit(others)
        each = list(zip(mine, random.spawn(len(mine)), strict=True))
        made = map_in_order(partial(_list_of, histories, features), each)
        yield [found for found in progress(made, "training lists", len(mine)) if found is not None]


def _draw_positions(histories: Histories, random: np.random.Generator, n_lists: int) -> list[Position]:
    """Events drawn from the newest of each user; some are to be predicted from a few events only."""
    lengths = histories.lengths
    counts = np.clip(lengths - 1, 0, POSITIONS)
    users = np.repeat(np.arange(len(histories)), counts)
    back = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    drawn = random.permutation(len(users))[:n_lists]
    short = random.random(len(drawn)) < SHORT_SHARE
    few = random.integers(1, MAX_SHORT + 1, len(drawn))
    before = lengths[users[drawn]] - 1 - back[drawn]
    return [
        Position(int(user), int(n), int(min(n, few[place]) if short[place] else n))
        for place, (user, n) in enumerate(zip(users[drawn], before, strict=True))
    ]


def _list_of(
    histories: Histories, features: Features, each: tuple[Position, np.random.Generator]
) -> TrainingList | None:
    """The true item and others drawn from the candidate pool; None where it is not in the pool."""
    position, random = each
    history = histories[position.user]
    target = int(history.rows[position.n_before])
    read = history.before(position.n_before).newest(position.n_read)
    found = features.of(read)
    allowed = np.ones(len(found), bool)
    allowed[read.rows] = False
    pool = candidate_pool(found, DEPTH, allowed)
    others = pool[pool != target]
    if len(others) == len(pool) or len(others) < 2:
        return None
    scores = weighted_signals(found)[others]
    order = np.lexsort((others, -scores))
    best, rest = others[order[:N_BEST]], others[order[N_BEST:]]
    drawn = random.choice(rest, N_DRAWN, replace=len(rest) < N_DRAWN) if len(rest) else random.choice(best, N_DRAWN)
    stand_for = np.log(len(rest) / N_DRAWN) if len(rest) else -np.inf
    best_offsets = np.zeros(N_BEST, np.float32)
    best_offsets[len(best) :] = -np.inf
    rows = np.concatenate([[target], best, np.full(N_BEST - len(best), target), drawn])
    offsets = np.concatenate([[0.0], best_offsets, np.full(N_DRAWN, stand_for)])
    return TrainingList(np.asarray(found[rows], np.float32), np.asarray(offsets, np.float32))
