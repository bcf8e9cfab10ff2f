"""Items that join a domain: one file, read so that its cells have the types of the domain's columns."""

from collections.abc import Mapping
from pathlib import Path

from index.data.domain import existing_folder
from index.data.records import Item
from index.data.tables import ColumnKind, column_kinds, table_path
from index.errors import MendableError
from index.importers.dataset_builder import DatasetBuilder
from index.importers.sources import Found, find_sources
from index.importers.tables import table_batches
from index.importers.tally import Tally


def items_to_add(path: Path, domain: str) -> tuple[list[Item], list[str]]:
    """The items of one file with the types of a domain's columns, and a line for each rule that was applied.

    Raises MendableError at the line of the first row or cell that is bad.
    """
    found, tally = find_sources([path]), Tally()
    items = _read(path, found, tally, column_kinds(table_path(existing_folder(domain), "items")))
    return items, [kind.as_text(name) for name, kind in tally.kinds.items()]


def read_items(path: Path) -> list[Item]:
    """The items of one file by themselves, as the format `tables` reads them. Raises MendableError as above."""
    return _read(path, find_sources([path]), Tally(), {})


def _read(path: Path, found: Found, tally: Tally, kinds: Mapping[str, ColumnKind]) -> list[Item]:
    if path.is_dir() or len(found.sources) != 1:
        raise MendableError("this is no single file", str(path), "Name one file of items")
    dataset = DatasetBuilder(tally)
    rows = dataset.add_items(found.sources, lambda source: table_batches("items", source, tally, dataset.renaming))
    if tally.rejected:
        raise tally.refusal(None, "Mend them")
    return rows.finish_like(kinds)
