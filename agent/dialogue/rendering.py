"""Renders a reply, the last of a turn's three steps: an action and its list become the text that the user reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.constraints import State, Verdict
from agent.dialogue.actions import (
    AcceptThanks,
    Action,
    Answer,
    AnswerQuestion,
    AskBack,
    CannotDo,
    CompareItems,
    ExplainItems,
    ForgetNamed,
    Greet,
    NothingToForget,
    NothingToUndo,
    Recommend,
    RecordVerdict,
    RefuseItem,
    StartOver,
    TakeBack,
)
from agent.dialogue.item_questions import compare_items, describe_items, give_reasons
from agent.dialogue.sentences import QUESTION, as_sentence, lower_first
from agent.dialogue.state_text import describe_forgotten, describe_message, describe_state
from agent.language.constraint_text import describe_wish
from agent.recommendation import Recommendation, Reply
from agent.understanding import Lexicon
from index.data.records import Item
from index.printable import printable

_MAX_QUOTED = 80  # characters of the user's own words, or of an id, that a reply repeats
_ASK_BACK = {
    "empty": f"You have said nothing yet. {QUESTION}",
    "quoted": "I take what stands in quotation marks as somebody else's words. What would you like yourself?",
    "vague": f"Tell me more: {lower_first(QUESTION)}",
}
_VERDICTS: dict[Verdict, str] = {
    "like": "You liked {}.",
    "dislike": "You did not like {}.",
    "seen": "You know {} already.",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What stood before the turn: the state, the list that was shown, and the words of the catalogue."""

    before: State
    shown: tuple[Recommendation, ...]
    lexicon: Lexicon

    def items(self, ids: Sequence[str]) -> list[Item]:
        """Items by their ids."""
        return [self.lexicon.catalogue.item(item_id) for item_id in ids]


def render(action: Action, reply: Reply, scene: Scene) -> str:
    """The text of a reply, never empty; `reply` is the list of the turn, new or kept."""
    if isinstance(action, Answer):
        heard = describe_message(scene.before, action.state, action.remarks, scene.lexicon)
        return f"{heard} {_render_answer(action, reply, scene)}".strip()
    match action:
        case RecordVerdict():
            name = printable(scene.lexicon.catalogue.item(action.item_id).name)
            return f"{_VERDICTS[action.verdict].format(name)} {_introduce(reply)}"
        case RefuseItem():
            named = printable(action.item_id[:_MAX_QUOTED])
            return f"There is no item {named!r} in this catalogue, so nothing was changed."
        case ForgetNamed():
            forgotten = describe_forgotten(scene.before, action.state, scene.lexicon)
            return f"{forgotten} {_introduce(reply, asks_back=action.asks_back)}"
        case NothingToForget():
            named = printable(" ".join(action.text.split())[:_MAX_QUOTED])
            return f"I hold nothing called “{named}”, so nothing was changed."
        case StartOver():
            return f"We start over. {QUESTION}"
        case TakeBack():
            return f"I took back your last turn. {describe_state(action.state, scene.lexicon) or QUESTION}"
        case NothingToUndo():
            return f"There is nothing to undo. {QUESTION}"
    return _introduce(reply)


def _render_answer(action: Answer, reply: Reply, scene: Scene) -> str:
    match action:
        case Recommend():
            return _introduce(reply, is_more=action.list_change == "more", asks_back=action.asks_back)
        case AnswerQuestion():
            return describe_items(scene.items(action.about), action.words, scene.lexicon)
        case ExplainItems():
            return give_reasons(scene.items(action.about), scene.shown)
        case CompareItems():
            return compare_items(scene.items(action.about))
        case Greet():
            return f"Hello! {QUESTION}"
        case AcceptThanks():
            return "You are welcome. Shall I show you more?"
        case CannotDo():
            return "That I cannot do: I only recommend from this catalogue. What would you like to find in it?"
        case AskBack():
            return _ASK_BACK[action.because]
    raise TypeError(f"no words for {type(action).__name__}")


def _introduce(reply: Reply, is_more: bool = False, asks_back: bool = False) -> str:
    """What was relaxed for the list, what the list is, and a question where nothing is known to go on."""
    given_up = [as_sentence(f"I gave up “{describe_wish(each.wish)}”: {each.because}") for each in reply.relaxed]
    listing = _introduce_more(reply) if is_more else _introduce_new(reply)
    if asks_back:
        listing = f"{QUESTION} Until then, {lower_first(listing)}" if reply.recommendations else QUESTION
    return " ".join((*given_up, listing))


def _introduce_more(reply: Reply) -> str:
    n = len(reply.recommendations)
    if n == 0:
        return "Nothing further fits: all that does you have had, judged or been shown."
    return f"{n} more that you have not been shown:"


def _introduce_new(reply: Reply) -> str:
    n = len(reply.recommendations)
    if n:
        return "One suggestion for you:" if n == 1 else f"{n} suggestions for you:"
    if reply.state.must or reply.state.must_not:
        return "Nothing is left that fits your wishes. Which of them may go?"
    return "There is nothing to recommend."
