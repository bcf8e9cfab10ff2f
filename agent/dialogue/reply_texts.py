"""The sentences of replies, and how one is closed or goes on; those of reasons are in `agent/explain/templates.py`."""

from agent.constraints import Verdict

QUESTION = "What have you liked before, or what are you in the mood for?"
MAX_NAMES = 6  # items named in one sentence


def as_sentence(text: str) -> str:
    """A text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text[-1:] in ".!?…:" else ".")


def lower_first(text: str) -> str:
    """A sentence as it goes on after another part."""
    return f"{text[:1].lower()}{text[1:]}"


ASK_BACK = {
    "empty": f"You have said nothing yet. {QUESTION}",
    "quoted": "I take what stands in quotation marks as somebody else's words. What would you like yourself?",
    "vague": f"Tell me more: {lower_first(QUESTION)}",
}
VERDICTS: dict[Verdict, str] = {
    "like": "You liked {}.",
    "dislike": "You did not like {}.",
    "seen": "You know {} already.",
}
NO_SUCH_ITEM = "There is no item {named!r} in this catalogue, so nothing was changed."
NOTHING_CALLED = "I hold nothing called “{named}”, so nothing was changed."
STARTED_OVER = f"We start over. {QUESTION}"
NOTHING_TO_UNDO = f"There is nothing to undo. {QUESTION}"
TOOK_BACK = "I took back your last turn. {}"
HELLO = f"Hello! {QUESTION}"
WELCOME = "You are welcome. Shall I show you more?"
CANNOT = "That I cannot do: I only recommend from this catalogue. What would you like to find in it?"
NOTHING_FURTHER = "Nothing further fits: all that does you have had, judged or been shown."
MORE = "{n} more that you have not been shown:"
ONE_SUGGESTION = "One suggestion for you:"
SUGGESTIONS = "{n} suggestions for you:"
NOTHING_LEFT = "Nothing is left that fits your wishes. Which of them may go?"
NOTHING_AT_ALL = "There is nothing to recommend."
GAVE_UP = "I gave up “{wish}”: {because}"
QUESTION_FIRST = f"{QUESTION} Until then, {{listing}}"
