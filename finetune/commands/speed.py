"""`python -m finetune speed --domain NAME`: how many histories a second this machine trains on; nothing is kept."""

import argparse

from finetune.commands.training_flags import add_training_flags, check_inputs
from index.command_line import Command, Parser, add_json, positive_int


def add_flags(parser: Parser) -> None:
    """How much is measured."""
    add_training_flags(parser)
    parser.add_argument("--histories", type=positive_int, default=400, metavar="N", help="histories (default 400)")
    parser.add_argument("--threads", type=positive_int, metavar="N", help="threads of the processor (default all)")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Measure and print the speed. Raises MendableError."""
    check_inputs(options)

    from finetune.settings import RankSettings
    from finetune.speed import measure_speed
    from index.storage.json_text import print_json

    settings = RankSettings(options.domain, options.backbone, epochs=1, seed=options.seed, device=options.device)
    found = measure_speed(settings, options.histories, options.threads)
    if options.json:
        print_json(found)
    else:
        print(f"{found['histories_per_s']:g} histories and {found['tokens_per_s']:,.0f} events a second")


COMMAND = Command("speed", "how many histories a second this machine trains on; nothing is kept", add_flags, run)
