"""The items of a domain that have several ids, found once for each domain."""

import numpy as np

from agent.weak_cache import WeakCache
from index.data.domain import Domain
from index.data.duplicates import Duplicates, find_duplicates


def _find(domain: Domain) -> Duplicates:
    n_events = np.bincount(domain.histories.rows, minlength=len(domain.catalogue))
    return find_duplicates(domain.catalogue, n_events)


duplicates_of: WeakCache[Domain, Duplicates] = WeakCache(_find)
