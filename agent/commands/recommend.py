"""`python -m agent recommend --domain NAME`: the best items for a user, or for what the user says."""

import argparse

from agent.commands.agent_flags import add_agent_flags, check_user, load_checked_domain, open_with_notice
from index.command_line import Command, Parser, add_json, positive_int, use_one_thread


def add_flags(parser: Parser) -> None:
    """Who asks, what they say, and the length of the list."""
    add_agent_flags(parser)
    parser.add_argument("--say", metavar="TEXT", help="a message of the user")
    parser.add_argument("-k", type=positive_int, default=10, metavar="K", help="number of items (default 10)")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Print the recommendations. Raises MendableError."""
    use_one_thread()
    domain = load_checked_domain(options)
    check_user(domain, options.user)

    from agent.commands.reply_text import readable
    from agent.dialogue.session import Say, Session
    from index.storage.json_text import print_json

    session = Session(open_with_notice(domain, options), options.user, options.k)
    reply = session.turn(Say(options.say)) if options.say is not None else session.opening()
    print_json(reply.as_json()) if options.json else print(readable(reply))


COMMAND = Command("recommend", "the best items for a user, or for what the user says", add_flags, run)
