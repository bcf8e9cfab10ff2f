"""The format `tables`: items, interactions and reviews as CSV, JSON lines or Parquet."""

import re
from collections.abc import Iterator, Sequence

from index.errors import MendableError
from index.importers.reading import Claim, Gathering, of_table, require
from index.importers.rows import Batch, Renaming, delimited_batches, json_batches, parquet_batches
from index.importers.sources import Source
from index.importers.splitting import Shape
from index.importers.tally import Tally

NEEDED = {"items": ("item_id", "title"), "interactions": ("user_id", "item_id"), "reviews": ("item_id", "text")}
_FILE = re.compile(r"(items|interactions|reviews)\.(csv|jsonl|parquet)")
_FOLDER = re.compile(r"(items|interactions|reviews)\.parquet")


class Tables:
    """Files with a header of our own column names, or of others that `--map` translates."""

    name = "tables"
    files = "items, interactions and reviews as .csv, .jsonl or .parquet, the first two also .gz"

    def claims(self, sources: Sequence[Source]) -> list[Claim]:
        """Files by name; a folder such as `interactions.parquet` holds the parts of a table."""
        found = []
        for source in sources:
            folder = _FOLDER.fullmatch(source.folder)
            if folder and source.name.endswith(".parquet"):
                found.append(Claim(folder[1], source, part=True))
            elif match := _FILE.fullmatch(source.name):
                found.append(Claim(match[1], source))
        return found

    def read(self, claims: Sequence[Claim], into: Gathering) -> None:
        """Items first: events and reviews of other items are rejected."""
        items, interactions, reviews = (of_table(claims, table) for table in NEEDED)

        def batches(table: str, source: Source) -> Iterator[Batch]:
            return table_batches(table, source, into.tally, into.renaming)

        if items:
            into.take_items(items, lambda source: batches("items", source))
        if interactions:
            into.take_events(interactions, lambda source: batches("interactions", source))
        if reviews:
            into.take_reviews(reviews, lambda source: batches("reviews", source))


def table_batches(table: str, source: Source, tally: Tally, renaming: Renaming) -> Iterator[Batch]:
    """The rows of one file, its kind told by its name. Raises MendableError where it lacks a column of its table."""
    kind = source.name.rpartition(".")[2]
    if kind == "jsonl":
        yield from json_batches(source, tally, renaming)
        return
    if kind not in ("csv", "parquet"):
        raise MendableError("the file is no .csv, .jsonl or .parquet", source.shown, "Save it as one of these")
    read = (
        delimited_batches(source, tally, Shape(), renaming)
        if kind == "csv"
        else parquet_batches(source, tally, renaming)
    )
    first = True
    for batch in read:
        if first:
            require(batch.names(), NEEDED[table], source)
            first = False
        yield batch
