"""The index room's command line: `python -m index fetch|import|build|add|remove|search`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from index.command import Parser, note, positive_int, run
from index.printable import printable, printable_json, printable_line


def main(arguments: Sequence[str]) -> int | None:
    """Run one subcommand; help where none is named."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.run is None:
        parser.print_help()
        return None
    chosen.run(chosen)
    return None


def _parser() -> Parser:
    parser = Parser(prog="python -m index", description="What can be recommended, what people did, how it is found.")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    _add_fetch(commands)
    _add_import(commands)
    _add_index_commands(commands)
    return parser


def _add_fetch(commands: "argparse._SubParsersAction[Parser]") -> None:
    fetch = commands.add_parser("fetch", help="get a known public domain (movielens-100k)")
    fetch.add_argument("name", metavar="NAME", help="movielens-100k")
    fetch.add_argument("--force", action="store_true", help="again, though it is there")
    fetch.set_defaults(run=_fetch)


def _add_import(commands: "argparse._SubParsersAction[Parser]") -> None:
    imports = commands.add_parser("import", help="make a domain of files of your own")
    imports.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="folders, files or zips")
    imports.add_argument("--domain", required=True, metavar="NAME", help="the domain to make or to replace")
    imports.add_argument("--format", default="auto", metavar="F", help="auto (default), tables, movielens or recbole")
    imports.add_argument(
        "--max-bad", type=_percent, default=1.0, metavar="PERCENT", help="refuse where more rows are bad (default 1)"
    )
    imports.add_argument(
        "--map", type=_names, default={}, metavar="OURS=YOURS,…", help="columns of other names, as item_id=asin"
    )
    imports.add_argument("--dry-run", action="store_true", help="show what would be imported and write nothing")
    imports.add_argument("--json", action="store_true", help="print the report as JSON")
    imports.set_defaults(run=_import)


def _add_index_commands(commands: "argparse._SubParsersAction[Parser]") -> None:
    build = commands.add_parser("build", help="embed and index a domain")
    build.add_argument("--force", action="store_true", help="rebuild though nothing changed")
    build.set_defaults(run=_build)
    add = commands.add_parser("add", help="add items without a rebuild")
    add.add_argument("--items", required=True, type=Path, metavar="FILE", help=".csv, .jsonl or .parquet")
    add.set_defaults(run=_add)
    remove = commands.add_parser("remove", help="never recommend some items again")
    remove.add_argument("--ids", required=True, nargs="+", metavar="ID")
    remove.set_defaults(run=_remove)
    search = commands.add_parser("search", help="find items by words")
    search.add_argument("text", metavar="TEXT")
    search.add_argument("-k", type=positive_int, default=10, metavar="K", help="how many (default 10)")
    search.add_argument("--json", action="store_true", help="print [{item_id, title, score}]")
    search.set_defaults(run=_search)
    for command in (build, add, remove, search):
        command.add_argument("--domain", required=True, metavar="NAME")


def _fetch(chosen: argparse.Namespace) -> None:
    from index.fetch.known_domains import fetch

    fetch(chosen.name, chosen.force)


def _import(chosen: argparse.Namespace) -> None:
    from index.importers.import_domain import ImportSettings, import_domain
    from index.importers.import_report import preview

    settings = ImportSettings(
        tuple(chosen.paths), chosen.domain, chosen.format, chosen.max_bad, chosen.map, chosen.dry_run
    )
    report = import_domain(settings)
    for text in report.notes:
        note(f"note: {text}")
    if chosen.json:
        print(printable_json(report.as_json()))
        return
    if chosen.dry_run:
        print(printable(preview(report.tables)))
    print(report.as_text())


def _build(chosen: argparse.Namespace) -> None:
    from index.build.builder import build_domain

    build_domain(chosen.domain, force=chosen.force)


def _add(chosen: argparse.Namespace) -> None:
    from index.importers.new_items import items_to_add

    items, notes = items_to_add(chosen.items, chosen.domain)  # before the index room's heavy half is loaded
    for text in notes:
        note(f"note: {text}")

    from index.build.builder import add_items

    add_items(chosen.domain, items)


def _remove(chosen: argparse.Namespace) -> None:
    from index.build.builder import remove_items

    remove_items(chosen.domain, chosen.ids)


def _search(chosen: argparse.Namespace) -> None:
    from index.search import search_items

    hits = search_items(chosen.domain, chosen.text, chosen.k)
    if chosen.json:
        print(json.dumps([{"item_id": hit.item_id, "title": hit.title, "score": hit.score} for hit in hits]))
        return
    for rank, hit in enumerate(hits, start=1):
        print(f"{rank:3}. {printable_line(hit.title)}  [{printable_line(hit.item_id)}]  {hit.score:.3f}")


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage from 0 to 100")
    return value


def _names(text: str) -> dict[str, str]:
    """`item_id=asin,user_id=reviewer` as the column of a file by ours."""
    names: dict[str, str] = {}
    for pair in text.split(","):
        ours, equals, theirs = (part.strip().lower() for part in pair.partition("="))
        if not (ours and equals and theirs) or theirs in names or ours in names.values():
            raise argparse.ArgumentTypeError(f"{text!r} is not OURS=YOURS,OURS=YOURS, each once")
        names[theirs] = ours
    return names


if __name__ == "__main__":
    run(main)
