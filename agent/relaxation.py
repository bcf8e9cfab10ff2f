"""Relaxes as few hard wishes as possible where no item satisfies all of them, and says why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from agent.constraints import Wish
from agent.language.constraint_text import describe_exclusion, describe_wish, join_words
from index.types import Mask

_MAX_TRIED = 10  # wishes up to which every set that may be relaxed is tried


@dataclass(frozen=True, slots=True)
class HardWish:
    """One hard wish: it must hold, or where it is `barred` must not."""

    wish: Wish
    barred: bool

    @property
    def words(self) -> str:
        """As it is said."""
        return describe_exclusion(self.wish) if self.barred else describe_wish(self.wish)


def intersect(masks: Sequence[Mask], available: Mask) -> Mask:
    """The available rows that are in every mask."""
    mask = available.copy()
    for each in masks:
        mask &= each
    return mask


def choose_relaxed(
    wishes: list[HardWish], masks: dict[HardWish, Mask], available: Mask, k: int
) -> tuple[HardWish, ...]:
    """The smallest set of wishes without which items remain; none where some remain, or the catalogue has none."""
    if not available.any() or intersect(list(masks.values()), available).any():
        return ()
    if len(wishes) > _MAX_TRIED:
        return _relax_oldest(wishes, masks, available)
    for size in range(1, len(wishes) + 1):
        choices = list(combinations(wishes, size))
        counts = [int(intersect([masks[w] for w in wishes if w not in chosen], available).sum()) for chosen in choices]
        if max(counts) > 0:
            hard = [sum(wish.barred for wish in chosen) for chosen in choices]
            best = max(range(len(choices)), key=lambda n: (counts[n] > 0, -hard[n], min(counts[n], k), -n))
            return choices[best]
    return ()


def _relax_oldest(wishes: Iterable[HardWish], masks: dict[HardWish, Mask], available: Mask) -> tuple[HardWish, ...]:
    """For many wishes: keep each, the newest first, that still leaves an item; the others are relaxed."""
    kept, left = [], available
    for wish in reversed(list(wishes)):
        if (left & masks[wish]).any():
            kept.append(wish)
            left = left & masks[wish]
    return tuple(wish for wish in wishes if wish not in kept)


def because(key: HardWish, masks: dict[HardWish, Mask], available: Mask) -> str:
    """Why a wish was relaxed: the fewest others with which nothing satisfies it."""
    if not (available & masks[key]).any():
        return f"no item is {key.words}" if not key.barred else f"every item is {describe_wish(key.wish)}"
    others = [wish for wish in masks if wish != key]
    for size in range(1, min(len(others), 3) + 1):
        for chosen in combinations(others, size):
            if not intersect([masks[key], *(masks[wish] for wish in chosen)], available).any():
                return _conflict([*chosen, key])
    return "no item is all of this at once: " + ", ".join(wish.words for wish in masks)


def _conflict(wishes: Sequence[HardWish]) -> str:
    wanted = [wish for wish in wishes if not wish.barred]
    barred = [wish.words for wish in wishes if wish.barred]
    if not wanted:
        return f"no item is left with {join_words(barred)}"
    words = [describe_wish(wish.wish) for wish in wanted]
    both = f"both {join_words(words)}" if len(words) == 2 and not barred else join_words(words)
    return f"no item is {both}" + (f" with {join_words(barred)}" if barred else "")
