"""What an importer of one format is: which files it recognises, and how it reads them into a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from index.errors import MendableError
from index.importers.dataset_builder import DatasetBuilder
from index.importers.sources import Source


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that holds one of a format's tables; a table that is a folder of parts is several `part` files."""

    table: str
    source: Source
    part: bool = False


class Importer(Protocol):
    """One format."""

    @property
    def name(self) -> str:
        """What `--format` calls it."""

    @property
    def files(self) -> str:
        """The names of its files, in words."""

    def recognise(self, sources: Sequence[Source]) -> list[TableFile]:
        """The files that are tables of the format, none where the files are of another."""

    def read(self, files: Sequence[TableFile], dataset: DatasetBuilder) -> None:
        """Read them all."""


def sources_of(files: Sequence[TableFile], table: str) -> list[Source]:
    """The files of one table: one, or the parts of one folder. Raises MendableError where the table is there twice."""
    found = [file for file in files if file.table == table]
    if len(found) > 1 and not (
        all(file.part for file in found) and len({str(file.source.path.parent) for file in found}) == 1
    ):
        raise MendableError(
            f"the table {table!r} is there twice",
            f"{found[0].source.shown} and {found[1].source.shown}",
            "Keep one of them, or name the files one by one",
        )
    return [file.source for file in found]


def require_columns(names: Sequence[str], needed: Sequence[str], where: str) -> None:
    """Raises MendableError where a header, at `file:line`, lacks a column that its table needs."""
    missing = [name for name in needed if name not in names]
    if missing:
        there = ", ".join(name for name in names if name)[:200]
        raise MendableError(
            f"there is no column {missing[0]!r} (there are: {there})",
            where,
            f"Name it so in the header, or say which it is with --map {missing[0]}=COLUMN",
        )
