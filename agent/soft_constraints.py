"""Soft constraints: how much the score of an item gains by what the user prefers, and loses by what they avoid."""

import numpy as np

from agent.constraints import Constraint, State, Wish
from agent.filters import columns_of
from index.data.domain import Catalogue
from index.types import Floats

PREFER_BOOST, AVOID_PENALTY = 1.5, 2.0  # log odds for each soft constraint that an item satisfies


def preference_boost(catalogue: Catalogue, state: State) -> Floats | None:
    """(n_items,) log odds that soft constraints add to each item's score; None without any."""
    if not (state.prefer or state.avoid):
        return None
    columns, boost = columns_of(catalogue), np.zeros(len(catalogue), np.float32)
    for weight, wishes in ((PREFER_BOOST, state.prefer), (-AVOID_PENALTY, state.avoid)):
        for wish in wishes:
            if not _is_free_text(wish):
                boost += weight * columns.satisfying(wish)
    return boost


def _is_free_text(wish: Wish) -> bool:
    """Whether a constraint is of free words; these go to retrieval, which finds more than their letters."""
    return isinstance(wish, Constraint) and wish.field == "text"
