"""What retrieval is asked and what it returns: a query, and candidates with the score of each channel."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from index.data.records import History
from index.types import Floats, Mask, Rows


def no_rows() -> Rows:
    """An empty array of catalogue rows."""
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Query:
    """One user's request as retrieval gets it.

    `history` holds the events and liked items, oldest first, items named in the conversation last; `disliked` are
    rows; `text` is the user's words; `allowed` marks the rows that may be returned (hard constraints, nothing of the
    history), None for all; `preference_boost` (n_items), soft wishes in log odds, is added to every item's score.
    """

    history: History
    disliked: Rows = field(default_factory=no_rows)
    text: str = ""
    allowed: Mask | None = None
    preference_boost: Floats | None = None


class Channel(Protocol):
    """A channel of retrieval: one way to find candidates. Higher scores are better, 0 where it has no score."""

    @property
    def name(self) -> str:
        """The channel's name in manifests, reports and replies."""

    def search(self, query: Query, n: int) -> Rows:
        """At most `n` allowed rows, best first; fewer where the query holds nothing that the channel reads."""

    def score(self, query: Query, rows: Rows) -> Floats:
        """The channel's scores of these rows, in the order given."""


class TextMatcher(Protocol):
    """Scores items by the user's text."""

    def match(self, text: str, rows: Rows) -> Floats:
        """How well each row matches the text: 0 not at all; higher is better."""


@dataclass(frozen=True)
class Candidates:
    """Retrieved items, best first: rows (n), the score of each channel (n, channels), the fused score (n).

    `features` (n, columns) are what the fusion made of the history alone and what it read, None where nobody asks.
    """

    rows: Rows
    scores: Floats
    fused: Floats
    channels: tuple[str, ...]
    features: Floats | None = None
    columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)
