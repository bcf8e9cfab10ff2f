"""Renders a reply, the last of a turn's three steps: an action and its list become the text that the user reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.constraints import State
from agent.dialogue import reply_texts as texts
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
from agent.dialogue.reply_texts import as_sentence, lower_first
from agent.dialogue.state_text import describe_forgotten, describe_message, describe_state
from agent.language.constraint_text import describe_wish
from agent.recommendation import Recommendation, Reply
from agent.understanding import Lexicon
from index.data.records import Item
from index.printable import printable

_MAX_QUOTED = 80  # characters of the user's own words, or of an id, that a reply repeats


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
            return f"{texts.VERDICTS[action.verdict].format(name)} {_introduce(reply)}"
        case RefuseItem():
            named = printable(action.item_id[:_MAX_QUOTED])
            return texts.NO_SUCH_ITEM.format(named=named)
        case ForgetNamed():
            forgotten = describe_forgotten(scene.before, action.state, scene.lexicon)
            return f"{forgotten} {_introduce(reply, asks_back=action.asks_back)}"
        case NothingToForget():
            named = printable(" ".join(action.text.split())[:_MAX_QUOTED])
            return texts.NOTHING_CALLED.format(named=named)
        case StartOver():
            return texts.STARTED_OVER
        case TakeBack():
            return texts.TOOK_BACK.format(describe_state(action.state, scene.lexicon) or texts.QUESTION)
        case NothingToUndo():
            return texts.NOTHING_TO_UNDO
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
            return texts.HELLO
        case AcceptThanks():
            return texts.WELCOME
        case CannotDo():
            return texts.CANNOT
        case AskBack():
            return texts.ASK_BACK[action.because]
    raise TypeError(f"no words for {type(action).__name__}")


def _introduce(reply: Reply, is_more: bool = False, asks_back: bool = False) -> str:
    """What was relaxed for the list, what the list is, and a question where nothing is known to go on."""
    given_up = [
        as_sentence(texts.GAVE_UP.format(wish=describe_wish(each.wish), because=each.because)) for each in reply.relaxed
    ]
    listing = _introduce_more(reply) if is_more else _introduce_new(reply)
    if asks_back:
        listing = texts.QUESTION_FIRST.format(listing=lower_first(listing)) if reply.recommendations else texts.QUESTION
    return " ".join((*given_up, listing))


def _introduce_more(reply: Reply) -> str:
    n = len(reply.recommendations)
    if n == 0:
        return texts.NOTHING_FURTHER
    return texts.MORE.format(n=n)


def _introduce_new(reply: Reply) -> str:
    n = len(reply.recommendations)
    if n:
        return texts.ONE_SUGGESTION if n == 1 else texts.SUGGESTIONS.format(n=n)
    if reply.state.must or reply.state.must_not:
        return texts.NOTHING_LEFT
    return texts.NOTHING_AT_ALL
