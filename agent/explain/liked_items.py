"""Which items of a history count as liked, so that a reason may say so."""

from index.data.domain import Domain
from index.data.records import History

LIKED_SHARE = 0.7  # of the way up the domain's scale, from which on a rated item counts as liked


def rated_well(domain: Domain, history: History) -> frozenset[str]:
    """Ids that the user rated at least LIKED_SHARE of the way up the domain's scale; none where it has one value."""
    scale = domain.histories.scale
    if scale is None or scale[0] == scale[1]:
        return frozenset()
    bound = scale[0] + LIKED_SHARE * (scale[1] - scale[0])
    return frozenset(domain.catalogue.ids[row] for row in history.rows[history.values >= bound])
