"""`python -m index add --domain NAME --items FILE`: adds items to a domain and its index, without a rebuild."""

import argparse
from pathlib import Path

from index.command_line import Command, Parser, add_domain
from index.progress import note


def add_flags(parser: Parser) -> None:
    """The domain and the file."""
    add_domain(parser)
    parser.add_argument("--items", required=True, type=Path, metavar="FILE", help=".csv, .jsonl or .parquet")


def run(options: argparse.Namespace) -> None:
    """Add the items. Raises MendableError; a file that cannot be read is refused before the encoder is loaded."""
    from index.importers.new_items import items_to_add

    items, notes = items_to_add(options.items, options.domain)
    for text in notes:
        note(f"note: {text}")

    from index.build.builder import add_items

    add_items(options.domain, items)


COMMAND = Command("add", "add items without a rebuild", add_flags, run)
