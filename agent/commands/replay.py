"""`python -m agent replay SCRIPT.jsonl --domain NAME`: a conversation from a file, one reply a turn."""

import argparse
from pathlib import Path

from agent.commands.agent_flags import add_agent_flags, load_checked_domain, open_with_notice
from index.command_line import Command, Parser, add_json


def add_flags(parser: Parser) -> None:
    """The script, and who talks."""
    parser.add_argument("script", type=Path, metavar="SCRIPT.jsonl", help="one turn a line")
    add_agent_flags(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Answer every turn, each printed as soon as it is answered. Raises MendableError before the first turn."""
    from agent.dialogue.script import read_script

    lines = read_script(options.script)
    domain = load_checked_domain(options)

    from agent.commands.reply_text import readable
    from agent.dialogue.session import Session
    from index.storage.json_text import print_json

    agent = open_with_notice(domain, options)
    sessions: dict[str | None, Session] = {}
    for line in lines:
        user = line.user if line.user is not None else options.user
        if user not in sessions:
            sessions[user] = Session(agent, user)
        reply = sessions[user].finished(sessions[user].turn(line.turn))
        if options.json:
            print_json({**reply.as_json(), "text": reply.text})
        else:
            print(readable(reply), flush=True)


COMMAND = Command("replay", "a conversation from a file, one reply a turn", add_flags, run)
