"""`python -m eval sentiment --data FILE.jsonl | --domain NAME`: how texts are judged, and what items' reviews say."""

import argparse
from pathlib import Path

from index.command_line import Command, Parser, add_json, add_seed
from index.errors import MendableError


def add_flags(parser: Parser) -> None:
    """What is judged, by which adapter, and where what was found goes."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--data", type=Path, metavar="FILE", help='lines {"text", "aspect"?, "label"?}')
    what.add_argument("--domain", metavar="NAME", help="the sentiment of a domain's items, as its index has it")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="write one line a row or an item, as JSONL")
    parser.add_argument("--adapter", type=Path, metavar="DIR", help="a sentiment adapter (default: the shipped one)")
    add_seed(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Judge, and print the figures where there are labels or stars. Raises MendableError."""
    from index.printable import print_text
    from index.storage.json_text import print_json

    if options.domain is not None:
        from eval.sentiment.items import items_lines, run_items
        from index.build.loading import open_index
        from index.data.domain import load_domain

        if options.adapter is not None:
            raise MendableError(
                "the opinions of an index are those of the adapter that it was built with",
                "--adapter",
                "Leave it out, or judge lines with --data",
            )
        printed = run_items(open_index(load_domain(options.domain)), options.predictions, options.seed)
        print_json(printed, indent=1) if options.json else print_text("\n".join(items_lines(printed)))
        return

    from eval.sentiment.command import SentimentEvaluation, run_sentiment, sentiment_lines

    printed = run_sentiment(SentimentEvaluation.of(options))
    print_json(printed, indent=1) if options.json else print_text("\n".join(sentiment_lines(printed)))


COMMAND = Command("sentiment", "how well the polarity of texts is judged", add_flags, run)
