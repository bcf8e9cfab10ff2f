"""What reviews say as features of items: how good they find each, how many they are, and what they speak of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from index.data.records import History
from index.retrieval.decay import recency_weights
from index.sentiment.item_sentiment import ItemSentiments
from index.sentiment.review_opinions import OwnMentions, ReviewOpinions
from index.types import Floats, Rows

SENTIMENT_COLUMNS = (
    "sentiment/score",  # of an item's reviews
    "sentiment/reviews",  # log of one more than their number
    "sentiment/cared",  # of an item's aspects, weighed by what the user writes about
    "aspects/own",  # likeness of what an item's reviews speak of to what the user writes about
    "aspects/history",  # and to what reviews of the history's items speak of
)
# None of these was tuned.
PRIOR_TOLD = 3.0  # reviews in the domain's mean that are added to an item's own, for each aspect
PRIOR_MENTIONS = 5.0  # mentions in the domain's proportions that are added to an item's, and to a user's
HISTORY_EVENTS = 30.0  # events after which one weighs 1/e in the history's profile


@dataclass(frozen=True)
class SentimentFeatures:
    """The SENTIMENT_COLUMNS of every item; each is 0 where nothing is known.

    `scores` and `counts` are by item, `aspects` (n_items, n_aspects) the scores of aspects less the domain's,
    `mentions` (n_items, n_aspects) by how much an item's reviews speak of an aspect more than others do. `common` is
    each aspect's share of all mentions, `own` what each user writes about. `numbers` leads from a row of `own` to the
    row here, -1 where it is none of these.
    """

    scores: Floats
    counts: Floats
    aspects: Floats
    mentions: Floats
    common: Floats
    own: Mapping[str, OwnMentions]
    numbers: Rows

    @classmethod
    def of(cls, others: ReviewOpinions, own: ReviewOpinions, n_items: int) -> "SentimentFeatures":
        """Items by the opinions `others`; users by `own`, of which a history reads what is written of its own items."""
        items = ItemSentiments(others, n_items)
        told, totals = items.aspect_n.astype(np.float64), items.aspect_n.sum(0) + 1.0
        common = totals / totals.sum()
        sums = np.nan_to_num(items.aspect_scores.astype(np.float64)) * told
        mean = sums.sum(0) / np.maximum(told.sum(0), 1)
        aspects = (sums + PRIOR_TOLD * mean) / (told + PRIOR_TOLD) - mean
        return cls(
            np.asarray(items.ordering_scores - items.common_score, np.float32),
            np.log1p(items.n_reviews).astype(np.float32),
            np.asarray(aspects, np.float32),
            _relative(told.astype(np.float32), common),
            np.asarray(common, np.float32),
            own.mentions_of_writers,
            np.arange(n_items),
        )

    def columns(self, history: History) -> Floats:
        """(n_items, len(SENTIMENT_COLUMNS)) for one history; `history.user` says whose words are read."""
        wrote = self._wrote(history)
        cares = (wrote + PRIOR_MENTIONS * self.common) / (wrote.sum() + PRIOR_MENTIONS)
        newest = history.rows[-int(8 * HISTORY_EVENTS) :]
        weights = recency_weights(len(newest), HISTORY_EVENTS)
        profile = (weights / max(float(weights.sum()), 1e-30)) @ self.mentions[newest]
        directions = np.stack([_relative(wrote[None], self.common)[0], profile])
        found = np.column_stack([self.scores, self.counts, self.aspects @ cares, self.mentions @ directions.T])
        return np.asarray(found, np.float32)

    def part(self, rows: Rows) -> "SentimentFeatures":
        """Of these rows alone, each once, numbered anew in this order."""
        numbers = np.full(len(self.numbers), -1)
        place = np.full(len(self.scores), -1)
        place[rows] = np.arange(len(rows))
        kept = self.numbers >= 0
        numbers[kept] = place[self.numbers[kept]]
        items = {name: getattr(self, name)[rows] for name in ("scores", "counts", "aspects", "mentions")}
        return replace(self, **items, numbers=numbers)

    def _wrote(self, history: History) -> Floats:
        """By aspect the number of reviews of the history's items in which its user mentions it."""
        own = self.own.get(history.user or "")
        if own is None:
            return np.zeros(len(self.common), np.float32)
        known = np.isin(self.numbers[own.rows], history.rows)
        return np.bincount(own.aspects[known], minlength=len(self.common)).astype(np.float32)


def _relative(mentions: Floats, common: npt.NDArray[np.floating[Any]]) -> Floats:
    """(n, n_aspects): log of how much more than others each row speaks of an aspect; what is rare weighs less."""
    totals = mentions.sum(1, keepdims=True) + PRIOR_MENTIONS
    return np.asarray(np.log((mentions + PRIOR_MENTIONS * common) / totals / common) * np.sqrt(common), np.float32)
