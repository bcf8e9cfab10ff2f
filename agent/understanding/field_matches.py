"""What a message says of an item's fields, before it is known whether it is wanted or not."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.constraints import Constraint


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """The words from `start` to `end` say `parts`: all of them, or with `any_of` at least one."""

    start: int
    end: int
    parts: tuple[Constraint, ...]
    any_of: bool = False
    plural: bool = False
    is_soft: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """The fields that are spoken of."""
        return frozenset(part.field for part in self.parts)


class TokenMask:
    """Which words of a message are not yet taken by a finding."""

    def __init__(self, n: int, taken: Iterable[tuple[int, int]] = ()) -> None:
        self.taken = [False] * n
        for start, end in taken:
            self.take(start, end)

    def take(self, start: int, end: int) -> None:
        """Mark the words from `start` to `end` as taken."""
        self.taken[start:end] = [True] * (end - start)

    def are(self, start: int, end: int) -> bool:
        """Whether all these words are still free."""
        return not any(self.taken[start:end])
