"""What metrics are made of: names, the ranks of relevant items, recommended lists, and the tables of metrics by name.

A new metric is one function and, above it, one line that enters it in the table of its kind:

    @register(RANKING_METRICS, "hit")                # ranking.py: of ranks at a depth, one value for each user
    @register(BEYOND_ACCURACY_METRICS, "novelty")    # beyond_accuracy.py: of whole lists
    @register(CLASSIFICATION_METRICS, "auc")         # classification.py: of probabilities against what was true

Commands, reports and benchmarks read the tables: nothing else has to change.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from index.types import Floats, Mask, Rows

Array = npt.NDArray[np.float64]
ListRows = npt.NDArray[np.integer[Any]]
Truth = npt.NDArray[np.bool_]
NO_ITEM = -1  # the row that stands in a list where nothing is recommended
_NAME = re.compile("[a-z][a-z0-9_]*")
_METRIC = re.compile(rf"({_NAME.pattern})@([1-9][0-9]*)")


@dataclass(frozen=True)
class Metric:
    """A ranking metric at a depth, written `ndcg@10`."""

    kind: str
    k: int

    def __str__(self) -> str:
        return f"{self.kind}@{self.k}"


@dataclass(frozen=True)
class Ranks:
    """Ranks of each user's relevant items, from 0, ascending: user n has `ranks[starts[n]:starts[n + 1]]`.

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
        """For each user the sum of `gains` (1 each by default) over the ranks below `k`."""
        inside = self.ranks < k
        weights = inside.astype(np.float64) if gains is None else np.where(inside, gains, 0.0)
        return np.bincount(self.owners, weights, len(self)).astype(np.float64, copy=False)

    @classmethod
    def single(cls, ranks: npt.ArrayLike) -> "Ranks":
        """One relevant item for each user."""
        flat = np.asarray(ranks, np.float64)
        return cls(np.arange(len(flat) + 1), flat)


@dataclass(frozen=True)
class RecommendedLists:
    """What is recommended to each user: `rows` (users, k) of the catalogue, best first.

    A row outside 0…n_items - 1 is no item of the catalogue: nothing, or an id that it lacks. An item that stands in a
    list more than once counts once. The models were fitted on `item_counts` events of each item, by `n_users` users;
    `history_counts` is the mean of `item_counts` over each user's history, NaN for an empty one; `vectors`
    (n_items, dim) of unit length are those of the items' texts, None where there are none.
    """

    rows: ListRows
    item_counts: Rows
    n_users: int
    history_counts: Array
    vectors: Floats | None = None

    @property
    def n_items(self) -> int:
        """Number of items of the catalogue."""
        return len(self.item_counts)

    @cached_property
    def is_item(self) -> Mask:
        """(users, k): where an item of the catalogue stands for the first time in its list."""
        order = np.argsort(self.rows, axis=1, kind="stable")
        ordered = np.take_along_axis(self.rows, order, 1)
        repeated = np.zeros(self.rows.shape, bool)
        np.put_along_axis(repeated, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], 1)
        return (self.rows >= 0) & (self.rows < self.n_items) & ~repeated

    @cached_property
    def lengths(self) -> Rows:
        """Number of different items in each list."""
        return np.asarray(self.is_item.sum(1), np.int64)

    def mean_of(self, item_values: Array) -> Array:
        """Mean over each list of a value by item, 0 for an empty list."""
        if not self.n_items:
            return np.zeros(len(self.rows))
        values = np.where(self.is_item, item_values[np.where(self.is_item, self.rows, 0)], 0.0)
        return share(values.sum(1), self.lengths)


RankingMetric = Callable[[Ranks, int], Array]
BeyondAccuracyMetric = Callable[[RecommendedLists], "Array | float | None"]  # None where it cannot be told
ClassificationMetric = Callable[[Array, Truth, Array], float]  # probabilities, truth, weights of the rows
RANKING_METRICS: dict[str, RankingMetric] = {}
BEYOND_ACCURACY_METRICS: dict[str, BeyondAccuracyMetric] = {}
CLASSIFICATION_METRICS: dict[str, ClassificationMetric] = {}
M = TypeVar("M", bound=Callable[..., Any])


def register(table: dict[str, M], name: str) -> Callable[[M], M]:
    """Enter the function below this line in a table of metrics. Raises ValueError for a name taken or malformed."""
    if name in table or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a new metric: it is taken, or not {_NAME.pattern}")

    def enter(function: M) -> M:
        table[name] = function
        return function

    return enter


def parse_metric(text: str) -> Metric:
    """`ndcg@10` as a ranking metric. Raises ValueError for a kind that does not exist, or no depth."""
    matched = _METRIC.fullmatch(text)
    if not matched or matched[1] not in RANKING_METRICS:
        raise ValueError(f"{text!r} is no metric: one of {', '.join(RANKING_METRICS)}, then @ and a depth")
    return Metric(matched[1], int(matched[2]))


def ranks_in_lists(lists: ListRows, starts: Rows, relevant: ListRows) -> Ranks:
    """Ranks of relevant items (user n has `relevant[starts[n]:starts[n + 1]]`) in lists (users, length) of ids.

    An id that stands in a list more than once has the rank of its first place.
    """
    owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    own = lists if len(owners) == len(lists) and np.all(np.diff(starts) == 1) else lists[owners]
    ranks = np.full(len(owners), np.inf)
    row, place = np.divmod(np.flatnonzero(own == relevant[:, None]), max(lists.shape[1], 1))
    ranks[row[::-1]] = place[::-1]  # the first place is written last
    if own is lists:
        return Ranks(starts, ranks)
    return Ranks(starts, ranks[np.lexsort((ranks, owners))])


def share(part: npt.NDArray[np.floating[Any]], whole: npt.NDArray[np.floating[Any] | np.integer[Any]]) -> Array:
    """`part / whole`, 0 where the whole is 0."""
    shares: Array = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return shares
