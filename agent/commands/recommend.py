"""`python -m agent recommend --domain NAME`: the best items for a user, or for what the user says."""

import argparse
from typing import TYPE_CHECKING

from agent.commands.agent_flags import add_agent_flags, check_user, load_checked_domain, open_with_notice
from index.command_line import Command, Parser, add_json, positive_int, use_one_thread
from index.errors import MendableError

if TYPE_CHECKING:
    from index.data.domain import Domain


def add_flags(parser: Parser) -> None:
    """Who asks, what they say, and the length of the list."""
    add_agent_flags(parser)
    parser.add_argument("--say", metavar="TEXT", help="a message of the user")
    parser.add_argument("-k", type=positive_int, default=10, metavar="K", help="number of items (default 10)")
    parser.add_argument(
        "--without",
        type=_ids,
        default=(),
        metavar="ID,ID",
        help="items whose events of the user count as if they had not been",
    )
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Print the recommendations. Raises MendableError."""
    use_one_thread()
    domain = load_checked_domain(options)
    check_user(domain, options.user)
    _check_events(domain, options)

    from agent.commands.reply_text import readable
    from agent.dialogue.session import Say, Session
    from index.storage.json_text import print_json

    session = Session(open_with_notice(domain, options), options.user, options.k, without=options.without)
    reply = session.finished(session.turn(Say(options.say)) if options.say is not None else session.opening())
    print_json(reply.as_json()) if options.json else print(readable(reply))


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part for part in (each.strip() for each in text.split(",")) if part)


def _check_events(domain: "Domain", options: argparse.Namespace) -> None:
    """Raises MendableError where the user has no event with an item that is to be left out."""
    if not options.without:
        return
    history = None if options.user is None else domain.history(options.user)
    known = set() if history is None else {domain.catalogue.ids[row] for row in history.rows}
    strange = [each for each in options.without if each not in known]
    if strange:
        who = "somebody new" if options.user is None else f"user {options.user!r}"
        raise MendableError(
            f"{who} has no event with {', '.join(map(repr, strange[:5]))}", "--without", "Name items of the history"
        )


COMMAND = Command("recommend", "the best items for a user, or for what the user says", add_flags, run)
