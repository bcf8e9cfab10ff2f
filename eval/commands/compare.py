"""`python -m eval compare A B`: two reports of `eval rank` side by side."""

import argparse
from pathlib import Path

from index.command_line import Command, Parser
from index.printable import print_text


def add_flags(parser: Parser) -> None:
    """The two reports."""
    parser.add_argument("first", metavar="A", type=Path, help="a report's folder or its report.json")
    parser.add_argument("second", metavar="B", type=Path, help="another one")
    parser.add_argument("--report", metavar="DIR", type=Path, help="also write DIR/compare.html")


def run(options: argparse.Namespace) -> None:
    """Print the comparison. Raises MendableError."""
    from eval.rank.compare import run_compare

    print_text(run_compare(options.first, options.second, options.report))


COMMAND = Command("compare", "two reports side by side", add_flags, run)
