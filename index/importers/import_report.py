"""What is told of an import: its counts as JSON and in words, its notes, the first rows of each table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from index.data.domain_writer import DomainTables
from index.data.tables import items_table
from index.importers.importer import TableFile
from index.importers.sources import Found, list_names
from index.importers.tally import Tally
from index.storage.json_text import json_text


@dataclass(frozen=True)
class ImportReport:
    """What an import took and what it did not."""

    domain: str
    tables: DomainTables
    tally: Tally
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> Mapping[str, int]:
        """The rows of the files: all of them are used, rejected or duplicates."""
        tally = self.tally
        counts = (tally.read, tally.used, tally.rejected, tally.duplicates)
        return dict(zip(("read", "used", "rejected", "duplicates"), counts, strict=True))

    def as_json(self) -> dict[str, Any]:
        """The report as JSON: counts of the tables, of the rows, and of each rule with the `file:line` of its first."""
        events, reviews = self.tables.interactions, self.tables.reviews
        return {
            "domain": self.domain,
            "items": len(self.tables.items),
            "interactions": 0 if events is None else events.num_rows,
            "reviews": 0 if reviews is None else reviews.num_rows,
            "users": 0 if events is None else pc.count_distinct(events.column("user_id")).as_py(),
            "rows": dict(self.rows),
            "kinds": {name: {"n": kind.n, "first": kind.first} for name, kind in self.tally.kinds.items()},
        }

    def as_text(self) -> str:
        """The counts in one line."""
        report = self.as_json()
        tables = ", ".join(f"{report[name]:,} {name}" for name in ("items", "interactions", "reviews", "users"))
        rows = ", ".join(f"{n:,} {name}" for name, n in self.rows.items())
        return f"{self.domain}: {tables} (rows: {rows})"


def notes_of(tally: Tally, found: Found, files: Sequence[TableFile]) -> tuple[str, ...]:
    """A line for each rule that was applied, and one for what was left out of the files that were found."""
    taken = {file.source.shown for file in files}
    notes = [kind.as_text(name) for name, kind in tally.kinds.items()]
    others = [source.own_name for source in found.sources if source.shown not in taken]
    if others:
        notes.append(f"files left out, as they are no table of this format: {list_names(others)}")
    if found.passed_over:
        notes.append(f"left out: {list_names(found.passed_over)}")
    return tuple(notes)


def preview(tables: DomainTables, n: int = 3) -> str:
    """The first rows of each table, for a person to look at."""
    shown = {"items": items_table(tables.items), "interactions": tables.interactions, "reviews": tables.reviews}
    lines = []
    for name, table in shown.items():
        if table is not None:
            lines.append(f"{name}:")
            rows = table.slice(0, n).to_pylist()
            lines += [json_text({k: v for k, v in row.items() if v is not None}) for row in rows]
    return "\n".join(lines)
