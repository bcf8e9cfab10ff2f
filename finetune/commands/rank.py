"""`python -m finetune rank --domain NAME`: trains a reranker on the domain's histories, as a LoRA adapter."""

import argparse
import time

from finetune.commands.training_flags import add_length_flags, add_training_flags, check_inputs
from finetune.settings import LAYERS, LEARNING_RATES, MINUTES, RankSettings
from index.command_line import Command, Parser, positive_int
from index.progress import note


def add_flags(parser: Parser) -> None:
    """What is trained, and for how long."""
    add_training_flags(parser)
    add_length_flags(parser)
    parser.add_argument(
        "--prompt", choices=("items", "words"), default="items", help="histories as items (default) or in words"
    )
    parser.add_argument(
        "--accumulate",
        type=positive_int,
        default=1,
        metavar="N",
        help="batches whose gradients make a step (default 1)",
    )
    parser.add_argument(
        "--without-lora", action="store_true", help="train only what is beside the base model, to measure LoRA's gain"
    )
    parser.add_argument(
        "--fit",
        choices=("train", "all"),
        default="all",
        help="all (default): what serves learns from all events last; train: nothing learns from anybody's last two",
    )
    parser.add_argument("--replace", action="store_true", help="make the new adapter current without comparing it")


def run(options: argparse.Namespace) -> None:
    """Train, and note where the adapter is. Raises MendableError."""
    began = time.monotonic()
    check_inputs(options)

    from finetune.rank import finetune_rank

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
        fit=options.fit,
    )
    note(f"adapter: {finetune_rank(settings, options.replace, began)}")


COMMAND = Command("rank", "train a reranker on the domain's histories, as a LoRA adapter", add_flags, run)
