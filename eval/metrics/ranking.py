"""Metrics of ranks: one value between 0 and 1 for each user, defined as in trec_eval where it has them."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from eval.metrics.base import RANKING_METRICS, Array, Metric, Ranks, register, share
from index.ranking_metrics import discounted_gain

DEPTHS = (5, 10, 20, 50, 100)


@register(RANKING_METRICS, "recall")
def recall(ranks: Ranks, k: int) -> Array:
    """Share of the relevant items among the first k."""
    return share(ranks.within(k), ranks.relevant)


@register(RANKING_METRICS, "hit")
def hit(ranks: Ranks, k: int) -> Array:
    """1 where any relevant item is among the first k."""
    return (ranks.within(k) > 0).astype(np.float64)


@register(RANKING_METRICS, "precision")
def precision(ranks: Ranks, k: int) -> Array:
    """Share of the first k that are relevant; places that a short list leaves empty count as misses."""
    return ranks.within(k) / k


@register(RANKING_METRICS, "f1")
def f1(ranks: Ranks, k: int) -> Array:
    """Harmonic mean of precision and recall."""
    return share(2 * ranks.within(k), ranks.relevant + k)


@register(RANKING_METRICS, "ndcg")
def ndcg(ranks: Ranks, k: int) -> Array:
    """Discounted gain of the relevant items over the best possible (Järvelin and Kekäläinen 2002, gains of 1)."""
    ideal = np.concatenate([[0.0], np.cumsum(discounted_gain(np.arange(k), k))])
    return share(ranks.within(k, discounted_gain(ranks.ranks, k)), ideal[np.minimum(ranks.relevant, k)])


@register(RANKING_METRICS, "map")
def average_precision(ranks: Ranks, k: int) -> Array:
    """Precision at each relevant item among the first k, summed, over the number of relevant items (trec_eval)."""
    place = np.arange(len(ranks.ranks)) - ranks.starts[ranks.owners]
    return share(ranks.within(k, (place + 1) / (ranks.ranks + 1)), ranks.relevant)


@register(RANKING_METRICS, "mrr")
def reciprocal_rank(ranks: Ranks, k: int) -> Array:
    """1 / (rank + 1) of the first relevant item, if that is among the first k."""
    first = np.full(len(ranks), np.inf)
    some = ranks.relevant > 0
    first[some] = ranks.ranks[ranks.starts[:-1][some]]
    return np.where(first < k, 1 / (first + 1), 0.0)


EVERY_METRIC = tuple(Metric(kind, k) for kind in RANKING_METRICS for k in DEPTHS)


def per_user(ranks: Ranks, metric: Metric) -> Array:
    """The value of a metric for each user."""
    return RANKING_METRICS[metric.kind](ranks, metric.k)


def every_value(ranks: Ranks, metrics: Sequence[Metric]) -> dict[Metric, Array]:
    """`per_user` of each metric; where each user has one relevant item at a whole rank, read from one small table."""
    deepest = max((metric.k for metric in metrics), default=0)
    places = np.minimum(ranks.ranks, deepest).astype(np.int64)
    whole = len(ranks.ranks) == len(ranks) and np.all(ranks.relevant == 1)
    if not whole or np.any((places != ranks.ranks) & (places < deepest)):
        return {metric: per_user(ranks, metric) for metric in metrics}
    return dict(zip(metrics, _values_by_rank(tuple(metrics)).take(places, axis=1), strict=True))


@lru_cache(maxsize=8)
def _values_by_rank(metrics: tuple[Metric, ...]) -> Array:
    """(metrics, deepest + 1): the value of each for one relevant item at rank 0, 1, …, and at last in no list."""
    deepest = max((metric.k for metric in metrics), default=0)
    every_rank = Ranks.single(np.append(np.arange(deepest, dtype=np.float64), np.inf))
    if not metrics:
        return np.zeros((0, 1))
    table: Array = np.stack([per_user(every_rank, metric) for metric in metrics])
    table.flags.writeable = False
    return table
