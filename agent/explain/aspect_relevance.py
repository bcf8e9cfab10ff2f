"""Which aspects of an item a user would speak of: those that its reviews tell of, and those that the user tells of."""

from collections.abc import Collection
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


@dataclass(frozen=True)
class AspectRelevance:
    """Log odds that a user's review of an item speaks of an aspect, up to what all aspects have in common."""

    sentiments: ItemSentiments

    def scores(self, row: int, user: str | None, but: Collection[int] = ()) -> Floats:
        """By aspect; of a user's own reviews those of the rows `but` are not known."""
        common = self._common
        item = self.sentiments.aspect_n[row] + ITEM_PRIOR * common
        own = self._mentions_of(user, but) + USER_PRIOR * common
        relative = np.log(own / max(own.sum(), 1e-9)) - np.log(common)
        return np.asarray(np.log(item / max(item.sum(), 1e-9)) + USER_WEIGHT * relative, np.float32)

    @cached_property
    def _common(self) -> Floats:
        """By aspect its share of all mentions; none is 0."""
        counts = self.sentiments.aspect_n.sum(0) + 1.0
        return np.asarray(counts / counts.sum(), np.float64)

    def _mentions_of(self, user: str | None, but: Collection[int]) -> Floats:
        """By aspect the number of the user's reviews that mention it."""
        opinions = self.sentiments.opinions
        numbers = self._reviews_of.get(user or "", np.zeros(0, np.int64))
        known = numbers[~np.isin(opinions.rows[numbers], list(but))] if len(but) else numbers
        told = np.isin(opinions.mentions.reviews, known) & (opinions.mentions.aspects >= 0)
        return np.bincount(opinions.mentions.aspects[told], minlength=len(opinions.aspects)).astype(np.float64)

    @cached_property
    def _reviews_of(self) -> dict[str, Rows]:
        """The numbers of each named writer's reviews."""
        writers = np.array(self.sentiments.opinions.writers, object)
        named = np.flatnonzero(writers != "")
        order = named[np.argsort(writers[named].astype(str), kind="stable")]
        names, starts = np.unique(writers[order].astype(str), return_index=True)
        return dict(zip(names.tolist(), np.split(order, starts[1:]), strict=True)) if len(order) else {}


relevance_of: WeakCache[ItemSentiments, AspectRelevance] = WeakCache(AspectRelevance)
