"""The flags that several commands of the finetuning have, and the checks that come before PyTorch is loaded."""

import argparse

from index.command_line import Parser, add_domain, add_seed


def add_training_flags(parser: Parser) -> None:
    """The domain, the backbone, the seed and the device."""
    add_domain(parser)
    parser.add_argument(
        "--backbone", default="bert", metavar="NAME", help="bert (default), gpt, a folder, or a model of the hub"
    )
    add_seed(parser)
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train (default auto)"
    )


def check_inputs(options: argparse.Namespace) -> None:
    """Raises MendableError for a domain that is not there or has no index, and a backbone that cannot be had."""
    from index.build.generations import matching_generation
    from index.data.domain import existing_folder, tables_sha256
    from index.embedding.model_files import BERT, GPT, resolve

    matching_generation(options.domain, tables_sha256(existing_folder(options.domain)))
    resolve({"bert": BERT, "gpt": GPT}.get(options.backbone, options.backbone))
