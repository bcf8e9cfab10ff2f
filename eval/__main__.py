"""`python -m eval rank|compare|predict|dialogue|bench`: how well it recommends and how fast, to be believed."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.rerank.precision import PRECISIONS
from index.command import Parser, positive_int, run
from index.printable import printable, printable_json

PROTOCOLS = ("leave-one-out", "time")
FOLDS = 5
TURNS = 5
BENCHES = ("metrics", "search", "encode", "packed_bert", "packed_gpt", "train", "growth")
BENCH_DOMAIN = "movielens-100k"


def main(arguments: Sequence[str]) -> int:
    """Parse and run one subcommand; heavy things are imported by it alone."""
    options = _parser().parse_args(arguments)
    status: int = options.command(options)
    return status


def _parser() -> Parser:
    parser = Parser(prog="python -m eval", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="rank|compare|predict|dialogue|bench")
    _add_rank(commands)
    _add_compare(commands)
    _add_predict(commands)
    _add_dialogue(commands)
    _add_bench(commands)
    return parser


def _add_rank(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = commands.add_parser("rank", help="rank the whole catalogue for every tested user")
    _add_common(parser)
    parser.add_argument("--models", metavar="A,B,…", help="names between commas; `all` for every one")
    parser.add_argument("--candidates", metavar="FILE", nargs="+", type=Path, help="lists made by others: CSV")
    parser.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0], help="default: %(default)s")
    parser.add_argument("--users", metavar="N", type=positive_int, help="test this many users, drawn by --seed")
    parser.add_argument(
        "--tune",
        metavar="N",
        type=_whole,
        default=0,
        help="trials on validation for each model (default: 0)",
    )
    parser.add_argument(
        "--sampled", metavar="N", type=positive_int, help="rank among N random items only; figures not comparable"
    )
    parser.add_argument("--precision", choices=PRECISIONS, default=PRECISIONS[0], help="of bert and gpt (float32)")
    parser.add_argument("--fresh", action="store_true", help="run again what a run before has saved")
    parser.set_defaults(command=_rank)


def _add_compare(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = commands.add_parser("compare", help="two reports side by side")
    parser.add_argument("first", metavar="A", type=Path, help="a report's folder or its report.json")
    parser.add_argument("second", metavar="B", type=Path, help="another")
    parser.add_argument("--report", metavar="DIR", type=Path, help="also write DIR/compare.html")
    parser.set_defaults(command=_compare)


def _add_predict(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = commands.add_parser("predict", help="whether a user will like an item")
    _add_common(parser)
    parser.add_argument("--models", metavar="A,B,…", default="logistic,tree", help="logistic, tree, agent")
    parser.add_argument("--folds", metavar="N", type=positive_int, default=FOLDS, help="folds over users; default 5")
    parser.set_defaults(command=_predict)


def _add_dialogue(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = commands.add_parser("dialogue", help="whether talking finds what somebody took next")
    parser.add_argument("--simulate", action="store_true", required=True, help="talk with simulated users")
    parser.add_argument("--domain", metavar="NAME", required=True, help="a domain that is built")
    parser.add_argument("--users", metavar="N", type=positive_int, help="talk with this many, drawn by --seed")
    parser.add_argument("--seed", metavar="S", type=_whole, default=1, help="what everything random is drawn from")
    parser.add_argument("--turns", metavar="N", type=positive_int, default=TURNS, help="of a talk (default: 5)")
    parser.add_argument("--ranker", choices=("bert", "fusion"), help="default: bert where the domain has an adapter")
    parser.add_argument("--newcomer", action="store_true", help="the agent does not know the user's history")
    parser.add_argument("--predictions", metavar="FILE", type=Path, help="write the talks there, one JSON line each")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=_dialogue)


def _add_bench(commands: "argparse._SubParsersAction[Parser]") -> None:
    parser = commands.add_parser("bench", help="how long ours takes against named peers, in one run")
    parser.add_argument("--out", metavar="FILE", type=Path, default=Path("bench.json"), help="default: %(default)s")
    parser.add_argument("--only", choices=BENCHES, help="run this row alone; the file then has no other")
    parser.add_argument("--domain", metavar="NAME", default=BENCH_DOMAIN, help="whose texts are encoded: %(default)s")
    parser.add_argument("--seed", metavar="S", type=_whole, default=1, help="what everything random is drawn from")
    parser.set_defaults(command=_bench)


def _add_common(parser: Parser) -> None:
    parser.add_argument("--domain", metavar="NAME", required=True, help="a domain that was fetched or imported")
    parser.add_argument("--seed", metavar="S", type=_whole, default=1, help="what everything random is drawn from")
    parser.add_argument("--report", metavar="DIR", type=Path, help="write report.json and report.html there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _rank(options: argparse.Namespace) -> int:
    from eval.rank.command import RankSettings, run_rank, table

    printed = run_rank(RankSettings.of(options))
    print(printable_json(printed, indent=1) if options.json else printable(table(printed)))
    return 0


def _compare(options: argparse.Namespace) -> int:
    from eval.rank.compare import run_compare

    print(printable(run_compare(options.first, options.second, options.report)))
    return 0


def _predict(options: argparse.Namespace) -> int:
    from eval.predict.command import run_predict

    printed = run_predict(options)
    print(printable_json(printed, indent=1))
    return 0


def _dialogue(options: argparse.Namespace) -> int:
    from eval.dialogue.command import DialogueSettings, run_dialogue, table

    printed = run_dialogue(DialogueSettings.of(options))
    print(printable_json(printed, indent=1) if options.json else printable(table(printed)))
    return 0


def _bench(options: argparse.Namespace) -> int:
    from eval.bench.threads import prepare, usable_threads

    threads = usable_threads()
    prepare(threads)  # before any library that has threads is imported
    from eval.bench.command import BenchSettings, run_bench, table

    print(table(run_bench(BenchSettings(options.out, options.domain, threads, options.seed, options.only))))
    return 0


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


if __name__ == "__main__":
    run(main)
