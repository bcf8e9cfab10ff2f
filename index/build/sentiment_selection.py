"""Selects the reviews whose sentiment is judged, and those in which aspects are looked for: by chance, one pass."""

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from index.data.domain import Catalogue
from index.data.records import Review
from index.data.reviews import review_text
from index.types import Rows

MAX_PER_ITEM = 200  # reviews of one item that are judged: the mean of more moves by less than .03
SAMPLE = 3000  # reviews in which a domain's aspects are looked for: what fewer talk about is no aspect of it
READ = 1500  # characters of a review of that sample


@dataclass(frozen=True)
class SelectedReviews:
    """The numbers of reviews that are judged, in the order of the table; the number of all of known items; a sample."""

    numbers: Rows
    n_known: int
    sample: tuple[str, ...]


def select_judged(
    reviews: Iterable[Review], catalogue: Catalogue, limit: int = MAX_PER_ITEM, n_sample: int = SAMPLE
) -> SelectedReviews:
    """At most `limit` reviews of each item of the catalogue, and texts of at most `n_sample` of all.

    The hash of a review's id decides: neither stars nor times nor words, and the same reviews give the same.
    """
    row_of, n_known = catalogue.row_of, 0
    kept: dict[int, list[tuple[int, int]]] = defaultdict(list)
    sample: list[tuple[int, int, str]] = []
    for number, review in enumerate(reviews):
        row, text = row_of.get(review.item_id), review_text(review)
        if row is None or not text.strip():
            continue
        n_known += 1
        draw = -_draw(review.review_id)  # heaps hold the smallest draws, the largest of them first
        _keep(kept[row], (draw, -number), limit)
        if len(sample) < n_sample or draw > sample[0][0]:
            _keep(sample, (draw, -number, text[:READ]), n_sample)
    numbers = np.sort(np.array([-entry[1] for heap in kept.values() for entry in heap], np.int64))
    return SelectedReviews(numbers, n_known, tuple(entry[2] for entry in sorted(sample, key=lambda each: -each[1])))


def _keep(heap: list[tuple], entry: tuple, limit: int) -> None:  # type: ignore[type-arg]  # of two kinds of tuples
    if len(heap) < limit:
        heapq.heappush(heap, entry)
    else:
        heapq.heappushpop(heap, entry)


def _draw(review_id: str) -> int:
    raw = review_id.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(raw, digest_size=7).digest(), "big")
