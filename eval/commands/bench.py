"""`python -m eval bench`: how long the program takes against named peers, in one run."""

import argparse
from pathlib import Path

from index.command_line import Command, Parser, add_seed
from index.printable import print_text

ROWS = ("metrics", "search", "encode", "packed_bert", "packed_gpt", "train", "growth")
DOMAIN = "movielens-100k"


def add_flags(parser: Parser) -> None:
    """What is measured, and where it is written."""
    parser.add_argument(
        "--out", metavar="FILE", type=Path, default=Path("bench.json"), help="file to write (default %(default)s)"
    )
    parser.add_argument("--only", choices=ROWS, help="run this row alone; the file then has no other")
    parser.add_argument(
        "--domain", metavar="NAME", default=DOMAIN, help="whose texts are encoded (default %(default)s)"
    )
    add_seed(parser)


def run(options: argparse.Namespace) -> None:
    """Measure, and print the figures. Raises MendableError."""
    from eval.bench.threads import prepare
    from index.parallel import usable_cores

    threads = usable_cores()
    prepare(threads)  # before any library that has threads is imported
    from eval.bench.command import run_bench, table
    from eval.bench.settings import BenchSettings

    print_text(table(run_bench(BenchSettings(options.out, options.domain, threads, options.seed, options.only))))


COMMAND = Command("bench", "how long the program takes against named peers, in one run", add_flags, run)
