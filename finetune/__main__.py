"""The finetuning commands: `python -m finetune rank|adapters|speed`."""

import argparse
import time
from collections.abc import Sequence

from index.command import Parser, note, positive_int, run
from index.storage.json_text import print_json

MINUTES = 20.0  # where neither --minutes nor --epochs is given


def main(arguments: Sequence[str]) -> int | None:
    """Run one command; without one, print the help."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return None
    {"rank": _rank, "adapters": _adapters, "speed": _speed}[options.command](options)
    return None


def _parser() -> Parser:
    parser = Parser(prog="python -m finetune", description="Trains the agent's models on a domain's own histories.")
    commands = parser.add_subparsers(dest="command", parser_class=Parser, metavar="COMMAND")
    rank = commands.add_parser("rank", help="train a reranker of histories, as a LoRA adapter")
    length = rank.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=_positive, metavar="M", help=f"time for the training ({MINUTES:g})")
    length.add_argument("--epochs", type=positive_int, metavar="E", help="passes over the histories, instead of a time")
    rank.add_argument(
        "--prompt", choices=("items", "words"), default="items", help="the history as items (default) or in words"
    )
    rank.add_argument(
        "--accumulate", type=positive_int, default=1, metavar="N", help="batches whose gradients make one step (1)"
    )
    rank.add_argument(
        "--without-lora", action="store_true", help="train only what is beside the base, to tell what LoRA adds"
    )
    rank.add_argument("--replace", action="store_true", help="make the new adapter current without comparing it")
    adapters = commands.add_parser("adapters", help="list the adapters of a domain, choose one, delete one")
    change = adapters.add_mutually_exclusive_group()
    change.add_argument("--use", metavar="VERSION", help="let this version rank from now on")
    change.add_argument("--delete", metavar="VERSION", help="delete this version")
    speed = commands.add_parser("speed", help="how many histories a second this machine trains on; nothing is written")
    speed.add_argument("--histories", type=positive_int, default=400, metavar="N", help="of how many users (400)")
    speed.add_argument("--threads", type=positive_int, metavar="N", help="threads of the processor (all)")
    for command in (rank, speed):
        command.add_argument(
            "--backbone", default="bert", metavar="NAME", help="bert (default), gpt, a folder, or a model of the hub"
        )
        command.add_argument("--seed", type=_seed, default=1, metavar="S", help="draws everything random (1)")
        command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train (auto)")
    for command in (rank, adapters, speed):
        command.add_argument("--domain", required=True, metavar="NAME")
    for command in (adapters, speed):
        command.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _adapters(options: argparse.Namespace) -> None:
    from agent.rerank.adapter_versions import list_versions
    from finetune.adapters import adapter_lines, change_adapters

    change_adapters(options.domain, options.use, options.delete)
    if options.json:
        print_json([version.as_json() for version in list_versions(options.domain)])
    else:
        print("\n".join(adapter_lines(options.domain)))


def _speed(options: argparse.Namespace) -> None:
    _refuse_unknown(options.domain)
    from finetune.settings import RankSettings
    from finetune.speed import measure_speed

    settings = RankSettings(options.domain, options.backbone, epochs=1, seed=options.seed, device=options.device)
    found = measure_speed(settings, options.histories, options.threads)
    if options.json:
        print_json(found)
    else:
        print(f"{found['histories_per_s']:g} histories and {found['tokens_per_s']:,.0f} events a second")


def _rank(options: argparse.Namespace) -> None:
    began = time.monotonic()
    _refuse_unknown(options.domain)
    from finetune.rank import finetune_rank
    from finetune.settings import LAYERS, LEARNING_RATES, RankSettings

    minutes = options.minutes if options.minutes or options.epochs else MINUTES
    settings = RankSettings(
        options.domain,
        options.backbone,
        minutes,
        options.epochs or 0,
        options.seed,
        options.prompt,
        layers=LAYERS[options.prompt],
        learning_rate=LEARNING_RATES[options.prompt],
        accumulate=options.accumulate,
        lora=not options.without_lora,
        device=options.device,
    )
    note(f"adapter: {finetune_rank(settings, options.replace, began)}")


def _refuse_unknown(domain: str) -> None:
    """Raise MendableError for a domain that is not there, before any heavy library is imported."""
    from index.data.domain import existing_folder

    existing_folder(domain)


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
