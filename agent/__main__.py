"""The agent's commands: `python -m agent recommend|replay|chat`."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.rerank.precision import PRECISIONS
from index.command import Parser, note, positive_int, run
from index.errors import MendableError
from index.printable import printable, printable_json

if TYPE_CHECKING:
    from agent.agent import Agent
    from agent.recommendation import Reply

PORT = 7860


def main(arguments: Sequence[str]) -> int | None:
    """Run one command; without one, print the help."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return None
    commands = {"recommend": _recommend, "replay": _replay, "chat": _chat}
    commands[options.command](options)
    return None


def _parser() -> Parser:
    parser = Parser(prog="python -m agent", description="A recommendation agent you can talk to.")
    commands = parser.add_subparsers(dest="command", parser_class=Parser, metavar="COMMAND")
    recommend = commands.add_parser("recommend", help="the best items for a user, or for what somebody says")
    recommend.add_argument("--say", metavar="TEXT", help="what the person says")
    recommend.add_argument("-k", type=positive_int, default=10, metavar="N", help="number of recommendations (10)")
    replay = commands.add_parser("replay", help="a conversation from a file, one JSON object a turn")
    replay.add_argument("script", type=Path, metavar="SCRIPT.jsonl")
    chat = commands.add_parser("chat", help="the conversation on a page")
    chat.add_argument("--port", type=_port, default=PORT, metavar="N", help=f"port of the page ({PORT})")
    chat.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address of the page (127.0.0.1)")
    chat.add_argument("--auth", metavar="NAME:PASSWORD", help="who may open the page; needed beyond this machine")
    for command in (recommend, replay, chat):
        command.add_argument("--domain", required=True, metavar="NAME")
        command.add_argument("--user", metavar="ID", help="who asks; somebody of the data or, in a talk, somebody new")
        command.add_argument(
            "--ranker", default="bert", metavar="NAME", help="bert (default), gpt, or a channel's name"
        )
        command.add_argument(
            "--precision", choices=PRECISIONS, default=PRECISIONS[0], help="numbers that a reader computes in (float32)"
        )
    for command in (recommend, replay):
        command.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _recommend(options: argparse.Namespace) -> None:
    from agent.dialogue.session import Say, Session
    from agent.open_agent import open_agent

    agent = open_agent(options.domain, options.ranker, options.precision)
    if options.user is not None and agent.domain.history(options.user) is None:
        raise MendableError(
            f"no user {options.user!r} in {options.domain}",
            "--user",
            "Leave --user out for somebody new, and use --say",
        )
    _notice(agent)
    session = Session(agent, options.user, options.k)
    reply = session.turn(Say(options.say)) if options.say is not None else session.opening()
    print(printable_json(reply.as_json()) if options.json else _readable(reply))


def _replay(options: argparse.Namespace) -> None:
    from agent.dialogue.script import read_script
    from agent.dialogue.session import Session
    from agent.open_agent import open_agent

    lines = read_script(options.script)
    agent = open_agent(options.domain, options.ranker, options.precision)
    _notice(agent)
    sessions: dict[str | None, Session] = {}
    for line in lines:
        user = line.user if line.user is not None else options.user
        if user not in sessions:
            sessions[user] = Session(agent, user)
        reply = sessions[user].turn(line.turn)
        said = printable_json({**reply.as_json(), "text": reply.text})
        print(said if options.json else _readable(reply), flush=True)


def _chat(options: argparse.Namespace) -> None:
    from agent.interfaces.address import refuse_taken, refuse_unguarded
    from agent.interfaces.page import serve
    from agent.open_agent import open_agent

    refuse_unguarded(options.host, options.auth is not None)  # before the models are loaded
    refuse_taken(options.host, options.port)
    agent = open_agent(options.domain, options.ranker, options.precision)
    _notice(agent)
    serve(agent, options.user, options.host, options.port, auth=options.auth)


def _notice(agent: "Agent") -> None:
    if agent.notice:
        note(agent.notice)


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, a number from 1 to 65535")
    return int(text)


def _readable(reply: "Reply") -> str:
    """A reply as lines for a terminal."""
    lines = [reply.text] if reply.text else []
    lines += [f"relaxed: {each.because}" for each in reply.relaxed]
    lines += [
        f"{each.rank:3}. {each.item.name}  {each.score:.2f}\n     {each.reason.text}" for each in reply.recommendations
    ]
    lines.append(f"ranked by {reply.ranker.name} in {reply.timing_ms.get('total', 0):.0f} ms")
    return printable("\n".join(lines))


if __name__ == "__main__":
    run(main)
