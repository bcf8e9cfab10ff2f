"""Vectors of reviews in memory: their items, writers and times, and what an item's reviews are like on the whole."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.data.domain import Histories
from index.data.known_reviews import HeldOut, known_reviews
from index.types import Floats, Rows


@dataclass(frozen=True)
class ReviewVectors:
    """Reviews as vectors of length one (n, dim), the row of each one's item, its writer ("" where it is anonymous).

    `times` are Unix seconds, UNKNOWN_TIME where a review has none; None where no review has one.
    """

    vectors: Floats
    rows: Rows
    writers: tuple[str, ...]
    times: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def known_from(
        self, histories: Histories, n_items: int, before: int | None = None, every: Histories | None = None
    ) -> "ReviewVectors":
        """The reviews that may be known to what is fitted on these histories: see `known_reviews`."""
        held_out = HeldOut(histories, n_items, before, every)
        return self._some(np.flatnonzero(known_reviews(self.rows, self.writers, self.times, held_out)))

    def item_means(self, n_items: int) -> Floats:
        """(n_items, dim): the mean of each item's reviews, less the mean of all items; 0 without a review."""
        sums = np.zeros((n_items, self.vectors.shape[1]), np.float32)
        np.add.at(sums, self.rows, self.vectors)
        counts = np.bincount(self.rows, minlength=n_items)[:, None]
        means = sums / np.maximum(counts, 1)
        common = means[counts[:, 0] > 0].mean(0) if len(self) else 0.0
        return np.asarray(np.where(counts > 0, means - common, 0), np.float32)

    def best_scores(self, query_vector: Floats, rows: Rows) -> Floats:
        """For each item the largest inner product of its reviews with a vector; 0 for an item without reviews."""
        order, starts = self._by_item
        ends = starts[np.minimum(rows + 1, len(starts) - 1)]
        begins = starts[np.minimum(rows, len(starts) - 1)]
        found = np.zeros(len(rows), np.float32)
        places = [order[begin:end] for begin, end in zip(begins, ends, strict=True)]
        scores = np.asarray(self.vectors[np.concatenate([*places, np.zeros(0, np.int64)])] @ query_vector, np.float32)
        owners = np.repeat(np.arange(len(rows)), [len(each) for each in places])
        has_reviews = np.array([len(each) > 0 for each in places], bool)
        found[has_reviews] = -np.inf
        np.maximum.at(found, owners, scores)
        return found

    @cached_property
    def _by_item(self) -> tuple[Rows, Rows]:
        """Reviews in order of their items, and where each item's begin."""
        order = np.argsort(self.rows, kind="stable")
        return order, np.concatenate([[0], np.cumsum(np.bincount(self.rows))]).astype(np.int64)

    def _some(self, places: Rows) -> "ReviewVectors":
        times = None if self.times is None else self.times[places]
        return ReviewVectors(self.vectors[places], self.rows[places], tuple(self.writers[n] for n in places), times)
