"""Which items of a history count as liked, so that a reason may say so."""

import numpy as np

from index.data.domain import Domain
from index.data.records import History
from index.types import Floats, Mask

LIKED_SHARE = 0.7  # of the way up the domain's scale, from which on a rated item counts as liked


def rated_well(domain: Domain, history: History) -> frozenset[str]:
    """Ids that the user rated at least LIKED_SHARE of the way up the domain's scale; none where it has one value."""
    scale = domain.histories.scale
    if not is_graded(scale):
        return frozenset()
    return frozenset(domain.catalogue.ids[row] for row in history.rows[liked_events(history.values, scale)])


def liked_events(values: Floats, scale: tuple[float, float] | None) -> Mask:
    """Which events tell of a liking: those rated well; all where the domain rates nothing, or all alike."""
    if scale is None or not is_graded(scale):
        return np.ones(len(values), bool)
    bound = scale[0] + LIKED_SHARE * (scale[1] - scale[0])
    return np.asarray(values >= bound, bool)


def is_graded(scale: tuple[float, float] | None) -> bool:
    """Whether a domain's events have values that differ."""
    return scale is not None and scale[0] < scale[1]
