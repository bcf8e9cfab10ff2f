"""One browser tab's talk: its session, the lines of the conversation and the last reply, without any page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from agent.constraints import State, Verdict
from agent.dialogue.turns import Feedback, Say, Turn, Undo
from agent.interfaces.cards import MAX_LINE, SHOWN_LINES, Line, shorten
from agent.interfaces.greeting import greet
from agent.recommendation import Reply
from index.data.domain import Domain
from index.errors import MendableError
from index.printable import printable_line

MAX_NAME = 200
ACTS = {"like": "I like {}", "dislike": "Not for me: {}", "seen": "I have seen {}"}


class Talks(Protocol):
    """A session as the page sees it."""

    @property
    def state(self) -> State:
        """The state of the talk, with what is remembered of the user."""

    def turn(self, turn: Turn) -> Reply:
        """The answer to one turn."""

    def reword(self) -> Iterator[Reply]:
        """The latest reply after each reason that a language model worded anew."""


OpenSession = Callable[[str | None], Talks]


@dataclass(frozen=True)
class Tab:
    """The talk of one tab; every turn makes a new record. `user` is None for a new user."""

    user: str | None
    session: Talks
    lines: tuple[Line, ...] = ()
    reply: Reply | None = None

    @property
    def state(self) -> State:
        """What the last reply holds, or what is remembered of the user before the first."""
        return self.reply.state if self.reply else self.session.state

    @property
    def is_fresh(self) -> bool:
        """Whether no list is shown and the state is empty, as before the first turn or after undoing it."""
        return self.reply is None or (not self.reply.recommendations and self.reply.state == State())


@dataclass(frozen=True)
class UserAction:
    """What the user just did: its line in the conversation (None for an empty message), and the turn that it is."""

    line: Line | None
    turn: Turn
    typed: bool = False  # in the message box


def open_tab(domain: Domain, open_session: OpenSession, user: str | None) -> Tab:
    """A tab with a fresh session of a user and a greeting; with a new user's where that one cannot be opened."""
    try:
        return Tab(user, open_session(user), (Line("palate", greet(domain, user)),))
    except MendableError as why:
        if user is None:
            raise
        return _add_reply(open_tab(domain, open_session, None), f"I could not begin as {user}: {why}")


def switch_user(domain: Domain, open_session: OpenSession, tab: Tab, name: str) -> Tab:
    """A tab with a session of the user of that name; an empty name is a new user."""
    user = printable_line(name) or None
    if user is not None and len(user) > MAX_NAME:
        return _add_reply(tab, f"That name has {len(user):,} characters; please keep it under {MAX_NAME}.")
    return open_tab(domain, open_session, user)


def say(text: str) -> UserAction:
    """A message as a user action."""
    text = text.encode("utf-8", "replace").decode()  # half a character, which nothing could write down, becomes "?"
    return UserAction(Line("person", text) if text.strip() else None, Say(text), typed=True)


def judge_item(item_id: str, verdict: Verdict, name: str) -> UserAction:
    """A press on like, dislike or seen as a user action; `name` is the item's title."""
    return UserAction(Line("button", ACTS[verdict].format(name)), Feedback(item_id, verdict))


def ask_for_similar(name: str) -> UserAction:
    """A press on "more like this" as a user action."""
    return replace(say(f"Something like {name}"), typed=False)


def undo() -> UserAction:
    """A press on undo as a user action."""
    return UserAction(Line("button", "Undo"), Undo())


def add_action(tab: Tab, action: UserAction) -> Tab:
    """The tab with the line of an action, while its reply is awaited."""
    return _add_line(tab, action.line) if action.line else tab


def answer(tab: Tab, action: UserAction) -> Tab:
    """The tab after the reply to an action; an error that the user can mend is told and changes nothing else."""
    waiting = add_action(tab, action)
    try:
        reply = tab.session.turn(action.turn)
    except MendableError as why:
        return _add_reply(waiting, f"I could not do that: {why}")
    return replace(_add_reply(waiting, reply.text), reply=reply)


def reword(tab: Tab) -> Iterator[Tab]:
    """The tab after each reason of its list that a language model worded anew; none where templates write."""
    for reply in tab.session.reword():
        yield replace(tab, reply=reply)


def report_failure(tab: Tab) -> Tab:
    """The tab after an error of the program."""
    return _add_reply(tab, "Something went wrong on my side, and I have no answer. Please try it in another way.")


def _add_reply(tab: Tab, text: str) -> Tab:
    return _add_line(tab, Line("palate", text))


def _add_line(tab: Tab, line: Line) -> Tab:
    """The tab with one more line; old ones are dropped and long ones cut, so that a long talk stays small."""
    short = Line(line.by, shorten(line.text, MAX_LINE))
    return replace(tab, lines=(*tab.lines, short)[-SHOWN_LINES:])
