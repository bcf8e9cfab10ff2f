"""`python -m eval sentiment --data FILE.jsonl`: judges texts, and compares the polarities with labels."""

import argparse
from pathlib import Path

from index.command_line import Command, Parser, add_json, add_seed


def add_flags(parser: Parser) -> None:
    """What is judged, by which adapter, and where the polarities go."""
    parser.add_argument("--data", type=Path, metavar="FILE", help='lines {"text", "aspect"?, "label"?}')
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="write a polarity for each row, as JSONL")
    parser.add_argument("--adapter", type=Path, metavar="DIR", help="a sentiment adapter (default: the shipped one)")
    add_seed(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Judge, and print the figures where there are labels. Raises MendableError."""
    from eval.sentiment.command import SentimentEvaluation, run_sentiment, sentiment_lines
    from index.printable import print_text
    from index.storage.json_text import print_json

    printed = run_sentiment(SentimentEvaluation.of(options))
    if options.json:
        print_json(printed, indent=1)
    else:
        print_text("\n".join(sentiment_lines(printed)))


COMMAND = Command("sentiment", "how well the polarity of texts is judged", add_flags, run)
