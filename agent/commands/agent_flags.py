"""The flags that every command of the agent has, and the checks that come before any model is loaded."""

import argparse
from typing import TYPE_CHECKING

from agent.explain.writer_names import GPT, TEMPLATE
from agent.rerank.precision import PRECISIONS
from index.command_line import Parser, add_domain
from index.errors import MendableError
from index.progress import note

if TYPE_CHECKING:
    from agent.agent import Agent
    from index.data.domain import Domain


def add_agent_flags(parser: Parser) -> None:
    """The domain, the user, the ranker and its precision."""
    add_domain(parser)
    parser.add_argument("--user", metavar="ID", help="the user; in a conversation an id that is not in the data is new")
    parser.add_argument("--ranker", default="bert", metavar="NAME", help="bert (default), gpt, or a channel's name")
    parser.add_argument(
        "--precision", choices=PRECISIONS, default=PRECISIONS[0], help="number format of a reranker (default float32)"
    )
    parser.add_argument(
        "--writer",
        default=TEMPLATE,
        metavar="NAME",
        help=f"what words the reasons: {TEMPLATE} (default), {GPT} (the model at hand), or openai:URL#MODEL, a "
        "server's URL that ends with /v1",
    )


def load_checked_domain(options: argparse.Namespace) -> "Domain":
    """The domain that the options name. Raises MendableError where there is none, or no such ranker or writer."""
    from agent.explain.gpt.adapters import existing_reason_adapter
    from agent.open_writer import check_writer
    from agent.rerank.rankers import check_ranker
    from index.data.domain import load_domain

    check_ranker(options.ranker)
    check_writer(options.writer)
    domain = load_domain(options.domain)
    if options.writer == GPT:
        existing_reason_adapter(domain.name)
    return domain


def check_user(domain: "Domain", user: str | None) -> None:
    """Raises MendableError for a user without events in the domain."""
    if user is not None and domain.history(user) is None:
        raise MendableError(
            f"no user {user!r} in {domain.name}", "--user", "Leave --user out for a new user, and use --say"
        )


def open_with_notice(domain: "Domain", options: argparse.Namespace) -> "Agent":
    """The agent of a domain as the options want it; what the user should know of its ranker is noted on stderr."""
    from agent.open_agent import agent_of

    agent = agent_of(domain, options.ranker, options.precision, options.writer)
    if agent.notice:
        note(agent.notice)
    return agent
