"""Imports files of the user's own into a domain: read by one format's reader, counted, and put in place as a whole."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from index.data.domain_writer import DomainTables, unfinished_folder, write_domain
from index.data.records import Item
from index.data.tables import items_table
from index.errors import MendableError, printable
from index.importers.movielens import MovieLens
from index.importers.reading import Claim, Gathering, Reader
from index.importers.recbole import RecBole
from index.importers.rows import Renaming
from index.importers.sources import Source, find_sources
from index.importers.tables import Tables, table_batches
from index.importers.tally import Tally
from index.storage.home import checked_name, home, mendable_writes
from index.storage.json_text import json_text

READERS: tuple[Reader, ...] = (Tables(), MovieLens(), RecBole())
REJECTS = "rejects.jsonl"
MAX_NAMED = 8  # files or columns named in one line


@dataclass(frozen=True)
class ImportSettings:
    """What is imported and how; `max_bad` is the percentage of rows that may be rejected, `names` are of `--map`."""

    paths: tuple[Path, ...]
    domain: str
    format: str = "auto"
    max_bad: float = 1.0
    names: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False

    def __post_init__(self) -> None:
        checked_name(self.domain)
        known = [reader.name for reader in READERS]
        if self.format != "auto" and self.format not in known:
            raise MendableError(f"no format {self.format!r}", "--format", f"There are: auto, {', '.join(known)}")


@dataclass(frozen=True)
class ImportReport:
    """What an import took and what it did not."""

    domain: str
    tables: DomainTables
    tally: Tally
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The object of the contract's section 7."""
        events, reviews, tally = self.tables.interactions, self.tables.reviews, self.tally
        return {
            "domain": self.domain,
            "items": len(self.tables.items),
            "interactions": 0 if events is None else events.num_rows,
            "reviews": 0 if reviews is None else reviews.num_rows,
            "users": 0 if events is None else pc.count_distinct(events.column("user_id")).as_py(),
            "rows": {
                "read": tally.read,
                "used": tally.used,
                "rejected": tally.rejected,
                "duplicates": tally.duplicates,
            },
            "kinds": {name: {"n": kind.n, "first": kind.first} for name, kind in tally.kinds.items()},
        }

    def as_text(self) -> str:
        """The same in one line."""
        told = self.as_json()
        tables = ", ".join(f"{told[name]:,} {name}" for name in ("items", "interactions", "reviews", "users"))
        rows = ", ".join(f"{n:,} {name}" for name, n in told["rows"].items())
        return f"{self.domain}: {tables} (rows: {rows})"


def import_domain(settings: ImportSettings) -> ImportReport:
    """Replace a domain by what the files hold. Raises MendableError where it cannot: the domain is then as it was."""
    sources = find_sources(settings.paths)
    reader, claims = _reader_of(settings.format, sources)
    with unfinished_folder(settings.domain, settings.dry_run) as aside:
        tally = Tally(aside and aside / REJECTS)
        into = Gathering(tally, Renaming(settings.names))
        try:
            reader.read(claims, into)
        finally:
            tally.close()
        _refuse_too_many(settings, tally)
        _refuse_unmet_names(settings, into.renaming)
        report = ImportReport(settings.domain, _tables(into), tally, _notes(sources, claims, into))
        if aside is not None:
            about = {"source": [str(path) for path in settings.paths], "format": reader.name}
            (aside / REJECTS).touch()
            write_domain(aside, settings.domain, report.tables, {**about, "rows": report.as_json()["rows"]})
            shutil.rmtree(_refused(settings.domain), ignore_errors=True)
    return report


def read_items(path: Path) -> list[Item]:
    """The items of one file, as the format `tables` reads them. Raises MendableError for the first row that is bad."""
    tally = Tally()
    into = Gathering(tally)
    sources = find_sources([path])
    if path.is_dir() or len(sources) != 1:
        raise MendableError("this is no single file", str(path), "Name one file of items")
    claims = [Claim("items", source) for source in sources]
    rows = into.take_items(claims, lambda source: table_batches("items", source, tally, into.renaming))
    if tally.rejected:
        raise tally.refusal(None, "Mend them")
    return rows.finish()


