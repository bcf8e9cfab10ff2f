"""Decides what a message is for: recommendations, more of them, undo, a greeting, a question, what cannot be done."""

from collections.abc import Sequence

from agent.language.common_words import CHATTER, NOUNS
from agent.language.intent_phrases import CANNOT, FORGET, INTENTS
from agent.language.phrases import Phrases
from agent.language.wish_phrases import CORRECTIONS
from agent.language.word_lists import word_set
from agent.language.words import has_letters
from agent.understanding.field_matches import TokenMask
from agent.understanding.mentions import ParsedMentions
from agent.understanding.message import Message

_INTENTS = {label: Phrases({label: phrases}) for label, phrases in INTENTS.items()}
_CANNOT, _FORGET = Phrases({"cannot": CANNOT}), Phrases({"forget": FORGET})
_CORRECTIONS = Phrases({"correction": CORRECTIONS})
_POLITE = word_set(
    "please thanks thank you ok okay can could would now then well and so just i want to lets oh no wait sorry "
    "that hmm everything me a my i'd id like all the one again last for of"
)


def intent_of(message: Message, parsed: ParsedMentions, has_wishes: bool, named: TokenMask) -> str:
    """The intent of a message: what it names (the words that `named` has taken) and wishes counts before chat."""
    if not any(map(has_letters, message.words)):
        return "quoted" if any(token.quote and has_letters(token.word) for token in message.tokens) else "empty"
    words = tuple("" if named.taken[n] else word for n, word in enumerate(message.words))
    if _only(words, "undo"):
        return "undo"
    if _only(words, "reset"):
        return "reset"
    if _forgets(words):
        return "forget"
    for role in ("why", "compare", "ask"):
        if any(mention.role == role for mention in parsed.mentions) and not has_wishes:
            return "question" if role == "ask" else role
    if any(cue.label == "why" for cue in parsed.cues) and not has_wishes and not parsed.mentions:
        return "why"
    if asks_for_more(words) or [word for word in words if word and word not in _POLITE] == ["next"]:
        return "more"
    if has_wishes or parsed.mentions or parsed.unknown:
        return "recommend"
    return _intent_of_chat(words)


def asks_for_more(words: Sequence[str]) -> bool:
    """Whether other items are asked for: "more", "something else", "another comedy"."""
    found = next(_INTENTS["more"].within(words), None)
    if found is None:
        return False
    after = words[found.end] if found.end < len(words) else ""
    compares = after in ("than", "recent", "modern", "or", "about") or words[max(found.start - 1, 0)] in ("no", "not")
    return not (compares and words[found.start] == "more") and not (words[found.start] == "next" and after == "to")


def corrected_at(message: Message) -> int | None:
    """The word from which on a message corrects what was said ("No, I meant"); None where it does not."""
    words = message.words
    if len(words) > 1 and words[0] in ("no", "nope", "nah") and ("," in message.gap(1) or message.ends(1)):
        return 0
    instead_of = "instead" in words and words[words.index("instead") + 1 : words.index("instead") + 2] == ("of",)
    cue = None if instead_of else next(_CORRECTIONS.within(words), None)
    return None if cue is None else cue.start


def _forgets(words: Sequence[str]) -> bool:
    """Whether a message asks to forget and for nothing else, unlike "forget the comedy, give me a western"."""
    start = next((n for n, word in enumerate(words) if word and word not in _POLITE), len(words))
    wants = any(word in ("give", "show", "want", "instead", "recommend", "id") for word in words)
    return start < len(words) and _FORGET.at(words, start) is not None and not wants


def _intent_of_chat(words: Sequence[str]) -> str:
    """The intent of a message that names nothing: greeting, thanks, cannot, chat, or recommend by free words."""
    spoken = [word for word in words if word]
    start = next((n for n, word in enumerate(spoken) if word not in _POLITE), len(spoken))
    if start < len(spoken) and _CANNOT.at(spoken, start) and not any(word in NOUNS for word in spoken):
        return "cannot"
    if _only(words, "greeting"):
        return "greeting"
    if _only(words, "thanks"):
        return "thanks"
    return "recommend" if not all(word in CHATTER for word in spoken) or _wants(spoken) else "chat"


def _wants(words: Sequence[str]) -> bool:
    wanting = {"recommend", "suggest", "watch", "see", "find", "want", "show", "need", "looking", "suggestion"}
    return any(
        word in wanting | NOUNS | {"suggestions", "recommendation", "recommendations", "nothing"} for word in words
    )


def _only(words: Sequence[str], label: str) -> bool:
    """Whether a message holds only phrases of one intent, apart from polite words."""
    left = [word for word in words if word]
    cues = list(_INTENTS[label].within(left))
    inside = {n for cue in cues for n in range(cue.start, cue.end)}
    return bool(cues) and all(n in inside or word in _POLITE for n, word in enumerate(left))
