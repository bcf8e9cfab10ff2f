"""The flags that several commands of the finetuning have."""

from index.command import Parser, add_domain, add_seed


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
