"""Records of what a message says of fields, before it is decided whether it is wanted, and of which words are used."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.constraints import Constraint


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """The words from `start` to `end` say `parts`: all of them, or with `any_of` at least one.

    `is_soft` where they only prefer it ("recent"), `is_plural` as in "comedies".
    """

    start: int
    end: int
    parts: tuple[Constraint, ...]
    any_of: bool = False
    is_plural: bool = False
    is_soft: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """The fields of its parts."""
        return frozenset(part.field for part in self.parts)


class TokenMask:
    """Which words of a message are already understood, by a title or a field match."""

    def __init__(self, n: int, taken: Iterable[tuple[int, int]] = ()) -> None:
        self.taken = [False] * n
        for start, end in taken:
            self.take(start, end)

    def take(self, start: int, end: int) -> None:
        """Mark the words from `start` to `end` as understood."""
        self.taken[start:end] = [True] * (end - start)

    def are_free(self, start: int, end: int) -> bool:
        """Whether none of the words from `start` to `end` is understood yet."""
        return not any(self.taken[start:end])
