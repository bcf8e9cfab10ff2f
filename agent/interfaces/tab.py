"""One browser tab's talk: the session behind it, the lines said so far and the last answer, without any page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from agent.constraints import State, Verdict
from agent.dialogue.turns import Feedback, Say, Turn, Undo
from agent.interfaces.cards import MAX_LINE, SHOWN_LINES, Line, shorten
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
        """What is held of the talk, and what is remembered of the person."""

    def turn(self, turn: Turn) -> Reply:
        """The answer to one turn."""


OpenSession = Callable[[str | None], Talks]


@dataclass(frozen=True)
class Tab:
    """The talk of one tab; every turn makes a new one. `user` is None for somebody new."""

    user: str | None
    session: Talks
    lines: tuple[Line, ...] = ()
    reply: Reply | None = None

    @property
    def state(self) -> State:
        """What was understood: with the last answer, or remembered before the first."""
        return self.reply.state if self.reply else self.session.state

    @property
    def is_fresh(self) -> bool:
        """Whether nothing is shown and nothing known of a wish, as before the first turn or after undoing it."""
        return self.reply is None or (not self.reply.recommendations and self.reply.state == State())


@dataclass(frozen=True)
class UserAction:
    """What somebody just did: how the conversation shows it (None for an empty message), and the turn that it is."""

    line: Line | None
    turn: Turn
    typed: bool = False  # it stood in the message box


def opened(domain: Domain, open_session: OpenSession, user: str | None) -> Tab:
    """The beginning of a person's own session, with a greeting; somebody new's where that person's cannot be opened."""
    try:
        return Tab(user, open_session(user), (Line("palate", greeting(domain, user)),))
    except MendableError as why:
        if user is None:
            raise
        return _told(opened(domain, open_session, None), f"I could not begin as {user}: {why}")


def became(domain: Domain, open_session: OpenSession, tab: Tab, name: str) -> Tab:
    """The session of the person of that name; an empty name is somebody new."""
    user = printable_line(name) or None
    if user is not None and len(user) > MAX_NAME:
        return _told(tab, f"That name has {len(user):,} characters; please keep it under {MAX_NAME}.")
    return opened(domain, open_session, user)


def said(text: str) -> UserAction:
    """A message as a deed."""
    text = text.encode("utf-8", "replace").decode()  # half a character, which nothing could write down, becomes "?"
    return UserAction(Line("person", text) if text.strip() else None, Say(text), typed=True)


def judged(item_id: str, verdict: Verdict, name: str) -> UserAction:
    """A press on like, dislike or seen as a deed; `name` is the item's title."""
    return UserAction(Line("button", ACTS[verdict].format(name)), Feedback(item_id, verdict))


def more_like(name: str) -> UserAction:
    """A press on "more like this" as a deed."""
    return replace(said(f"Something like {name}"), typed=False)


def undone() -> UserAction:
    """A press on undo as a deed."""
    return UserAction(Line("button", "Undo"), Undo())


def awaiting(tab: Tab, action: UserAction) -> Tab:
    """The tab while the answer is being made."""
    return _with(tab, action.line) if action.line else tab


def answered(tab: Tab, action: UserAction) -> Tab:
    """The tab after the answer; what the person can mend is said to them and changes nothing else."""
    asked = awaiting(tab, action)
    try:
        reply = tab.session.turn(action.turn)
    except MendableError as why:
        return _told(asked, f"I could not do that: {why}")
    return replace(_told(asked, reply.text), reply=reply)


def failed(tab: Tab) -> Tab:
    """The tab after a mistake of ours."""
    return _told(tab, "Something went wrong on my side, and I have no answer. Please try it in another way.")


def greeting(domain: Domain, user: str | None) -> str:
    """The first line of a talk."""
    history = domain.history(user) if user is not None else None
    ask = "Tell me what you like, what you would rather not have, or name a few titles."
    if history is None:
        return f"Hello{'' if user is None else f', {user}'}. {ask}"
    return f"Hello, {user}. I know {len(history):,} of your choices. {ask}"


def suggestions(domain: Domain) -> tuple[str, ...]:
    """Messages to begin with, about items of the domain that many people know; none for an empty catalogue."""
    catalogue = domain.catalogue
    counts = np.bincount(domain.histories.rows, minlength=len(catalogue))
    known = np.argsort(-counts, kind="stable")
    names = [catalogue.items[row].name for row in known[catalogue.available[known]][:3]]
    if len(names) < 3:
        return ()
    return "What do you recommend?", f"I loved {names[0]} and {names[1]}", f"Something like {names[2]}"


def _told(tab: Tab, text: str) -> Tab:
    return _with(tab, Line("palate", text))


def _with(tab: Tab, line: Line) -> Tab:
    """One more line; old ones are let go and long ones cut, so that a long talk stays small."""
    short = Line(line.by, shorten(line.text, MAX_LINE))
    return replace(tab, lines=(*tab.lines, short)[-SHOWN_LINES:])
