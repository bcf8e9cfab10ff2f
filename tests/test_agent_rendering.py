"""Rendering alone: the text of each action, from records and without an agent."""

import pytest

from agent.constraints import Constraint, Relaxed, State
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
from agent.dialogue.rendering import Scene, render
from agent.dialogue.reply_texts import QUESTION
from agent.explain.evidence import FromAttribute, Reason
from agent.recommendation import RankerCard, Recommendation, Reply
from tests.helpers_talk import DOMAIN, LEXICON

WESTERN = Constraint("categories", "=", "Western")
HELD = State(must=(WESTERN,), liked=("6",), seen=("2",))
LIST = "3 suggestions for you:"
CONTROL = "\u202e\x1b"


def shown(n: int) -> tuple[Recommendation, ...]:
    """The first items of the shelf, each with its id in its reason."""
    reasons = (
        Reason(f"Reason {item.item_id}.", (FromAttribute("title", item.title),)) for item in DOMAIN.catalogue.items
    )
    items = zip(DOMAIN.catalogue.items[:n], reasons, strict=False)
    return tuple(Recommendation(rank, item, 1.0, reason) for rank, (item, reason) in enumerate(items, 1))


def text_of(action: Action, n: int = 3, before: State | None = None, relaxed: tuple[Relaxed, ...] = ()) -> str:
    """The text of an action with a list of `n` items."""
    reply = Reply("shelf", None, RankerCard("first"), action.state, shown(n), relaxed)
    return render(action, reply, Scene(State() if before is None else before, shown(n), LEXICON))


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Open(state=State()), LIST),
        (Recommend(state=State()), LIST),
        (Recommend(state=State(), asks_back=True), f"{QUESTION} Until then, 3 suggestions for you:"),
        (Recommend(state=State(), list_change="more"), "3 more that you have not been shown:"),
        (Greet(state=State()), f"Hello! {QUESTION}"),
        (AcceptThanks(state=State()), "You are welcome. Shall I show you more?"),
        (
            CannotDo(state=State()),
            "That I cannot do: I only recommend from this catalogue. What would you like to find in it?",
        ),
        (AskBack(state=State(), because="empty"), f"You have said nothing yet. {QUESTION}"),
        (
            AskBack(state=State(), because="vague"),
            "Tell me more: what have you liked before, or what are you in the mood for?",
        ),
        (
            AskBack(state=State(), because="quoted"),
            "I take what stands in quotation marks as somebody else's words. What would you like yourself?",
        ),
        (AnswerQuestion(state=State(), about=("2",), words="what year is alien from"), "Alien (1979): year 1979."),
        (
            ExplainItems(state=State(), about=("2", "6")),
            "Alien (1979): Reason 2. Heat (1995): I have not recommended that.",
        ),
        (ExplainItems(state=State(), about=()), f"I have not recommended anything yet. {QUESTION}"),
        (
            CompareItems(state=State(), about=("2", "9")),
            "Alien (1979): horror and sci-fi, from 1979. The Shining (1980): horror, from 1980. "
            "What they share is horror.",
        ),
        (
            CompareItems(state=State(), about=("2",)),
            "Which two shall I compare? Name them, or say their numbers in the list.",
        ),
        (RecordVerdict(state=HELD, item_id="6", verdict="like"), f"You liked Heat (1995). {LIST}"),
        (
            RecordVerdict(state=HELD, item_id="6", verdict="dislike"),
            "You did not like Heat (1995). 3 suggestions for you:",
        ),
        (
            RecordVerdict(state=HELD, item_id="6", verdict="seen"),
            "You know Heat (1995) already. 3 suggestions for you:",
        ),
        (RefuseItem(state=HELD, item_id="47"), "There is no item '47' in this catalogue, so nothing was changed."),
        (NothingToForget(state=HELD, text=" the  moon "), "I hold nothing called “the moon”, so nothing was changed."),
        (StartOver(state=State()), f"We start over. {QUESTION}"),
        (TakeBack(state=State()), f"I took back your last turn. {QUESTION}"),
        (
            TakeBack(state=HELD),
            "I took back your last turn. You liked Heat (1995); you know Alien (1979) already; western.",
        ),
        (NothingToUndo(state=HELD), f"There is nothing to undo. {QUESTION}"),
    ],
)
def test_each_action_has_its_text(action: Action, text: str) -> None:
    assert text_of(action) == text


def test_what_a_message_changed_stands_before_its_answer_then_unknown_titles_then_notes() -> None:
    remarks = Remarks(("Inception", "Inception"), ("the list has no such place",))
    told = text_of(Recommend(state=HELD, remarks=remarks), n=1, before=State(must_not=(Constraint("year", "<", 1980),)))
    assert told == (
        "You liked Heat (1995); you know Alien (1979) already; western; no longer: nothing older than 1980. "
        "I do not find Inception in this catalogue. The list has no such place. One suggestion for you:"
    )


def test_what_is_forgotten_is_named_and_the_rest_is_not() -> None:
    told = text_of(ForgetNamed(state=State(seen=("2",))), before=HELD)
    assert told == "Forgotten: Heat (1995) and western. 3 suggestions for you:"


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (Recommend(state=State()), "There is nothing to recommend."),
        (Recommend(state=HELD), "Nothing is left that fits your wishes. Which of them may go?"),
        (
            Recommend(state=State(), list_change="more"),
            "Nothing further fits: all that does you have had, judged or been shown.",
        ),
        (Recommend(state=State(), asks_back=True), QUESTION),
    ],
)
def test_an_empty_list_is_said_in_words(action: Action, text: str) -> None:
    assert text_of(action, n=0, before=action.state) == text


def test_a_relaxed_constraint_is_told_before_the_list() -> None:
    told = text_of(Recommend(state=HELD), before=HELD, relaxed=(Relaxed(WESTERN, "no item is both"),))
    assert told == "I gave up “western”: no item is both. 3 suggestions for you:"


@pytest.mark.parametrize(
    "action",
    [
        RefuseItem(state=State(), item_id=CONTROL * 100),
        NothingToForget(state=State(), text=CONTROL * 100),
        Recommend(state=State(), remarks=Remarks((CONTROL,))),
    ],
)
def test_words_of_others_are_repeated_short_and_without_control_characters(action: Action) -> None:
    told = text_of(action)
    assert not set(CONTROL) & set(told)
    assert len(told) < 200


def test_more_names_than_a_sentence_holds_are_counted() -> None:
    told = text_of(TakeBack(state=State(liked=tuple(str(n) for n in range(1, 10)))))
    assert "and 3 more" in told and "Unforgiven" not in told
