"""What the baselines share about people: histories that fade, who was fitted on, what strangers are shown."""

from typing import Any

import numpy as np
import numpy.typing as npt

from index.data.domain import Histories
from index.data.splits import NO_USER, places_of
from index.retrieval.decay import decay
from index.types import Floats, Rows


def fading_matrix(histories: Histories, n_items: int, life: float) -> Any:
    """SciPy CSR matrix (users, n_items): exp(-age / life), age 0 for the newest event; all 1 where `life` is 0."""
    from scipy import sparse

    weights = decay(ages(histories), life or None).astype(np.float32)
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
    """By user of `histories`: the place in `fitted`, NO_USER for whom it holds no event."""
    places = places_of(fitted, histories.users)
    empty = fitted.lengths == 0
    return np.where((places == NO_USER) | empty[places], NO_USER, places) if len(fitted) else places


def popular_for(strangers: npt.NDArray[np.bool_], scores: Floats, counts: Floats) -> Floats:
    """The scores, those of the marked people replaced in place by the number of events of each item.

    A model that knows nothing of somebody shows what most people had, as any shop would; ties would be a straw man.
    """
    scores[strangers] = counts
    return scores
