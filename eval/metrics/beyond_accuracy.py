"""Metrics of recommended lists that do not ask whether an item is relevant: a number, or one value for each user."""

import numpy as np

from eval.metrics.base import BEYOND_ACCURACY_METRICS, Array, RecommendedLists, register


@register(BEYOND_ACCURACY_METRICS, "coverage")
def coverage(lists: RecommendedLists) -> float:
    """Share of the catalogue that is in any user's list."""
    return len(np.unique(lists.rows[lists.is_item])) / max(lists.n_items, 1)


@register(BEYOND_ACCURACY_METRICS, "novelty")
def novelty(lists: RecommendedLists) -> Array:
    """Mean surprise of each list in bits: -log2 of the share of users with the item (Vargas and Castells 2011).

    One is added to both counts, so that an item without events is finite.
    """
    return lists.mean_of(-np.log2((lists.item_counts + 1) / (lists.n_users + 1)))


@register(BEYOND_ACCURACY_METRICS, "diversity")
def diversity(lists: RecommendedLists) -> Array | None:
    """Mean of 1 - cosine over the pairs of each list (Ziegler et al. 2005), 0 for fewer than two items."""
    if lists.vectors is None:
        return None
    total = np.zeros((len(lists.rows), lists.vectors.shape[1]), np.float64)
    for place in range(lists.rows.shape[1]):  # the sum of all cosines is the squared length of the sum
        inside = lists.is_item[:, place]
        total[inside] += lists.vectors[lists.rows[inside, place]]
    n = lists.lengths
    cosines = (np.einsum("ud,ud->u", total, total) - n) / np.maximum(n * (n - 1), 1)
    return np.where(n > 1, 1 - cosines, 0.0)


@register(BEYOND_ACCURACY_METRICS, "popularity_lift")
def popularity_lift(lists: RecommendedLists) -> float:
    """Mean number of events of recommended items over that of the users' histories, less 1 (Abdollahpouri et al. 2019).

    0 means as popular as the histories. Users with an empty list or an empty history are left out.
    """
    known = (lists.lengths > 0) & np.isfinite(lists.history_counts)
    usual = lists.history_counts[known].mean() if known.any() else 0.0
    recommended = lists.mean_of(lists.item_counts.astype(np.float64))[known]
    return float(recommended.mean() / usual - 1) if usual else 0.0


@register(BEYOND_ACCURACY_METRICS, "personalisation")
def personalisation(lists: RecommendedLists) -> float:
    """1 - the mean share of the k places that two users' lists have in common, over all pairs of users: 0 to 1."""
    n, k = lists.rows.shape
    users = np.bincount(lists.rows[lists.is_item], minlength=1).astype(np.float64)
    pairs = n * (n - 1) / 2
    return float(1 - (users * (users - 1) / 2).sum() / (pairs * k)) if pairs and k else 0.0
