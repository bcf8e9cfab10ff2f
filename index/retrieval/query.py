"""What is asked of retrieval, and what it answers: candidates with the score of each channel."""

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
    """One person's wish as retrieval sees it.

    `history` is what they had and liked, oldest first, films named in the talk last; `disliked` are rows; `text` their
    own words; `allowed` marks the rows that may be returned (hard constraints, nothing that was had), None for all;
    `lean` (n_items) is added to every item's score: soft wishes, in log odds.
    """

    history: History
    disliked: Rows = field(default_factory=no_rows)
    text: str = ""
    allowed: Mask | None = None
    preference_boost: Floats | None = None


class Channel(Protocol):
    """One way to find candidates. Higher scores are better; 0 is what a channel says where it has nothing to say."""

    @property
    def name(self) -> str:
        """The word that stands for the channel in manifests, reports and replies."""

    def search(self, query: Query, n: int) -> Rows:
        """At most `n` allowed rows, best first; fewer where the channel has nothing to go on."""

    def score(self, query: Query, rows: Rows) -> Floats:
        """The channel's scores of these rows, in the order given."""


class TextMatcher(Protocol):
    """What answers to somebody's own words."""

    def match(self, text: str, rows: Rows) -> Floats:
        """How well rows match the words: 0 not at all; higher is better."""


@dataclass(frozen=True)
class Candidates:
    """What was retrieved, best first: rows (n), the score of each channel (n, channels), the fused score (n)."""

    rows: Rows
    scores: Floats
    fused: Floats
    channels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)
