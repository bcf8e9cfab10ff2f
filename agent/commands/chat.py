"""`python -m agent chat --domain NAME`: the conversation on a page."""

import argparse

from agent.commands.agent_flags import add_agent_flags, load_checked_domain, open_with_notice
from index.command_line import Command, Parser

PORT = 7860


def add_flags(parser: Parser) -> None:
    """Who talks, and where the page is."""
    add_agent_flags(parser)
    parser.add_argument("--port", type=_port, default=PORT, metavar="N", help=f"port of the page (default {PORT})")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address (default 127.0.0.1)")
    parser.add_argument("--auth", metavar="NAME:PASSWORD", help="who may open the page; needed beyond this machine")


def run(options: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C. Raises MendableError; where it cannot be served, before anything is loaded."""
    from agent.interfaces.address import parse_auth, refuse_taken, refuse_unguarded
    from agent.interfaces.host_guard import read_served_names

    if options.auth is not None:
        parse_auth(options.auth)
    refuse_unguarded(options.host, options.auth is not None)
    refuse_taken(options.host, options.port)
    read_served_names(options.host, options.port)
    domain = load_checked_domain(options)
    agent = open_with_notice(domain, options)

    from agent.interfaces.page import serve
    from agent.understanding import lexicon_of

    lexicon_of(domain).prepare()
    serve(agent, options.user, options.host, options.port, auth=options.auth)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port, a number from 1 to 65535")
    return int(text)


COMMAND = Command("chat", "the conversation on a page", add_flags, run)
