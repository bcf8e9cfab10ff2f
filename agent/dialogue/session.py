"""One talk of one person: understands each turn, asks for recommendations, remembers what was shown, undoes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from agent.constraints import State
from agent.dialogue import rendering as wording
from agent.dialogue.turns import Feedback, Forget, Say, Turn, Undo
from agent.recommendation import Reply
from agent.request import Request
from agent.understanding import Understood, forget_named, lexicon_of, text_of, understand
from index.data.domain import Domain
from index.data.records import History

__all__ = ["Feedback", "Forget", "Recommends", "Say", "Session", "Store", "Turn", "Undo"]

STAGES = ("understand", "retrieve", "rank", "explain")
_ANSWERS = {"cannot": wording.CANNOT, "empty": wording.EMPTY, "quoted": wording.QUOTED, "thanks": wording.WELCOME}


class Recommends(Protocol):
    """What a session needs of an agent."""

    @property
    def domain(self) -> Domain:
        """The catalogue and everybody's histories."""

    def recommend(self, request: Request) -> Reply:
        """The best items for a request, with reasons."""


class Store(Protocol):
    """Where a person's likes, dislikes and seen are kept between sessions."""

    def recall(self, user: str) -> State:
        """What is held of a person; an empty state for somebody new."""

    def keep(self, user: str, state: State) -> None:
        """Hold what outlasts the session; returns when it is durable."""


@dataclass(frozen=True)
class _Moment:
    """The talk between two turns: what is held, and the list that is seen."""

    state: State
    reply: Reply | None


