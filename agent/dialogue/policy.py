"""Decides what to do about a turn: a pure function of what was understood, the state before, and what is shown."""

from dataclasses import dataclass
from typing import Literal

from agent.constraints import State
from agent.dialogue.actions import (
    AcceptThanks,
    Action,
    AnswerQuestion,
    AskBack,
    CannotDo,
    CompareItems,
    ExplainItems,
    ForgetNamed,
    Greet,
    ListChange,
    NothingToForget,
    NothingToUndo,
    Open,
    Recommend,
    RecordVerdict,
    RefuseItem,
    Remarks,
    StartOver,
    TakeBack,
)
from agent.dialogue.interpretation import ForgetTurn, Interpretation, OpeningTurn, UndoTurn, VerdictTurn
from agent.understanding import Understood


@dataclass(frozen=True, slots=True)
class View:
    """The talk as a turn finds it: the ids that are shown (None before the first list), and what an undo goes back to.

    `undone` is None where there is no turn to undo; `has_history` tells whether the data know events of the user.
    """

    shown: tuple[str, ...] | None = None
    undone: State | None = None
    has_history: bool = False


def decide(turn: Interpretation, before: State, view: View) -> Action:
    """The action that answers a turn; `before` is the state that the turn finds."""
    if isinstance(turn, OpeningTurn):
        return Open(state=before)
    if isinstance(turn, UndoTurn):
        return _decide_undo(before, view)
    if isinstance(turn, ForgetTurn):
        return _decide_forget(turn, before, view)
    if isinstance(turn, VerdictTurn):
        return _decide_verdict(turn, before, view)
    if turn.intent == "reset":
        return StartOver(state=State())
    if turn.intent in ("recommend", "more"):
        return _decide_recommendation(turn, view)
    return _decide_answer(turn, before, view)


def _decide_undo(before: State, view: View) -> Action:
    if view.undone is None:
        return NothingToUndo(state=before, list_change=_keep(view))
    return TakeBack(state=view.undone, list_change="keep")


def _decide_forget(turn: ForgetTurn, before: State, view: View) -> Action:
    if turn.state == before:
        return NothingToForget(state=before, list_change=_keep(view), text=turn.text)
    return ForgetNamed(state=turn.state, asks_back=_knows_nothing(turn.state, view))


def _decide_verdict(turn: VerdictTurn, before: State, view: View) -> Action:
    if turn.state is None:
        return RefuseItem(state=before, list_change=_keep(view), item_id=turn.item_id)
    return RecordVerdict(state=turn.state, item_id=turn.item_id, verdict=turn.verdict)


def _decide_recommendation(understood: Understood, view: View) -> Recommend:
    return Recommend(
        state=understood.state,
        list_change="more" if understood.intent == "more" else "new",
        remarks=_remarks(understood),
        asks_back=_knows_nothing(understood.state, view),
    )


def _decide_answer(understood: Understood, before: State, view: View) -> Action:
    """An answer in words: the list is kept, unless the message told of items as well."""
    state, remarks, about = understood.state, _remarks(understood), understood.about
    change: ListChange = _keep(view) if state == before else "new"
    match understood.intent:
        case "question":
            words = understood.asks
            return AnswerQuestion(state=state, list_change=change, remarks=remarks, about=about, words=words)
        case "why":
            about = about or (view.shown or ())[:1]
            return ExplainItems(state=state, list_change=change, remarks=remarks, about=about)
        case "compare":
            return CompareItems(state=state, list_change=change, remarks=remarks, about=about)
        case "greeting":
            return Greet(state=state, list_change=change, remarks=remarks)
        case "thanks":
            return AcceptThanks(state=state, list_change=change, remarks=remarks)
        case "cannot":
            return CannotDo(state=state, list_change=change, remarks=remarks)
    because: Literal["empty", "quoted", "vague"] = "vague"
    if understood.intent == "empty":
        because = "empty"
    elif understood.intent == "quoted":
        because = "quoted"
    return AskBack(state=state, list_change=change, remarks=remarks, because=because)


def _keep(view: View) -> ListChange:
    """The list is kept; where none was shown yet, the first one is made all the same."""
    return "new" if view.shown is None else "keep"


def _knows_nothing(state: State, view: View) -> bool:
    return not view.has_history and state == State()


def _remarks(understood: Understood) -> Remarks:
    return Remarks(understood.unknown_titles, understood.notes)
