"""`python -m eval rank --domain NAME --models A,B`: ranks the whole catalogue for every tested user."""

import argparse
from pathlib import Path

from agent.rerank.precision import PRECISIONS
from eval.commands.evaluation_flags import add_evaluation_flags
from index.command_line import Command, Parser, positive_int, whole_number
from index.printable import print_text

PROTOCOLS = ("leave-one-out", "time")


def add_flags(parser: Parser) -> None:
    """What is ranked, how the events are split, and for whom."""
    add_evaluation_flags(parser)
    parser.add_argument("--models", metavar="A,B,…", help="names of models, separated by commas, or `all`")
    parser.add_argument("--candidates", metavar="FILE", nargs="+", type=Path, help="lists of other systems, as CSV")
    parser.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0], help="split (default %(default)s)")
    parser.add_argument(
        "--fit",
        choices=("train", "all"),
        default="all",
        help="fit on all but the test (default), or training events only",
    )
    parser.add_argument(
        "--seeds", metavar="S,S,…", type=_seeds, help="run everything random with each, in place of --seed"
    )
    parser.add_argument(
        "--claim", metavar="A:B", type=_claim, action="append", help="a difference to be tested, chosen before the run"
    )
    parser.add_argument("--users", metavar="N", type=positive_int, help="test N users drawn by --seed (default all)")
    parser.add_argument(
        "--tune", metavar="N", type=whole_number, default=0, help="trials on validation for each model (default 0)"
    )
    parser.add_argument(
        "--sampled", metavar="N", type=positive_int, help="rank among N random items only; figures not comparable"
    )
    parser.add_argument(
        "--precision", choices=PRECISIONS, default=PRECISIONS[0], help="number format of bert and gpt (default float32)"
    )
    parser.add_argument("--fresh", action="store_true", help="ignore the saved results of earlier runs")


def run(options: argparse.Namespace) -> None:
    """Rank, and print the figures. Raises MendableError."""
    from index.data.domain import existing_folder

    existing_folder(options.domain)

    from eval.rank.command import RankSettings, run_rank, table
    from index.storage.json_text import print_json

    printed = run_rank(RankSettings.of(options))
    print_json(printed, indent=1) if options.json else print_text(table(printed))


def _seeds(text: str) -> tuple[int, ...]:
    seeds = tuple(whole_number(part) for part in text.split(","))
    if len(set(seeds)) < len(seeds):
        raise argparse.ArgumentTypeError(f"{text!r} names a seed twice")
    return seeds


def _claim(text: str) -> tuple[str, str]:
    a, _, b = text.partition(":")
    if not a or not b or a == b:
        raise argparse.ArgumentTypeError(f"{text!r} is no pair of models, as bert:fusion")
    return a, b


COMMAND = Command("rank", "rank the whole catalogue for every tested user", add_flags, run)