class Session:
    """A talk with an agent; `user` may be somebody of the data, somebody new, or nobody."""

    def __init__(self, agent: Recommends, user: str | None, k: int = 10, store: Store | None = None) -> None:
        self.agent, self.user, self.k, self.store = agent, user, k, store
        self.lexicon = lexicon_of(agent.domain)
        self.history = (agent.domain.history(user) if user is not None else None) or _no_history()
        self.now = _Moment(store.recall(user) if store and user is not None else State(), None)
        self.past: list[_Moment] = []
        self.shown: dict[str, None] = {}

    @property
    def state(self) -> State:
        """What is held of the talk."""
        return self.now.state

    def opening(self) -> Reply:
        """What is recommended before anything is said."""
        return self._made(self.state, time.perf_counter(), lambda reply: wording.introduction(reply, None, True))

    def turn(self, turn: Turn) -> Reply:
        """Answer one turn."""
        began = time.perf_counter()
        if isinstance(turn, Undo):
            return self._undo(began)
        if isinstance(turn, Forget):
            return self._forget(turn.text, began)
        return self._judge(turn, began) if isinstance(turn, Feedback) else self._hear(turn.text, began)

    def _hear(self, text: str, began: float) -> Reply:
        understood = understand(text, self.state, self._seen_ids(), self.lexicon)
        if understood.intent == "undo":
            return self._undo(began)
        if understood.intent == "forget":
            return self._forget(text, began)
        if understood.intent == "reset":
            return self._renew(State(), lambda reply: f"We start over. {wording.QUESTION}", began)
        if understood.intent in ("recommend", "more"):
            return self._recommend(understood, began)
        return self._answer(understood, began)

    def _recommend(self, understood: Understood, began: float) -> Reply:
        said = wording.heard(understood, self.state, self.lexicon)
        has_ground = self._has_ground(understood.state)

        def text(reply: Reply) -> str:
            return f"{said} {wording.introduction(reply, understood, has_ground)}".strip()

        return self._renew(
            understood.state, text, began, frozenset(self.shown) if understood.intent == "more" else None
        )

    def _answer(self, understood: Understood, began: float) -> Reply:
        """Answer in words, the list left as it is unless the message told of items as well."""
        shown = self.now.reply.recommendations if self.now.reply else ()
        said = wording.heard(understood, self.state, self.lexicon)
        if understood.intent in ("question", "why", "compare"):
            told = wording.answer(understood, shown, self.lexicon)
        elif understood.intent == "greeting":
            told = f"Hello! {wording.QUESTION}"
        else:
            told = _ANSWERS.get(understood.intent, f"Tell me more: {wording.QUESTION[0].lower()}{wording.QUESTION[1:]}")
        text = f"{said} {told}".strip()
        return (
            self._renew(understood.state, lambda _: text, began)
            if self._is_new(understood)
            else self._keep(text, began)
        )

    def _judge(self, turn: Feedback, began: float) -> Reply:
        row = self.lexicon.catalogue.row_of.get(turn.item_id)
        if row is None:
            unknown = wording.unknown_item(turn.item_id)
            return self._keep(unknown, began) if self.now.reply else self._renew(self.state, lambda _: unknown, began)
        state = self.state.judged(turn.item_id, turn.value)
        said = wording.judged(self.lexicon.catalogue.items[row], turn.value)
        return self._renew(state, lambda reply: f"{said} {wording.introduction(reply, None, True)}", began)

    def _forget(self, text: str, began: float) -> Reply:
        state = forget_named(text, self.state, self.lexicon)
        if state == self.state:
            nothing = wording.nothing_to_forget(text)
            return self._keep(nothing, began) if self.now.reply else self._renew(state, lambda _: nothing, began)
        said = wording.forgot(self.state, state, self.lexicon)
        has_ground = self._has_ground(state)
        return self._renew(state, lambda reply: f"{said} {wording.introduction(reply, None, has_ground)}", began)

    def _undo(self, began: float) -> Reply:
        """Go back to before the latest turn that is not yet undone, state and list alike."""
        if not self.past:
            text = f"There is nothing to undo. {wording.QUESTION}"
            return self._made(self.state, began, lambda _: text) if self.now.reply is None else self._same(text, began)
        last, self.now = self.now, self.past.pop()
        self._remember()
        held = wording.summary(self.state, self.lexicon)
        text = f"I took back your last turn. {held or wording.QUESTION}"
        if self.now.reply is None and last.reply is not None:
            empty = replace(last.reply, state=self.state, recommendations=(), relaxed=())
            return replace(empty, text=text, timing_ms=_timing(began))
        return self._same(text, began)

    def _renew(
        self, state: State, text: Callable[[Reply], str], began: float, shown: frozenset[str] | None = None
    ) -> Reply:
        """Take a new state and make a new list for it; `shown` are ids that are not to be repeated."""
        before = self.now
        reply = self._made(state, began, text, shown)
        self.past.append(before)
        return reply

    def _made(
        self, state: State, began: float, text: Callable[[Reply], str], shown: frozenset[str] | None = None
    ) -> Reply:
        understood_ms = _since(began)
        request = Request(self.user, state, self.history, text_of(state), self.k, shown or frozenset())
        reply = self.agent.recommend(request)
        noticed = f" {_sentence(reply.notice)}" if reply.notice and not self.shown else ""  # once a talk
        reply = replace(reply, text=text(reply) + noticed, timing_ms=_merged(reply, understood_ms))
        self.now = _Moment(state, reply)
        self.shown |= dict.fromkeys(each.item.item_id for each in reply.recommendations)
        self._remember()
        return reply

    def _keep(self, text: str, began: float) -> Reply:
        """A turn that changes nothing: the same list, another text."""
        self.past.append(self.now)
        return self._same(text, began)

    def _same(self, text: str, began: float) -> Reply:
        if self.now.reply is None:
            return self._made(self.state, began, lambda _: text)
        return replace(self.now.reply, text=text, timing_ms=_timing(began))

    def _is_new(self, understood: Understood) -> bool:
        return self.now.reply is None or understood.state != self.state

    def _has_ground(self, state: State) -> bool:
        return len(self.history) > 0 or state != State()

    def _seen_ids(self) -> tuple[str, ...]:
        return tuple(each.item.item_id for each in self.now.reply.recommendations) if self.now.reply else ()

    def _remember(self) -> None:
        if self.store is not None and self.user is not None:
            self.store.keep(self.user, self.state)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _no_history() -> History:
    return History(np.zeros(0, np.int64), np.zeros(0, np.float32))


def _since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


def _timing(began: float) -> dict[str, float]:
    """The stages of a turn for which nothing was retrieved."""
    spent = _since(began)
    return {**dict.fromkeys(STAGES, 0.0), "understand": spent, "total": spent}


def _merged(reply: Reply, understood_ms: float) -> dict[str, float]:
    """The stages of an agent's reply with the understanding before them."""
    stages = {**dict.fromkeys(STAGES, 0.0), **reply.timing_ms}
    before = stages["understand"] + understood_ms
    own = stages.get("total", sum(reply.timing_ms.values()))
    return {**stages, "understand": before, "total": own + understood_ms}
