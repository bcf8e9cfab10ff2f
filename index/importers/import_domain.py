"""Imports files of the user's own into a domain: read by one format's importer, counted, put in place as a whole."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from index.data.domain_writer import unfinished_folder, write_domain
from index.errors import MendableError
from index.importers.dataset_builder import DatasetBuilder
from index.importers.import_report import ImportReport, notes_of
from index.importers.registry import AUTO, check_format, find_importer
from index.importers.rows import Renaming
from index.importers.sources import find_sources
from index.importers.tally import Tally
from index.storage.home import checked_name, home, mendable_writes

REJECTS = "rejects.jsonl"


@dataclass(frozen=True)
class ImportSettings:
    """What is imported and how; `max_bad` is the percentage of rows that may be rejected, `names` are of `--map`."""

    paths: tuple[Path, ...]
    domain: str
    format: str = AUTO
    max_bad: float = 1.0
    names: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False

    def __post_init__(self) -> None:
        checked_name(self.domain)
        check_format(self.format)


def import_domain(settings: ImportSettings) -> ImportReport:
    """Replace a domain by what the files hold. Raises MendableError where it cannot: the domain is then as it was."""
    found = find_sources(settings.paths)
    importer, files = find_importer(settings.format, found)
    with unfinished_folder(settings.domain, settings.dry_run) as aside:
        tally = Tally(aside and aside / REJECTS)
        dataset = DatasetBuilder(tally, Renaming(settings.names))
        try:
            importer.read(files, dataset)
            _refuse_unmet_names(settings, dataset.renaming)
            tables = None if tally.has_too_many(settings.max_bad) else dataset.finish()
        finally:
            tally.close()
        if tables is None or tally.has_too_many(settings.max_bad):
            raise _refuse(settings.domain, tally)
        report = ImportReport(settings.domain, tables, tally, notes_of(tally, found, files))
        if aside is not None:
            about = {"source": [str(path) for path in settings.paths], "format": importer.name, "rows": report.rows}
            (aside / REJECTS).touch()
            write_domain(aside, settings.domain, tables, about)
            shutil.rmtree(_refused(settings.domain), ignore_errors=True)
    return report


def _refuse(domain: str, tally: Tally) -> MendableError:
    """The refusal of an import with too many rejects; they are kept until an import of the domain succeeds."""
    if tally.path is None:
        return tally.refusal(None)
    kept = _refused(domain) / REJECTS
    with mendable_writes(kept):
        kept.parent.mkdir(parents=True, exist_ok=True)
        tally.path.replace(kept)
    return tally.refusal(kept)


def _refuse_unmet_names(settings: ImportSettings, renaming: Renaming) -> None:
    unmet = [name for name in settings.names if name not in renaming.met]
    if unmet:
        raise MendableError(f"no file has a column {unmet[0]!r}", "--map", "Name a column of the files")


def _refused(domain: str) -> Path:
    return home() / "refused" / domain