def preview(tables: DomainTables, n: int = 3) -> str:
    """The first rows of each table, for a person to look at."""
    shown = {"items": items_table(tables.items), "interactions": tables.interactions, "reviews": tables.reviews}
    lines = []
    for name, table in shown.items():
        if table is not None:
            lines.append(f"{name}:")
            rows = table.slice(0, n).to_pylist()
            lines += [json_text({k: v for k, v in row.items() if v is not None}) for row in rows]
    return "\n".join(printable(line) for line in lines)


def _reader_of(name: str, sources: Sequence[Source]) -> tuple[Reader, list[Claim]]:
    """The one reader that knows the files, and those that it takes."""
    asked = [reader for reader in READERS if name in ("auto", reader.name)]
    able = [(reader, claims) for reader in asked if (claims := reader.claims(sources))]
    if len(able) == 1:
        return able[0]
    if able:
        both = " and ".join(reader.name for reader, _ in able)
        raise MendableError(f"the files could be {both}", "--format", "Say which with --format")
    files = "; ".join(f"{reader.name}: {reader.files}" for reader in asked)
    raise MendableError(
        f"no table was recognised among {_some([source.name for source in sources])}",
        str(sources[0].path if len(sources) == 1 else sources[0].path.parent) if sources else "the paths given",
        f"What is read: {files}",
    )


def _refuse_too_many(settings: ImportSettings, tally: Tally) -> None:
    if not tally.has_too_many(settings.max_bad):
        return
    if tally.path is None:
        raise tally.refusal(None)
    kept = _refused(settings.domain) / REJECTS
    with mendable_writes(kept):
        kept.parent.mkdir(parents=True, exist_ok=True)
        tally.path.replace(kept)
    raise tally.refusal(kept)


def _refuse_unmet_names(settings: ImportSettings, renaming: Renaming) -> None:
    unmet = [name for name in settings.names if name not in renaming.met]
    if unmet:
        raise MendableError(f"no file has a column {unmet[0]!r}", "--map", "Name a column of the files")


def _tables(into: Gathering) -> DomainTables:
    interactions = None if into.events is None else into.events.finish()
    reviews = None if into.reviews is None else into.reviews.finish()
    items = _items_without_a_table(into) if into.items is None else into.items.finish()
    if not items:
        raise MendableError("no item is left to recommend", into.tally.first_reject or "the files", "Mend the rows")
    return DomainTables(items, interactions, reviews)


def _items_without_a_table(into: Gathering) -> list[Item]:
    """The items that events and reviews speak of, in the order of the first of each, with their ids for titles."""
    first: dict[str, tuple[Source, int]] = {}
    for rows in (into.events, into.reviews):
        for item_id, place in rows.first_of_items().items() if rows is not None else ():
            first.setdefault(item_id, place)
    for source, line in first.values():
        into.tally.note("item known only from its events", source, line)
    return [Item(item_id, item_id) for item_id in first]


def _notes(sources: Sequence[Source], claims: Sequence[Claim], into: Gathering) -> tuple[str, ...]:
    taken = {claim.source.shown for claim in claims}
    notes = [f"{kind.n} x {name}, first {kind.first}" for name, kind in into.tally.kinds.items()]
    others = [source.name for source in sources if source.shown not in taken]
    columns = list(into.events.left_out) if into.events is not None else []
    if columns:
        notes.append(f"columns left out: {_some(columns)}")
    if others:
        notes.append(f"files left out, as they are no table of this format: {_some(others)}")
    return tuple(printable(text) for text in notes)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more if names else "nothing"


def _refused(domain: str) -> Path:
    return home() / "refused" / domain
