"""What the baselines share: histories whose events decay, which users were fitted on, scores of cold-start users."""

from typing import Any

import numpy as np
import numpy.typing as npt

from index.data.domain import Histories
from index.data.splits import NO_USER, places_of
from index.retrieval.decay import decay as decay_weights
from index.types import Floats, Rows


def decayed_matrix(histories: Histories, n_items: int, decay: float) -> Any:
    """SciPy CSR matrix (users, n_items): exp(-age / decay), age 0 for the newest event; all 1 where `decay` is 0."""
    from scipy import sparse

    weights = decay_weights(ages(histories), decay or None).astype(np.float32)
    matrix = sparse.csr_matrix((weights, histories.rows.copy(), histories.starts), shape=(len(histories), n_items))
    matrix.sum_duplicates()
    return matrix


def ages(histories: Histories) -> Rows:
    """By event: how many newer events its user has."""
    ends = np.repeat(histories.starts[1:], histories.lengths)
    return np.asarray(ends - 1 - np.arange(len(histories.rows)), np.int64)


def item_counts(histories: Histories, n_items: int) -> Floats:
    """(n_items,) number of events of each item."""
    return np.bincount(histories.rows, minlength=n_items).astype(np.float32)


def places_in(fitted: Histories, histories: Histories) -> Rows:
    """By user of `histories`: the place in `fitted`, NO_USER where it holds no event of the user."""
    places = places_of(fitted, histories.users)
    empty = fitted.lengths == 0
    return np.where((places == NO_USER) | empty[places], NO_USER, places) if len(fitted) else places


def fill_cold_start(cold: npt.NDArray[np.bool_], scores: Floats, counts: Floats) -> Floats:
    """The scores, those of the marked cold-start users replaced in place by the number of events of each item.

    A model that has nothing to go on recommends what is popular, as any shop would: a tie of all items would make it
    look weaker than it is.
    """
    scores[cold] = counts
    return scores
