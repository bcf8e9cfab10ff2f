"""`python -m finetune sentiment --domain NAME | --data FILE --out DIR`: trains a LoRA that judges polarity."""

import argparse
import time
from pathlib import Path

from finetune.commands.training_flags import add_length_flags, add_run_flags
from finetune.settings import MINUTES
from index.command_line import Command, Parser
from index.progress import note


def add_flags(parser: Parser) -> None:
    """What is learned from, where the adapter goes, and for how long."""
    parser.add_argument("--domain", default="", metavar="NAME", help="learn from the stars of this domain's reviews")
    parser.add_argument("--data", type=Path, metavar="FILE", help='learn from lines {"text", "aspect"?, "label" -1…1}')
    parser.add_argument("--out", type=Path, metavar="DIR", help="with --data: the adapter's folder")
    parser.add_argument(
        "--backbone", default="bert", metavar="NAME", help="bert (default), gpt, a folder, or a model of the hub"
    )
    add_length_flags(parser)
    add_run_flags(parser)


def run(options: argparse.Namespace) -> None:
    """Train, and note where the adapter is. Raises MendableError."""
    began = time.monotonic()
    from finetune.sentiment.settings import SentimentSettings

    settings = SentimentSettings(
        options.domain,
        options.data,
        options.out,
        options.backbone,
        options.minutes if options.minutes or options.epochs else MINUTES,
        options.epochs or 0,
        options.seed,
        options.device,
    )
    if options.domain:
        from index.data.domain import existing_folder

        existing_folder(options.domain)

    from finetune.sentiment.job import finetune_sentiment

    made = finetune_sentiment(settings, began)
    if made is not None:
        note(f"adapter: {made}")


COMMAND = Command("sentiment", "train a LoRA that judges the polarity of texts", add_flags, run)
