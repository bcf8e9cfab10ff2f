"""`python -m index build --domain NAME`: embeds and indexes a domain."""

import argparse

from index.command_line import Command, Parser, add_domain


def add_flags(parser: Parser) -> None:
    """The domain, and whether to rebuild an index that is up to date."""
    add_domain(parser)
    parser.add_argument("--force", action="store_true", help="rebuild, although nothing changed")


def run(options: argparse.Namespace) -> None:
    """Build the index. Raises MendableError."""
    from index.build.builder import build_domain

    build_domain(options.domain, force=options.force)


COMMAND = Command("build", "embed and index a domain", add_flags, run)
