"""The format `tables`: items, interactions and reviews as CSV, JSON lines or Parquet."""

import re
from collections.abc import Iterator, Sequence

from index.errors import MendableError
from index.importers.column_names import ColumnNames
from index.importers.dataset_builder import DatasetBuilder
from index.importers.delimited_text import Shape
from index.importers.importer import TableFile, require_columns, sources_of
from index.importers.rows import Batch, Renaming, delimited_batches, json_batches, parquet_batches
from index.importers.sources import Source
from index.importers.tally import Tally

NEEDED = {"items": ("item_id", "title"), "interactions": ("user_id", "item_id"), "reviews": ("item_id", "text")}
_FILE = re.compile(r"(items|interactions|reviews)\.(csv|jsonl|parquet)")
_FOLDER = re.compile(r"(items|interactions|reviews)\.parquet")


class Tables:
    """Files with a header of our own column names, of usual ones (`column_names`), or of others with `--map`."""

    name = "tables"
    files = "items, interactions and reviews as .csv, .jsonl or .parquet, the first two also .gz"

    def recognise(self, sources: Sequence[Source]) -> list[TableFile]:
        """Files by name; a folder such as `interactions.parquet` holds the parts of a table."""
        found = []
        for source in sources:
            folder = _FOLDER.fullmatch(source.folder)
            if folder and source.name.endswith(".parquet"):
                found.append(TableFile(folder[1], source, part=True))
            elif match := _FILE.fullmatch(source.name):
                found.append(TableFile(match[1], source))
        return found

    def read(self, files: Sequence[TableFile], dataset: DatasetBuilder) -> None:
        """Items first: events and reviews of other items are rejected."""
        items, interactions, reviews = (sources_of(files, table) for table in NEEDED)

        def batches(table: str, source: Source) -> Iterator[Batch]:
            return table_batches(table, source, dataset.tally, dataset.renaming)

        if items:
            dataset.add_items(items, lambda source: batches("items", source))
        if interactions:
            dataset.add_events(interactions, lambda source: batches("interactions", source))
        if reviews:
            dataset.add_reviews(reviews, lambda source: batches("reviews", source))


def table_batches(table: str, source: Source, tally: Tally, renaming: Renaming) -> Iterator[Batch]:
    """The rows of one file, its kind told by its name. Raises MendableError where it lacks a column of its table."""
    names, kind = ColumnNames(table, tally), source.name.rpartition(".")[2]
    if kind == "jsonl":  # each line names its own columns and is rejected where it lacks one; but one must have them
        for n, named in enumerate(map(names.apply, json_batches(source, tally, renaming))):
            if n == 0:
                needed = [name for name in NEEDED[table] if name != "title"]
                require_columns(named.names(), needed, source.at(named.lines[0]))
            yield named
        return
    if kind not in ("csv", "parquet"):
        raise MendableError("the file is no .csv, .jsonl or .parquet", source.shown, "Save it as one of these")
    if kind == "csv":
        batches = delimited_batches(source, tally, Shape(), renaming)
    else:
        batches = parquet_batches(source, tally, renaming)
    for batch in map(names.apply, batches):
        require_columns(batch.names(), NEEDED[table], source.at(batch.header))
        yield batch
