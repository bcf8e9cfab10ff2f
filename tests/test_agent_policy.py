"""The policy alone: which action answers what was understood, in a given state and view."""

import pytest

from agent.constraints import Constraint, State
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
from agent.dialogue.policy import View, decide
from agent.understanding import Understood

WESTERN = State(must=(Constraint("categories", "=", "Western"),))
LIKED = State(liked=("6",))
FRESH = View()
SHOWN = View(shown=("10", "11"), undone=State())
REMARKS = Remarks(("Inception",), ("nothing here says the price",))


def understood(intent: str, state: State = WESTERN, about: tuple[str, ...] = ()) -> Understood:
    """A message of an intent, with an unknown title and a note."""
    return Understood(state, "", intent, REMARKS.unknown_titles, REMARKS.notes, about, "what year")


ANSWERS = [
    ("question", AnswerQuestion(state=WESTERN, remarks=REMARKS, about=("2",), words="what year")),
    ("why", ExplainItems(state=WESTERN, remarks=REMARKS, about=("2",))),
    ("compare", CompareItems(state=WESTERN, remarks=REMARKS, about=("2",))),
    ("greeting", Greet(state=WESTERN, remarks=REMARKS)),
    ("thanks", AcceptThanks(state=WESTERN, remarks=REMARKS)),
    ("cannot", CannotDo(state=WESTERN, remarks=REMARKS)),
    ("empty", AskBack(state=WESTERN, remarks=REMARKS, because="empty")),
    ("quoted", AskBack(state=WESTERN, remarks=REMARKS, because="quoted")),
    ("chat", AskBack(state=WESTERN, remarks=REMARKS, because="vague")),
]


@pytest.mark.parametrize(("intent", "action"), ANSWERS)
def test_an_answer_that_tells_of_no_item_keeps_the_list(intent: str, action: Action) -> None:
    decided = decide(understood(intent, about=("2",)), WESTERN, SHOWN)
    assert (type(decided), decided.list_change) == (type(action), "keep")


@pytest.mark.parametrize(("intent", "action"), ANSWERS)
@pytest.mark.parametrize(("before", "view"), [(WESTERN, FRESH), (LIKED, SHOWN)])
def test_an_answer_makes_a_list_where_none_is_shown_or_the_state_has_changed(
    intent: str, action: Action, before: State, view: View
) -> None:
    assert decide(understood(intent, about=("2",)), before, view) == action
    assert action.list_change == "new"


@pytest.mark.parametrize(("intent", "change"), [("recommend", "new"), ("more", "more")])
@pytest.mark.parametrize("view", [FRESH, SHOWN])
def test_a_wish_is_answered_with_a_list(intent: str, change: str, view: View) -> None:
    decided = decide(understood(intent), State(), view)
    assert isinstance(decided, Recommend)
    assert (decided.state, decided.list_change, decided.remarks) == (WESTERN, change, REMARKS)


@pytest.mark.parametrize(
    ("state", "has_history", "asks"),
    [(State(), False, True), (State(), True, False), (WESTERN, False, False), (LIKED, False, False)],
)
def test_only_who_told_nothing_and_has_no_history_is_asked_back(state: State, has_history: bool, asks: bool) -> None:
    view = View(has_history=has_history)
    decided = decide(understood("recommend", state), WESTERN, view)
    forgot = decide(ForgetTurn("all", state), State(seen=("1",)), view)
    assert isinstance(decided, Recommend) and isinstance(forgot, ForgetNamed)
    assert decided.asks_back is forgot.asks_back is asks


@pytest.mark.parametrize(("view", "about"), [(SHOWN, ("10",)), (FRESH, ()), (View(shown=()), ())])
def test_why_without_a_title_means_the_first_item_that_is_shown(view: View, about: tuple[str, ...]) -> None:
    decided = decide(understood("why"), WESTERN, view)
    assert isinstance(decided, ExplainItems)
    assert decided.about == about


def test_starting_over_holds_nothing_whatever_was_understood() -> None:
    assert decide(understood("reset"), LIKED, SHOWN) == StartOver(state=State())


def test_undo_goes_back_to_the_state_before_and_needs_a_turn() -> None:
    assert decide(UndoTurn(), WESTERN, View(shown=(), undone=LIKED)) == TakeBack(state=LIKED, list_change="keep")
    assert decide(UndoTurn(), WESTERN, View(shown=())) == NothingToUndo(state=WESTERN, list_change="keep")
    assert decide(UndoTurn(), WESTERN, FRESH) == NothingToUndo(state=WESTERN, list_change="new")


def test_forgetting_needs_something_that_is_held() -> None:
    assert decide(ForgetTurn("the moon", LIKED), LIKED, SHOWN) == NothingToForget(
        state=LIKED, list_change="keep", text="the moon"
    )
    assert decide(ForgetTurn("Heat", WESTERN), LIKED, SHOWN) == ForgetNamed(state=WESTERN)


def test_a_verdict_needs_an_item_of_the_catalogue() -> None:
    recorded = RecordVerdict(state=LIKED, item_id="6", verdict="like")
    assert decide(VerdictTurn("6", "like", LIKED), State(), SHOWN) == recorded
    refused = RefuseItem(state=WESTERN, list_change="keep", item_id="x")
    assert decide(VerdictTurn("x", "like", None), WESTERN, SHOWN) == refused


EVERYTHING: list[Interpretation] = [
    *(understood(intent) for intent, _ in ANSWERS),
    *(understood(intent) for intent in ("recommend", "more", "reset")),
    OpeningTurn(),
    UndoTurn(),
    ForgetTurn("x", LIKED),
    ForgetTurn("x", WESTERN),
    VerdictTurn("6", "seen", LIKED),
    VerdictTurn("x", "seen", None),
]


@pytest.mark.parametrize("turn", EVERYTHING, ids=repr)
@pytest.mark.parametrize("before", [State(), WESTERN, LIKED])
def test_a_list_is_kept_only_where_one_is_shown(turn: Interpretation, before: State) -> None:
    assert decide(turn, before, FRESH).list_change != "keep"


@pytest.mark.parametrize("turn", EVERYTHING, ids=repr)
def test_what_takes_nothing_further_back_is_not_undone(turn: Interpretation) -> None:
    passing = isinstance(turn, OpeningTurn | UndoTurn)
    assert decide(turn, WESTERN, SHOWN).is_undoable is not passing
    assert isinstance(decide(OpeningTurn(), LIKED, FRESH), Open)
