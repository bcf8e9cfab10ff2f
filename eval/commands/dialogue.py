"""`python -m eval dialogue --simulate --domain NAME`: how often a conversation finds the next item."""

import argparse
from pathlib import Path

from eval.dialogue.settings import TURNS, DialogueSettings
from index.command_line import Command, Parser, add_domain, add_json, add_seed, positive_int
from index.printable import print_text


def add_flags(parser: Parser) -> None:
    """The simulated users and their conversations."""
    parser.add_argument("--simulate", action="store_true", required=True, help="talk with simulated users")
    add_domain(parser)
    add_seed(parser)
    parser.add_argument(
        "--users", metavar="N", type=positive_int, help="simulate N users drawn by --seed (default all)"
    )
    parser.add_argument(
        "--turns", metavar="N", type=positive_int, default=TURNS, help=f"turns at most (default {TURNS})"
    )
    parser.add_argument("--ranker", choices=("bert", "fusion"), help="default bert where the domain has an adapter")
    parser.add_argument("--newcomer", action="store_true", help="the agent does not know the user's history")
    parser.add_argument("--predictions", metavar="FILE", type=Path, help="write each conversation as a line of JSON")
    parser.add_argument("--report", metavar="DIR", type=Path, help="write a report as JSON and HTML into this folder")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Simulate, and print the figures. Raises MendableError."""
    from index.data.domain import existing_folder

    existing_folder(options.domain)

    from eval.dialogue.command import run_dialogue, table
    from index.storage.json_text import print_json

    printed = run_dialogue(DialogueSettings.of(options))
    print_json(printed, indent=1) if options.json else print_text(table(printed))


COMMAND = Command("dialogue", "how often a conversation finds the item that the user took next", add_flags, run)
