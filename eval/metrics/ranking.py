"""Metrics as pure functions over ranks, lists and probabilities, one value for each user wherever that is possible."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from index.types import Floats, Rows

Array = npt.NDArray[np.float64]
DEPTHS = (5, 10, 20, 50, 100)
_METRIC = re.compile(r"([a-z][a-z0-9]*)@([1-9][0-9]*)")


@dataclass(frozen=True)
class Metric:
    """A metric of ranks at a depth, written `ndcg@10`."""

    kind: str
    k: int

    def __str__(self) -> str:
        return f"{self.kind}@{self.k}"


@dataclass(frozen=True)
class Ranks:
    """Where each user's relevant items stand, from 0, in growing order: user n has `ranks[starts[n]:starts[n + 1]]`.

    A rank is fractional where items tie, infinite where the item is not in the list. A user without a relevant item
    scores zero everywhere.
    """

    starts: Rows
    ranks: Array

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def relevant(self) -> Rows:
        """Number of relevant items of each user."""
        return np.diff(self.starts)

    @cached_property
    def owners(self) -> Rows:
        """The number of the user of each rank."""
        return np.repeat(np.arange(len(self)), self.relevant)

    def within(self, k: int, gains: Array | None = None) -> Array:
        """For each user the sum of `gains` (1 each by default) over the ranks under `k`."""
        inside = self.ranks < k
        weights = inside.astype(np.float64) if gains is None else np.where(inside, gains, 0.0)
        return np.bincount(self.owners, weights, len(self)).astype(np.float64, copy=False)

    @classmethod
    def single(cls, ranks: npt.ArrayLike) -> "Ranks":
        """One relevant item for each user."""
        flat = np.asarray(ranks, np.float64)
        return cls(np.arange(len(flat) + 1), flat)


def ranks_in_lists(lists: npt.NDArray[np.integer], starts: Rows, relevant: npt.NDArray[np.integer]) -> Ranks:
    """Where relevant items (user n has `relevant[starts[n]:starts[n + 1]]`) stand in lists (users, length) of ids."""
    owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    own = lists if len(owners) == len(lists) and np.all(np.diff(starts) == 1) else lists[owners]
    ranks = np.full(len(owners), np.inf)
    row, place = np.divmod(np.flatnonzero(own == relevant[:, None]), max(lists.shape[1], 1))
    ranks[row[::-1]] = place[::-1]  # of an id that stands twice, the first place
    if own is lists:
        return Ranks(starts, ranks)
    return Ranks(starts, ranks[np.lexsort((ranks, owners))])


def parse_metric(text: str) -> Metric:
    """`ndcg@10` as a metric. Raises ValueError for a kind that there is not, or no depth."""
    matched = _METRIC.fullmatch(text)
    if not matched or matched[1] not in KINDS:
        raise ValueError(f"{text!r} is no metric: one of {', '.join(KINDS)}, then @ and a depth")
    return Metric(matched[1], int(matched[2]))


def per_user(ranks: Ranks, metric: Metric) -> Array:
    """The value of a metric for each user, between 0 and 1; definitions as in trec_eval where it has them."""
    return KINDS[metric.kind](ranks, metric.k)


def every_value(ranks: Ranks, metrics: Sequence[Metric]) -> dict[Metric, Array]:
    """`per_user` for each metric; where everybody has one relevant item at a whole rank, read from one small table."""
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


def recall(ranks: Ranks, k: int) -> Array:
    """Share of the relevant items among the first k."""
    return _share(ranks.within(k), ranks.relevant)


def hit(ranks: Ranks, k: int) -> Array:
    """1 where any relevant item is among the first k."""
    return (ranks.within(k) > 0).astype(np.float64)


def precision(ranks: Ranks, k: int) -> Array:
    """Share of the first k that are relevant; a short list is not excused."""
    return ranks.within(k) / k


def f1(ranks: Ranks, k: int) -> Array:
    """Harmonic mean of precision and recall."""
    return _share(2 * ranks.within(k), ranks.relevant + k)


def ndcg(ranks: Ranks, k: int) -> Array:
    """Sum of 1 / log2(rank + 2) over the best that it could be (Järvelin and Kekäläinen 2002, gains of 1)."""
    best = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(k) + 2))])
    return _share(ranks.within(k, 1 / np.log2(ranks.ranks + 2)), best[np.minimum(ranks.relevant, k)])


def average_precision(ranks: Ranks, k: int) -> Array:
    """Precision at each relevant item among the first k, summed, over the number of relevant items (trec_eval)."""
    place = np.arange(len(ranks.ranks)) - ranks.starts[ranks.owners]
    return _share(ranks.within(k, (place + 1) / (ranks.ranks + 1)), ranks.relevant)


def reciprocal_rank(ranks: Ranks, k: int) -> Array:
    """1 / (rank + 1) of the first relevant item, if that is among the first k."""
    first = np.full(len(ranks), np.inf)
    some = ranks.relevant > 0
    first[some] = ranks.ranks[ranks.starts[:-1][some]]
    return np.where(first < k, 1 / (first + 1), 0.0)


KINDS: dict[str, Callable[[Ranks, int], Array]] = {
    "recall": recall,
    "hit": hit,
    "precision": precision,
    "f1": f1,
    "ndcg": ndcg,
    "map": average_precision,
    "mrr": reciprocal_rank,
}
EVERY_METRIC = tuple(Metric(kind, k) for kind in KINDS for k in DEPTHS)

# --- lists: rows of the catalogue, best first, shape (users, k); outside 0…n_items-1 where there is none


def coverage(lists: npt.NDArray[np.integer], n_items: int) -> float:
    """Share of the catalogue that is in anybody's list."""
    return len(np.unique(lists[_real(lists, n_items)])) / max(n_items, 1)


