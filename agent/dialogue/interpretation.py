"""Interprets one turn, the first of its three steps: what it means for the state of the talk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.constraints import State, Verdict
from agent.dialogue.turns import Feedback, Forget, Turn, Undo
from agent.understanding import Lexicon, Understood, forget_named, understand
from index.data.domain import Catalogue
from index.data.duplicates import Duplicates
from index.types import Rows

_LISTS = ("liked", "disliked", "seen")


@dataclass(frozen=True, slots=True)
class OpeningTurn:
    """Nothing was said yet."""


@dataclass(frozen=True, slots=True)
class VerdictTurn:
    """A verdict on an item by its id; `state` holds it, and is None where the catalogue lacks the item."""

    item_id: str
    verdict: Verdict
    state: State | None


@dataclass(frozen=True, slots=True)
class ForgetTurn:
    """A wish to forget what `text` names; `state` is without it, or as before where it holds nothing of that."""

    text: str
    state: State


@dataclass(frozen=True, slots=True)
class UndoTurn:
    """A wish to undo the latest turn."""


Interpretation = Understood | VerdictTurn | ForgetTurn | UndoTurn | OpeningTurn


@dataclass(frozen=True)
class Interpreter:
    """Interprets turns about one domain."""

    lexicon: Lexicon
    duplicates: Duplicates

    def interpret(self, turn: Turn, before: State, shown: Sequence[str]) -> Interpretation:
        """What a turn means; `shown` are the ids of the list that the user sees, in order."""
        if isinstance(turn, Undo):
            return UndoTurn()
        if isinstance(turn, Forget):
            return self._interpret_forget(turn.text, before)
        if isinstance(turn, Feedback):
            return self._interpret_verdict(turn, before)
        understood = understand(turn.text, before, shown, self.lexicon)
        if understood.intent == "undo":
            return UndoTurn()
        if understood.intent == "forget":
            return self._interpret_forget(turn.text, before)
        return replace(understood, state=self._with_one_verdict_each(before, understood.state))

    def _interpret_forget(self, text: str, before: State) -> ForgetTurn:
        return ForgetTurn(text, self._with_one_verdict_each(before, forget_named(text, before, self.lexicon)))

    def _interpret_verdict(self, turn: Feedback, before: State) -> VerdictTurn:
        if turn.item_id not in self.lexicon.catalogue.row_of:
            return VerdictTurn(turn.item_id, turn.value, None)
        state = self._with_one_verdict_each(before, before.with_verdict(turn.item_id, turn.value))
        return VerdictTurn(turn.item_id, turn.value, state)

    def _with_one_verdict_each(self, before: State, after: State) -> State:
        """The state after a turn, in which what was said of one id of an item replaces what was said of another."""
        told = [i for name in _LISTS for i in getattr(after, name) if i not in getattr(before, name)]
        taken_back = before.judged_ids - after.judged_ids
        latest = self.duplicates.distinct(self._rows(reversed(told)))
        of_same_items = self.duplicates.with_duplicates(np.concatenate([latest, self._rows(taken_back)]))
        stale = {self._catalogue.ids[row] for row in np.setdiff1d(of_same_items, latest)}
        if not stale & after.judged_ids:
            return after
        liked, disliked, seen = (tuple(i for i in getattr(after, name) if i not in stale) for name in _LISTS)
        return replace(after, liked=liked, disliked=disliked, seen=seen)

    @property
    def _catalogue(self) -> Catalogue:
        return self.lexicon.catalogue

    def _rows(self, ids: Iterable[str]) -> Rows:
        row_of = self._catalogue.row_of
        return np.array([row_of[item_id] for item_id in ids if item_id in row_of], np.int64)
