"""Items that were liked in a talk count as events of the history: as the newest ones, with the best rating."""

import numpy as np

from agent.request import Request
from index.data.domain import Domain
from index.data.duplicates import Duplicates
from index.data.records import History


def with_liked(request: Request, domain: Domain, duplicates: Duplicates) -> History:
    """The events of the data, then the items liked in the talk, each once under whichever id it has."""
    before, liked = request.history, domain.catalogue.rows_of(request.state.liked)
    liked = duplicates.distinct(liked)
    liked = liked[~np.isin(liked, duplicates.with_duplicates(before.rows))]
    if not len(liked):
        return before
    scale = domain.histories.scale
    best = scale[1] if scale else np.nan
    values = np.concatenate([before.values, np.full(len(liked), best, np.float32)])
    times = None
    every = domain.histories.times
    if every is not None and len(every) and (before.times is not None or not len(before)):
        own = before.times if before.times is not None else np.zeros(0, np.int64)
        now = own[-1] if len(own) else every.max()
        times = np.concatenate([own, np.full(len(liked), now, np.int64)])
    return History(np.concatenate([before.rows, liked]), values, times, before.user)
