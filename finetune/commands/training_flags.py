"""The flags that several commands of the finetuning have, and the checks that come before PyTorch is loaded."""

import argparse

from finetune.settings import MINUTES
from index.command_line import Parser, add_domain, add_seed, positive_int


def add_training_flags(parser: Parser) -> None:
    """The domain, the backbone, the seed and the device."""
    add_domain(parser)
    parser.add_argument(
        "--backbone", default="bert", metavar="NAME", help="bert (default), gpt, a folder, or a model of the hub"
    )
    add_run_flags(parser)


def add_run_flags(parser: Parser) -> None:
    """The seed and the device."""
    add_seed(parser)
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train (default auto)"
    )


def add_length_flags(parser: Parser) -> None:
    """How long a training may take."""
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=_minutes, metavar="M", help=f"time for the training (default {MINUTES:g})")
    length.add_argument("--epochs", type=positive_int, metavar="E", help="passes over the data, in place of a time")


def check_inputs(options: argparse.Namespace) -> None:
    """Raises MendableError for a domain that is not there or has no index, and a backbone that cannot be had."""
    from index.build.generations import matching_generation
    from index.data.domain import existing_folder, tables_sha256
    from index.embedding.model_files import BERT, GPT, resolve

    matching_generation(options.domain, tables_sha256(existing_folder(options.domain)))
    resolve({"bert": BERT, "gpt": GPT}.get(options.backbone, options.backbone))


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes above zero")
    return value