def novelty(lists: npt.NDArray[np.integer], counts: Rows, n_users: int) -> Array:
    """Mean surprise of each list in bits: -log2 of the share of users that had the item (Vargas and Castells 2011).

    `counts` are the users of each item among `n_users`; one is added to both, so that an item without events is finite.
    """
    bits = -np.log2((counts + 1) / (n_users + 1))
    return _mean_over_list(lists, bits)


def popularity_lift(lists: npt.NDArray[np.integer], counts: Rows, history_means: Array) -> float:
    """Mean number of events of what is recommended over that of what people had, less 1 (Abdollahpouri et al. 2019).

    `history_means` is the mean for each user's history; 0 means as popular as what they had. Empty lists are left out.
    """
    filled = _real(lists, len(counts)).any(1) & np.isfinite(history_means)
    usual = history_means[filled].mean() if filled.any() else 0.0
    lifted = _mean_over_list(lists[filled], counts.astype(np.float64))
    return float(lifted.mean() / usual - 1) if usual else 0.0


def diversity(lists: npt.NDArray[np.integer], vectors: Floats) -> Array:
    """Mean of 1 - cosine over the pairs of each list; `vectors` (n_items, d) of unit length (Ziegler et al. 2005)."""
    real = _real(lists, len(vectors))
    n = real.sum(1)
    total = np.zeros((len(lists), vectors.shape[1]), np.float64)
    for place in range(lists.shape[1]):  # the sum of all cosines is the squared length of the sum
        inside = real[:, place]
        total[inside] += vectors[lists[inside, place]]
    cosines = (np.einsum("ud,ud->u", total, total) - n) / np.maximum(n * (n - 1), 1)
    return np.where(n > 1, 1 - cosines, 0.0)


def personalisation(lists: npt.NDArray[np.integer], n_items: int) -> float:
    """1 - the mean share of items that two users' lists have in common, over all pairs of users."""
    n, k = lists.shape
    users = np.bincount(lists[_real(lists, n_items)], minlength=1).astype(np.float64)
    pairs = n * (n - 1) / 2
    return float(1 - (users * (users - 1) / 2).sum() / (pairs * k)) if pairs and k else 0.0


def _real(lists: npt.NDArray[np.integer], n_items: int) -> npt.NDArray[np.bool_]:
    return (lists >= 0) & (lists < n_items)


