"""`python -m eval reasons --domain NAME`: whether the reasons of recommendations are true, faithful and varied."""

import argparse
from pathlib import Path

from agent.explain.writer_names import GPT, TEMPLATE
from agent.rerank.rankers import DEFAULT
from eval.commands.evaluation_flags import add_evaluation_flags
from index.command_line import Command, Parser, positive_int

USERS = 200


def add_flags(parser: Parser) -> None:
    """Whose lists are judged, and where these are written."""
    add_evaluation_flags(parser)
    parser.add_argument("--users", metavar="N", type=positive_int, default=USERS, help=f"users drawn (default {USERS})")
    parser.add_argument("--ranker", metavar="NAME", default=DEFAULT, help=f"what ranks (default {DEFAULT})")
    parser.add_argument(
        "--writer",
        metavar="NAME",
        default=TEMPLATE,
        help="what words the reasons: template (default), gpt, openai:URL#MODEL",
    )
    parser.add_argument(
        "--predictions", metavar="FILE", type=Path, help="write each user's reply, as recommend prints it, a line each"
    )


def run(options: argparse.Namespace) -> None:
    """Judge the reasons, and print the figures. Raises MendableError."""
    from agent.explain.gpt.adapters import existing_reason_adapter
    from agent.open_writer import check_writer
    from agent.rerank.rankers import check_ranker
    from index.data.domain import existing_folder

    check_ranker(options.ranker)
    check_writer(options.writer)
    existing_folder(options.domain)
    if options.writer == GPT:
        existing_reason_adapter(options.domain)

    from eval.reasons.command import ReasonsSettings, run_reasons, table
    from index.printable import print_text
    from index.storage.json_text import print_json

    found = run_reasons(ReasonsSettings.of(options))
    print_json(found, indent=1) if options.json else print_text(table(found))


COMMAND = Command("reasons", "whether reasons are true, name what moves the score, and differ", add_flags, run)
