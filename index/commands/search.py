"""`python -m index search TEXT --domain NAME`: finds items by text."""

import argparse

from index.command_line import Command, Parser, add_domain, add_json, positive_int, use_one_thread
from index.printable import print_text, printable_line


def add_flags(parser: Parser) -> None:
    """The text, the domain and the length of the list."""
    parser.add_argument("text", metavar="TEXT", help="what to search for")
    add_domain(parser)
    parser.add_argument("-k", type=positive_int, default=10, metavar="K", help="number of items (default 10)")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Print what was found. Raises MendableError."""
    use_one_thread()

    from index.search import search_items
    from index.storage.json_text import print_json

    hits = search_items(options.domain, options.text, options.k)
    if options.json:
        print_json([{"item_id": hit.item_id, "title": hit.title, "score": hit.score} for hit in hits])
        return
    for rank, hit in enumerate(hits, start=1):
        print_text(f"{rank:3}. {printable_line(hit.title)}  [{printable_line(hit.item_id)}]  {hit.score:.3f}")


COMMAND = Command("search", "find items by text", add_flags, run)
