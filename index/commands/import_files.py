"""`python -m index import PATH… --domain NAME`: makes a domain from the user's own files."""

import argparse
from pathlib import Path

from index.command_line import Command, Parser, add_json
from index.printable import print_text
from index.progress import note


def add_flags(parser: Parser) -> None:
    """The files, the domain, the format and how strict the import is."""
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="folders, files or zip archives")
    parser.add_argument("--domain", required=True, metavar="NAME", help="the domain to make or to replace")
    parser.add_argument("--format", default="auto", metavar="F", help="auto (default), tables, movielens or recbole")
    parser.add_argument(
        "--max-bad", type=_percent, default=1.0, metavar="PERCENT", help="refuse more bad rows than this (default 1)"
    )
    parser.add_argument(
        "--map", type=_names, default={}, metavar="OURS=YOURS,…", help="columns of other names, as item_id=asin"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be imported and write nothing")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Import them and print the report. Raises MendableError."""
    from index.importers.import_domain import ImportSettings, import_domain
    from index.importers.import_report import preview
    from index.storage.json_text import print_json

    settings = ImportSettings(
        tuple(options.paths), options.domain, options.format, options.max_bad, options.map, options.dry_run
    )
    report = import_domain(settings)
    for text in report.notes:
        note(f"note: {text}")
    if options.json:
        print_json(report.as_json())
        return
    if options.dry_run:
        print_text(preview(report.tables))
    print_text(report.as_text())


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage from 0 to 100")
    return value


def _names(text: str) -> dict[str, str]:
    """`item_id=asin,user_id=reviewer` as our column by the name that the file gives it."""
    names: dict[str, str] = {}
    for pair in text.split(","):
        ours, equals, theirs = (part.strip().lower() for part in pair.partition("="))
        if not (ours and equals and theirs) or theirs in names or ours in names.values():
            raise argparse.ArgumentTypeError(f"{text!r} is not OURS=YOURS,OURS=YOURS, each once")
        names[theirs] = ours
    return names


COMMAND = Command("import", "make a domain from files of your own", add_flags, run)