def _mean_over_list(lists: npt.NDArray[np.integer], of_item: Array) -> Array:
    """Mean of a value by item over each list, 0 for an empty one."""
    real = _real(lists, len(of_item))
    values = np.where(real, of_item[np.where(real, lists, 0)], 0.0) if len(of_item) else np.zeros(lists.shape)
    return _share(values.sum(1), real.sum(1))


# --- probabilities of yes against what was true, weighted so that a bootstrap can give each row a count


def auc(probabilities: Array, truth: npt.NDArray[np.bool_], weights: Array) -> float:
    """Area under the ROC curve; a tie counts half. NaN where only one answer occurs."""
    order = np.argsort(probabilities, kind="stable")
    ordered = probabilities[order]
    group = np.cumsum(np.concatenate([[0], np.diff(ordered) > 0])).astype(np.int64) if len(ordered) else order
    yes = np.bincount(group, (weights * truth)[order])
    no = np.bincount(group, (weights * ~truth)[order])
    pairs = yes.sum() * no.sum()
    return float((yes * (np.cumsum(no) - no / 2)).sum() / pairs) if pairs else float("nan")


def accuracy(probabilities: Array, truth: npt.NDArray[np.bool_], weights: Array) -> float:
    """Share of rows said right, yes being a probability of one half or more."""
    return float(np.average((probabilities >= 0.5) == truth, weights=weights))


def binary_precision(probabilities: Array, truth: npt.NDArray[np.bool_], weights: Array) -> float:
    """Share of the rows said yes that are; 0 where none is said yes."""
    said = weights * (probabilities >= 0.5)
    return float(said @ truth / said.sum()) if said.sum() else 0.0


def binary_recall(probabilities: Array, truth: npt.NDArray[np.bool_], weights: Array) -> float:
    """Share of the rows that are yes that are said so; 0 where none is."""
    true = weights * truth
    return float(true @ (probabilities >= 0.5) / true.sum()) if true.sum() else 0.0


def binary_f1(probabilities: Array, truth: npt.NDArray[np.bool_], weights: Array) -> float:
    """Harmonic mean of precision and recall of yes."""
    said = probabilities >= 0.5
    both = weights @ said + weights @ truth
    return float(2 * (weights @ (said & truth)) / both) if both else 0.0


def rmse(probabilities: Array, truth: npt.NDArray[np.bool_], weights: Array) -> float:
    """Root of the mean squared error of the probability (the square is the Brier score)."""
    return float(np.sqrt(np.average((probabilities - truth) ** 2, weights=weights)))


def mae(probabilities: Array, truth: npt.NDArray[np.bool_], weights: Array) -> float:
    """Mean absolute error of the probability."""
    return float(np.average(np.abs(probabilities - truth), weights=weights))


def log_loss(probabilities: Array, truth: npt.NDArray[np.bool_], weights: Array) -> float:
    """Mean of -log of the probability given to what was true, in nats; probabilities are kept 1e-7 from 0 and 1."""
    safe = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return float(np.average(-np.log(np.where(truth, safe, 1 - safe)), weights=weights))


def calibration(probabilities: Array, truth: npt.NDArray[np.bool_], weights: Array, bins: int = 10) -> float:
    """Expected calibration error: mean distance of said and true share over `bins` equal bins (Guo et al. 2017)."""
    place = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(place, weights * (probabilities - truth), minlength=bins)
    return float(np.abs(gaps).sum() / weights.sum())


CLASSIFICATION_METRICS: dict[str, Callable[[Array, npt.NDArray[np.bool_], Array], float]] = {
    "accuracy": accuracy,
    "precision": binary_precision,
    "recall": binary_recall,
    "f1": binary_f1,
    "auc": auc,
    "rmse": rmse,
    "mae": mae,
    "log_loss": log_loss,
    "calibration": calibration,
}


def _share(part: npt.NDArray[np.floating], whole: npt.NDArray[np.floating | np.integer]) -> Array:
    """`part / whole`, 0 where the whole is 0."""
    shares: Array = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return shares
