"""Which aspects of an item a user would speak of: those that its reviews tell of, and those that the user tells of."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agent.weak_cache import WeakCache
from index.sentiment.item_sentiment import ItemSentiments
from index.types import Floats, Rows

# Chosen on the validation events of two domains with reviews; docs/log.md has the numbers.
ITEM_PRIOR = 2.0  # mentions in the domain's proportions that are added to an item's own
USER_PRIOR = 4.0  # and to a user's own
USER_WEIGHT = 0.5  # of what the user writes about more than others do, beside what the item's reviews tell of
NOBODY: Rows = np.zeros(0, np.int64)  # reviews of somebody who wrote none


@dataclass(frozen=True)
class AspectRelevance:
    """Log odds that a user's review of an item speaks of an aspect, up to what all aspects have in common."""

    sentiments: ItemSentiments

    def scores(self, row: int, of_user: Floats) -> Floats:
        """By aspect of the item in this row; `of_user` is what `mentions_of` says of a user."""
        common = self._common
        item = self.sentiments.aspect_n[row] + ITEM_PRIOR * common
        own = of_user + USER_PRIOR * common
        relative = np.log(own / max(own.sum(), 1e-9)) - np.log(common)
        return np.asarray(np.log(item / max(item.sum(), 1e-9)) + USER_WEIGHT * relative, np.float32)

    def mentions_of(self, user: str | None) -> Floats:
        """By aspect the number of a user's reviews that mention it; none of somebody who wrote nothing."""
        opinions = self.sentiments.opinions
        aspects = opinions.mentions.aspects[opinions.mentions_in(opinions.places_of_writers.get(user or "", NOBODY))]
        return np.asarray(np.bincount(aspects[aspects >= 0], minlength=len(opinions.aspects)), np.float32)

    @cached_property
    def _common(self) -> Floats:
        """By aspect its share of all mentions; none is 0."""
        counts = self.sentiments.aspect_n.sum(0) + 1.0
        return np.asarray(counts / counts.sum(), np.float64)


relevance_of: WeakCache[ItemSentiments, AspectRelevance] = WeakCache(AspectRelevance)
