"""`python -m finetune adapters --domain NAME`: lists the adapters of a domain, chooses the current one, deletes one."""

import argparse

from index.command_line import Command, Parser, add_domain, add_json


def add_flags(parser: Parser) -> None:
    """The domain, and what is changed."""
    add_domain(parser)
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--use", metavar="VERSION", help="let this version rank from now on")
    change.add_argument("--delete", metavar="VERSION", help="delete this version")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Change what is asked for, then print the list. Raises MendableError."""
    from agent.rerank.adapter_versions import list_versions
    from finetune.adapters import adapter_lines, change_adapters
    from index.printable import print_text
    from index.storage.json_text import print_json

    change_adapters(options.domain, options.use, options.delete)
    if options.json:
        print_json([version.as_json() for version in list_versions(options.domain)])
    else:
        print_text("\n".join(adapter_lines(options.domain)))


COMMAND = Command("adapters", "list the adapters of a domain, choose the current one, delete one", add_flags, run)
