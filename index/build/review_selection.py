"""Selects the reviews that represent an item: those that are embedded."""

from collections import defaultdict
from dataclasses import dataclass

from index.data.domain import Catalogue
from index.data.records import Review
from index.data.reviews import review_text

MAX_PER_ITEM = 10  # reviews of one item that are embedded: more would hardly move their mean, and cost minutes


@dataclass(frozen=True)
class SelectedReviews:
    """Reviews that represent their items, in the order of the table, and the number of all reviews of known items."""

    reviews: tuple[Review, ...]
    n_known: int


def select_reviews(reviews: tuple[Review, ...], catalogue: Catalogue, limit: int = MAX_PER_ITEM) -> SelectedReviews:
    """At most `limit` reviews of each item of the catalogue: the longest of what is read, the first of equals.

    Neither ratings nor times decide, so that what is held out of an evaluation has as little influence as can be.
    """
    of_item: dict[str, list[int]] = defaultdict(list)
    for n, review in enumerate(reviews):
        if review.item_id in catalogue.row_of and review_text(review):
            of_item[review.item_id].append(n)
    kept = [
        n
        for places in of_item.values()
        for n in sorted(places, key=lambda place: (-len(review_text(reviews[place])), place))[:limit]
    ]
    return SelectedReviews(tuple(reviews[n] for n in sorted(kept)), sum(map(len, of_item.values())))
