"""The tuning commands: `python -m finetune rank`."""

import argparse
from collections.abc import Sequence

from index.command import Parser, note, positive_int, run

MINUTES = 20.0  # where neither --minutes nor --epochs is given


def main(arguments: Sequence[str]) -> int | None:
    """Run one command; without one, print the help."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return None
    _rank(options)
    return None


def _parser() -> Parser:
    parser = Parser(prog="python -m finetune", description="Tunes the agent's models on a domain's own histories.")
    commands = parser.add_subparsers(dest="command", parser_class=Parser, metavar="COMMAND")
    rank = commands.add_parser("rank", help="a reranker that reads histories, as a LoRA adapter")
    rank.add_argument("--domain", required=True, metavar="NAME")
    rank.add_argument(
        "--backbone", default="bert", metavar="NAME", help="bert (default), gpt, a folder, or a model of the hub"
    )
    length = rank.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=_positive, metavar="M", help=f"time for the training ({MINUTES:g})")
    length.add_argument(
        "--epochs", type=positive_int, metavar="E", help="passes over the histories, in place of a time"
    )
    rank.add_argument("--seed", type=_seed, default=1, metavar="S", help="what everything random is drawn from (1)")
    rank.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train (auto)")
    return parser


def _rank(options: argparse.Namespace) -> None:
    from finetune.rank import RankSettings, finetune_rank

    minutes = options.minutes if options.minutes or options.epochs else MINUTES
    settings = RankSettings(
        options.domain, options.backbone, minutes, options.epochs or 0, options.seed, device=options.device
    )
    note(f"adapter: {finetune_rank(settings)}")


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes above zero")
    return value


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 31:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {(1 << 31) - 1}")
    return int(text)


if __name__ == "__main__":
    run(main)
