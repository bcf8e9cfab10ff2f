"""Reads the reviews of a domain, and selects those that represent an item."""

from index.data.records import Review
from index.data.tables import read_table, table_path
from index.storage.home import domain_folder

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


def review_text(review: Review) -> str:
    """Title and text in one line, at most MAX_REVIEW characters."""
    return " ".join(f"{review.title or ''} {review.text or ''}".split())[:MAX_REVIEW]
