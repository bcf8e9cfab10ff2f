"""Vectors of reviews in memory: whose they are, of which item, and what an item's reviews are like on the whole."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from index.data.domain import Histories
from index.types import Floats, Rows


@dataclass(frozen=True)
class ReviewVectors:
    """Reviews as vectors of length one (n, dim), the row of each one's item, its writer ("" where none is named)."""

    vectors: Floats
    rows: Rows
    writers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def known_from(self, histories: Histories, n_items: int) -> "ReviewVectors":
        """Those whose writer has the item in these histories, and those of nobody that is named.

        Where an event is held out, what its user wrote of the item must be too: it would give the answer away.
        """
        numbers = np.array([histories.place_of.get(writer, -1) for writer in self.writers], np.int64)
        events = histories.owners * n_items + histories.rows
        had = np.isin(numbers * n_items + self.rows, events) & (numbers >= 0)
        nobody = np.array([not writer for writer in self.writers], bool)
        return self._some(np.flatnonzero(had | nobody))

    def renumbered(self, original: Rows) -> "ReviewVectors":
        """The same for a catalogue in another order, whose row n is row `original[n]` of this one."""
        return replace(self, rows=np.argsort(original)[self.rows])

    def means(self, n_items: int) -> Floats:
        """(n_items, dim): the mean of each item's reviews, less what all items' have in common; 0 without a review."""
        sums = np.zeros((n_items, self.vectors.shape[1]), np.float32)
        np.add.at(sums, self.rows, self.vectors)
        counts = np.bincount(self.rows, minlength=n_items)[:, None]
        means = sums / np.maximum(counts, 1)
        common = means[counts[:, 0] > 0].mean(0) if len(self) else 0.0
        return np.asarray(np.where(counts > 0, means - common, 0), np.float32)

    def nearest(self, query_vector: Floats, rows: Rows) -> Floats:
        """For each of these items, how near its nearest review is to a vector; 0 for an item without reviews."""
        order, starts = self._by_item
        ends = starts[np.minimum(rows + 1, len(starts) - 1)]
        begins = starts[np.minimum(rows, len(starts) - 1)]
        found = np.zeros(len(rows), np.float32)
        places = [order[begin:end] for begin, end in zip(begins, ends, strict=True)]
        said = np.asarray(self.vectors[np.concatenate([*places, np.zeros(0, np.int64)])] @ query_vector, np.float32)
        owners = np.repeat(np.arange(len(rows)), [len(each) for each in places])
        some = np.array([len(each) > 0 for each in places], bool)
        found[some] = -np.inf
        np.maximum.at(found, owners, said)
        return found

    @cached_property
    def _by_item(self) -> tuple[Rows, Rows]:
        """Reviews in order of their items, and where each item's begin."""
        order = np.argsort(self.rows, kind="stable")
        return order, np.concatenate([[0], np.cumsum(np.bincount(self.rows))]).astype(np.int64)

    def _some(self, places: Rows) -> "ReviewVectors":
        return ReviewVectors(self.vectors[places], self.rows[places], tuple(self.writers[n] for n in places))
