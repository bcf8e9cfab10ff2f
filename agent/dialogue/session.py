"""One talk of one user: it holds the state, the list that is shown, and the moments to which an undo goes back.

A turn takes three steps: it is interpreted (`interpretation.py`), an action is decided (`policy.py`), the reply is
rendered (`rendering.py`). The session performs the action between the last two.
"""

import time
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from agent.constraints import State
from agent.dialogue.actions import Action, TakeBack
from agent.dialogue.interpretation import Interpretation, Interpreter, OpeningTurn
from agent.dialogue.policy import View, decide
from agent.dialogue.rendering import Scene, render
from agent.dialogue.reply_texts import as_sentence
from agent.dialogue.turns import Feedback, Forget, Say, Turn, Undo
from agent.duplicates import duplicates_of
from agent.explain.writing import TEMPLATES
from agent.memory.store import Store
from agent.recommendation import Recommendation, Reply
from agent.request import Request
from agent.timing import add_understanding, ms_since, time_without_list
from agent.understanding import lexicon_of, text_of
from index.data.domain import Domain
from index.data.records import History

__all__ = ["Feedback", "Forget", "Recommends", "Say", "Session", "Turn", "Undo"]


class Recommends(Protocol):
    """What a session needs of an agent."""

    @property
    def domain(self) -> Domain:
        """The catalogue and everybody's histories."""

    def recommend(self, request: Request) -> Reply:
        """The best items for a request, with reasons."""

    def reword(self, reply: Reply) -> Iterator[Reply]:
        """The reply after each reason that a language model worded anew; none where it has no such writer."""


@dataclass(frozen=True)
class _Moment:
    """The talk between two turns: its state, and the reply whose list is shown."""

    state: State
    reply: Reply | None

    @property
    def shown(self) -> tuple[Recommendation, ...]:
        return self.reply.recommendations if self.reply else ()


class Session:
    """A talk with an agent; `user` may be a user of the data, a new one, or None.

    Events of the user with the items `without` (ids) count as if they had not been.
    """

    def __init__(
        self,
        agent: Recommends,
        user: str | None,
        k: int = 10,
        store: Store | None = None,
        without: Collection[str] = (),
    ) -> None:
        self.agent, self.user, self.k, self.store = agent, user, k, store
        self.lexicon = lexicon_of(agent.domain)
        self.interpreter = Interpreter(self.lexicon, duplicates_of(agent.domain))
        history = (agent.domain.history(user) if user is not None else None) or _no_history()
        dropped = np.isin(history.rows, agent.domain.catalogue.rows_of(without))
        self.history = history.without(np.flatnonzero(dropped)) if dropped.any() else history
        self.now = _Moment(store.recall(user) if store and user is not None else State(), None)
        self.past: list[_Moment] = []
        self.shown: dict[str, None] = {}

    @property
    def state(self) -> State:
        """What is held of the talk."""
        return self.now.state

    def opening(self) -> Reply:
        """What is recommended before anything is said."""
        return self._answer(OpeningTurn(), time.perf_counter())

    def turn(self, turn: Turn) -> Reply:
        """Answer one turn. Where it cannot be answered or remembered (MendableError), the talk stays as it was."""
        began = time.perf_counter()
        shown = tuple(each.item.item_id for each in self.now.shown)
        return self._answer(self.interpreter.interpret(turn, self.state, shown), began)

    def reword(self) -> Iterator[Reply]:
        """The latest reply after each reason that a language model worded anew: the list is shown before it begins."""
        if self.now.reply is None or self.now.reply.writer != TEMPLATES:
            return  # it has them: a turn may keep the list
        for reply in self.agent.reword(self.now.reply):
            self.now = replace(self.now, reply=reply)
            yield reply

    def finished(self, reply: Reply) -> Reply:
        """The latest turn's reply with all its reasons worded anew, where a language model writes them."""
        made = deque(self.reword(), maxlen=1) if reply is self.now.reply else ()  # else the list was kept
        return made[0] if made else reply

    def _answer(self, turn: Interpretation, began: float) -> Reply:
        action = decide(turn, self.state, self._view())
        reply = self._with_list(action, began)
        text = render(action, reply, Scene(self.state, self.now.shown, self.lexicon))
        if action.list_change == "keep":
            reply = replace(reply, timing_ms=time_without_list(began))
        noticed = f" {as_sentence(reply.notice)}" if reply.notice and not self.shown else ""  # once a talk
        reply = replace(reply, text=text + noticed)
        self._remember(action.state)
        self._move_on(action, reply)
        return reply

    def _view(self) -> View:
        return View(
            shown=None if self.now.reply is None else tuple(each.item.item_id for each in self.now.shown),
            undone=self.past[-1].state if self.past else None,
            has_history=len(self.history) > 0,
        )

    def _with_list(self, action: Action, began: float) -> Reply:
        """The reply whose list the user sees after an action, without its text."""
        if action.list_change == "keep":
            return self._kept(action)
        understood_ms = ms_since(began)
        barred = frozenset(self.shown) if action.list_change == "more" else frozenset()
        request = Request(self.user, action.state, self.history, text_of(action.state), self.k, barred)
        reply = self.agent.recommend(request)
        return replace(reply, timing_ms=add_understanding(reply.timing_ms, understood_ms))

    def _kept(self, action: Action) -> Reply:
        """The list that is shown, or was before the turn that is taken back; none before the first list."""
        if self.now.reply is None:
            raise ValueError("there is no list to keep")
        kept = self.past[-1].reply if isinstance(action, TakeBack) else self.now.reply
        return kept or replace(self.now.reply, state=action.state, recommendations=(), relaxed=())

    def _move_on(self, action: Action, reply: Reply) -> None:
        """Hold what an action made of the talk."""
        if isinstance(action, TakeBack):
            self.now = self.past.pop()
            return
        if action.is_undoable:
            self.past.append(self.now)
        if action.list_change != "keep":
            self.now = _Moment(action.state, reply)
            self.shown |= dict.fromkeys(each.item.item_id for each in reply.recommendations)

    def _remember(self, state: State) -> None:
        if self.store is not None and self.user is not None and state != self.state:
            self.store.keep(self.user, state)


def _no_history() -> History:
    return History(np.zeros(0, np.int64), np.zeros(0, np.float32))
