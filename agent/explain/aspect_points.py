"""What a reason may tell of an item's reviews: an aspect that they praise or blame, in the words of one of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from agent.explain.aspect_relevance import AspectRelevance
from index.data.records import Item
from index.sentiment.item_sentiment import MIN_TELLING, ItemSentiments, Quote
from index.types import Floats

PRAISED, BLAMED = 0.2, -0.2  # mean score of an aspect from which on its reviews praise it, or blame it
SAID = 0.5  # of a sentence that is quoted for it: what half praises or blames shows neither
REPEATED = 0.7  # log odds that an aspect loses each time that a reason of the list has told of it
MAX_QUOTE = 160  # characters of a quote that a reason still has room for


@dataclass(frozen=True, slots=True)
class Point:
    """An aspect of an item that its reviews praise, or blame, with the sentence of one of them."""

    aspect: str
    quote: Quote
    praises: bool


@dataclass
class PointChooser:
    """Chooses what is told of the reviews of a list's items for one user; what was told before counts against it."""

    sentiments: ItemSentiments
    user: str | None
    relevance: AspectRelevance
    _told: Counter[int] = field(default_factory=Counter)

    def choose(self, row: int) -> tuple[Point, ...]:
        """A praised aspect that the user would speak of most likely, and a blamed one; each where there is one."""
        order = self._order(row)
        found = (next(self._points(row, order, praises), None) for praises in (True, False))
        return tuple(point for point in found if point is not None)

    def settle(self, points: tuple[Point, ...]) -> None:
        """Take note of what a reason tells."""
        names = self.sentiments.opinions.aspects.names
        self._told.update(names.index(point.aspect) for point in points)

    @cached_property
    def _of_user(self) -> Floats:
        return self.relevance.mentions_of(self.user)

    def _order(self, row: int) -> list[int]:
        scores = self.relevance.scores(row, self._of_user)
        scores = scores - REPEATED * np.array([self._told[n] for n in range(len(scores))], np.float32)
        return [int(n) for n in np.argsort(-scores, kind="stable") if self.sentiments.aspect_n[row, n] >= MIN_TELLING]

    def _points(self, row: int, order: list[int], praises: bool) -> Iterator[Point]:
        for n in order:
            score = float(self.sentiments.aspect_scores[row, n])
            if score >= PRAISED if praises else score <= BLAMED:
                quote = self.sentiments.quote(row, 1 if praises else -1, n)
                if quote is not None and len(quote.text) <= MAX_QUOTE and abs(quote.score) >= SAID:
                    yield Point(self.sentiments.opinions.aspects.names[n], quote, praises)


def is_told(item: Item, aspect: str, praises: bool) -> bool:
    """Whether the reviews of an item praise an aspect, or blame it."""
    score = item.aspects.get(aspect)
    return score is not None and (score >= PRAISED if praises else score <= BLAMED)
