"""Selects the passages of reviews that represent an item, in one pass over millions of reviews."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index.data.domain import Catalogue
from index.data.records import Review
from index.data.reviews import review_text, review_title
from index.sentiment.sentences import Span, split_passages

MAX_PER_ITEM = 24  # passages of one item that are embedded: they cost what ten whole reviews did, and say more
READ = 2000  # characters of a review from which passages are taken
Place = tuple[int, int, int]  # number of a review in the table, first character, the one after the last


@dataclass(frozen=True, slots=True)
class Passage:
    """One to three sentences of a review: `span` are their characters in its words, `text` is what is embedded."""

    review: Review
    span: Span
    text: str


@dataclass(frozen=True)
class SelectedPassages:
    """The places of passages that represent their items, in the order of the table; the number of reviews of items."""

    places: tuple[Place, ...]
    n_known: int

    def read(self, reviews: Iterable[Review]) -> Iterator[Passage]:
        """The passages, from the same reviews in the same order."""
        waiting = iter(self.places)
        place = next(waiting, None)
        for number, review in enumerate(reviews):
            while place is not None and place[0] == number:
                yield _passage(review, Span(place[1], place[2]))
                place = next(waiting, None)
            if place is None:
                return


def select_passages(reviews: Iterable[Review], catalogue: Catalogue, limit: int = MAX_PER_ITEM) -> SelectedPassages:
    """At most `limit` passages of each item of the catalogue: the longest of each review, then the second of each, …

    Of passages that are equal in this the longer goes first, then the earlier. Neither ratings nor times decide, so
    that what is held out of an evaluation has as little influence as can be.
    """
    row_of, n_known = catalogue.row_of, 0
    kept: dict[int, list[tuple[int, int, int, Place]]] = defaultdict(list)
    for number, review in enumerate(reviews):
        row = row_of.get(review.item_id)
        passages = [] if row is None else split_passages(review_text(review)[:READ])
        if row is None or not passages:
            continue
        n_known += 1
        heap = kept[row]
        for nth, span in enumerate(sorted(passages, key=lambda each: (-len(each), each.start))[:limit]):
            entry = (-nth, len(span), -number, (number, span.start, span.end))
            if len(heap) < limit:
                heapq.heappush(heap, entry)
            elif entry > heap[0]:
                heapq.heapreplace(heap, entry)
            else:
                break
    return SelectedPassages(tuple(sorted(entry[-1] for heap in kept.values() for entry in heap)), n_known)


def _passage(review: Review, span: Span) -> Passage:
    """A passage as it is embedded, in one line; the first of a review after the review's title."""
    words = " ".join(span.of(review_text(review)).split())
    title = review_title(review)
    is_first = not review_text(review)[: span.start].strip()
    return Passage(review, span, f"{title}. {words}" if title and is_first else words)
