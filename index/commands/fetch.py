"""`python -m index fetch NAME`: gets a known public domain."""

import argparse

from index.command_line import Command, Parser


def add_flags(parser: Parser) -> None:
    """The name, and whether to fetch again."""
    parser.add_argument("name", metavar="NAME", help="name of the public domain: movielens-100k")
    parser.add_argument("--force", action="store_true", help="fetch again, although the domain is there")


def run(options: argparse.Namespace) -> None:
    """Fetch it. Raises MendableError."""
    from index.fetch.known_domains import fetch

    fetch(options.name, options.force)


COMMAND = Command("fetch", "get a known public domain (movielens-100k)", add_flags, run)
