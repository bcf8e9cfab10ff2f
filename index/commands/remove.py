"""`python -m index remove --domain NAME --ids ID…`: takes items out of all recommendations, without a rebuild."""

import argparse

from index.command_line import Command, Parser, add_domain


def add_flags(parser: Parser) -> None:
    """The domain and the ids."""
    add_domain(parser)
    parser.add_argument("--ids", required=True, nargs="+", metavar="ID", help="ids of the items")


def run(options: argparse.Namespace) -> None:
    """Remove the items. Raises MendableError."""
    from index.build.builder import remove_items

    remove_items(options.domain, options.ids)


COMMAND = Command("remove", "never recommend some items again", add_flags, run)
