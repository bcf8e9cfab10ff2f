"""`python -m finetune reasons --domain NAME`: trains a LoRA that words the reasons of recommendations."""

import argparse
import time

from finetune.commands.training_flags import add_length_flags, add_run_flags
from finetune.settings import MINUTES
from index.command_line import Command, Parser, add_domain
from index.progress import note


def add_flags(parser: Parser) -> None:
    """Whose plans are learned from, on which base, and for how long."""
    add_domain(parser)
    parser.add_argument(
        "--backbone", default="gpt", metavar="NAME", help="gpt (default), a folder, or a causal model of the hub"
    )
    add_length_flags(parser)
    add_run_flags(parser)


def run(options: argparse.Namespace) -> None:
    """Train, and note where the adapter is. Raises MendableError."""
    began = time.monotonic()
    from finetune.reasons.settings import ReasonsSettings
    from index.data.domain import existing_folder

    existing_folder(options.domain)
    settings = ReasonsSettings(
        options.domain,
        options.backbone,
        options.minutes if options.minutes or options.epochs else MINUTES,
        options.epochs or 0,
        options.seed,
        options.device,
    )

    from finetune.reasons.job import finetune_reasons

    made = finetune_reasons(settings, began)
    if made is not None:
        note(f"adapter: {made}")


COMMAND = Command("reasons", "train a LoRA that words the reasons of recommendations", add_flags, run)
