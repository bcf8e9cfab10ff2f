"""Reads the reviews of a domain, and selects those that represent an item."""

from collections import defaultdict
from dataclasses import dataclass

from index.data.domain import Catalogue
from index.data.records import Review
from index.data.tables import read_table, table_path
from index.storage.home import domain_folder

MAX_PER_ITEM = 10  # reviews of one item that are embedded: more would hardly move their mean, and cost minutes
MAX_REVIEW = 1000  # characters of a review that are read


def has_reviews(domain: str) -> bool:
    """Whether a domain has a table of reviews."""
    return table_path(domain_folder(domain), "reviews").exists()


def load_reviews(domain: str) -> tuple[Review, ...]:
    """The reviews of a domain in the order of the table, none where there is no table. Raises MendableError."""
    if not has_reviews(domain):
        return ()
    table = read_table(table_path(domain_folder(domain), "reviews"))
    names = ("review_id", "item_id", "text", "user_id", "rating", "timestamp", "title")
    absent = [None] * table.num_rows
    columns = [table.column(name).to_pylist() if name in table.column_names else absent for name in names]
    return tuple(Review(*row) for row in zip(*columns, strict=True))


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


def review_text(review: Review) -> str:
    """Title and text in one line, at most MAX_REVIEW characters."""
    return " ".join(f"{review.title or ''} {review.text or ''}".split())[:MAX_REVIEW]
