"""The flags that several commands of the evaluation have."""

from pathlib import Path

from index.command_line import Parser, add_domain, add_json, add_seed


def add_evaluation_flags(parser: Parser) -> None:
    """The domain, the seed, the report's folder and the form of what is printed."""
    add_domain(parser)
    add_seed(parser)
    parser.add_argument("--report", metavar="DIR", type=Path, help="write a report as JSON and HTML into this folder")
    add_json(parser)
