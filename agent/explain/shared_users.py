"""Pairs of items that the same users like, or have, more often than chance would have it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from agent.explain.liked_items import is_graded, liked_events
from agent.weak_cache import WeakCache
from index.data.domain import Domain
from index.types import Mask, Rows

MIN_BOTH = 5  # users of both items: with fewer, one user more would change what is said
MIN_DEVIATIONS = 3.0  # standard deviations above what chance gives; a list names pairs out of many
MAJORITY = 0.5  # share of the users of one item, above which "most of them" are users of the other


@dataclass(frozen=True, slots=True)
class Pair:
    """How many users two items have in common, how many the source has, the other one, and how many there are."""

    both: int
    source: int
    other: int
    users: int

    @property
    def lift(self) -> float:
        """How much more often the source's users are users of the other item than all users are."""
        return self.both * self.users / max(self.source * self.other, 1)

    @property
    def is_telling(self) -> bool:
        """Whether that is clearly more often than by chance (normal approximation of a binomial)."""
        chance = self.other / max(self.users, 1)
        expected = self.source * chance
        deviation = np.sqrt(max(expected * (1 - chance), 1e-9))
        return bool(self.both >= MIN_BOTH and self.both - expected >= MIN_DEVIATIONS * deviation)

    @property
    def is_most(self) -> bool:
        """Whether most of the source's users are users of the other item."""
        return self.is_telling and self.both > MAJORITY * self.source


@dataclass(frozen=True)
class SharedUsers:
    """The users of each item: `users` in order of the items, those of row n from `starts[n]` on."""

    starts: Rows
    users: npt.NDArray[np.int32]

    @classmethod
    def of(cls, domain: Domain, counted: Mask) -> "SharedUsers":
        """From those events of a domain that are counted."""
        histories, n_items = domain.histories, len(domain.catalogue)
        rows, owners = histories.rows[counted], histories.owners[counted]
        order = np.argsort(rows, kind="stable")  # the events of an item stay in order of their users
        rows, owners = rows[order], owners[order]
        is_new = np.ones(len(rows), bool)
        is_new[1:] = (rows[1:] != rows[:-1]) | (owners[1:] != owners[:-1])
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows[is_new], minlength=n_items))]).astype(np.int64)
        return cls(starts, owners[is_new].astype(np.int32))

    @cached_property
    def n_users(self) -> int:
        """Users of any item."""
        return len(np.unique(self.users))

    def pair(self, source: int, other: int) -> Pair:
        """What two rows have in common."""
        first, second = self._of(source), self._of(other)
        both = len(np.intersect1d(first, second, assume_unique=True))
        return Pair(both, len(first), len(second), self.n_users)

    def _of(self, row: int) -> npt.NDArray[np.int32]:
        return self.users[self.starts[row] : self.starts[row + 1]]


@dataclass(frozen=True)
class UsersOfItems:
    """Who likes each item, None in a domain whose events tell of no liking, and who has it in their history."""

    liking: SharedUsers | None
    having: SharedUsers

    @classmethod
    def of(cls, domain: Domain) -> "UsersOfItems":
        """From all events of a domain."""
        histories = domain.histories
        having = SharedUsers.of(domain, np.ones(len(histories.rows), bool))
        if not is_graded(histories.scale):
            return cls(None, having)
        return cls(SharedUsers.of(domain, liked_events(histories.values, histories.scale)), having)


users_of_items: WeakCache[Domain, UsersOfItems] = WeakCache(UsersOfItems.of)
