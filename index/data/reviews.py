"""Reads the reviews of a domain a block of rows at a time, so that millions of them need little memory."""

from collections.abc import Iterator, Sequence

from index.data.records import Review
from index.data.tables import read_blocks, table_path
from index.storage.home import domain_folder

MAX_REVIEW = 20_000  # characters of a review that are read: four times what anybody writes, and a bound for a megabyte
MAX_TITLE = 200  # characters of a review's title that are read
COLUMNS = ("review_id", "item_id", "text", "user_id", "rating", "timestamp", "title")


def has_reviews(domain: str) -> bool:
    """Whether a domain has a table of reviews."""
    return table_path(domain_folder(domain), "reviews").exists()


def stream_reviews(domain: str, columns: Sequence[str] = COLUMNS) -> Iterator[Review]:
    """The reviews of a domain in the order of the table, none where there is no table; fields not asked for are None.

    Raises MendableError where the table cannot be read.
    """
    if not has_reviews(domain):
        return
    for block in read_blocks(table_path(domain_folder(domain), "reviews"), columns):
        lists = [block[name] if name in block else [None] * len(block["item_id"]) for name in COLUMNS]
        yield from (Review(*row) for row in zip(*lists, strict=True))


def load_reviews(domain: str) -> tuple[Review, ...]:
    """All reviews of a domain in memory. Raises MendableError."""
    return tuple(stream_reviews(domain))


def review_text(review: Review) -> str:
    """The words of a review without its title, at most MAX_REVIEW characters: what quotes and their places are of."""
    return (review.text or "")[:MAX_REVIEW]


def review_title(review: Review) -> str:
    """The title of a review in one line, "" where it has none."""
    return " ".join((review.title or "").split())[:MAX_TITLE]
