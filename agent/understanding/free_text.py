"""The words of a message that nothing else took: what is searched for in the texts of the items."""

from collections.abc import Sequence

from agent.language.common_words import CHATTER, NOUNS, RELATIVES
from agent.language.tokens import Message, has_letters
from agent.understanding.field_matches import FieldMatch, TokenMask
from agent.understanding.mentions import Heard
from agent.understanding.scope import Scope

_MAX_WORDS = 24
_WHOSE = frozenset(("my", "our", "his", "her", "your", "their"))


def leftovers(message: Message, heard: Heard, scope: Scope, free: TokenMask) -> tuple[str, str]:
    """Free words that are wanted, and those that are not ("no gore"); a value beside free words stays with them."""
    wanted: list[str] = []
    unwanted: list[str] = []
    rest = False
    inside = {n for found in scope.founds for n in range(found.start, found.end)}
    cues = {n for cue in (*heard.cues, *scope.cues) for n in range(cue.start, cue.end)}
    for sentence in message.sentences:
        if not _is_about_items(message, heard, scope.founds, sentence):
            continue
        for n in sentence:
            word, mode = message.words[n], scope.modes[n]
            if free.taken[n]:
                found = scope.starts.get(n)
                if found and found.fields == {"categories"} and mode not in ("not", "less"):
                    wanted.extend(message.words[found.start : found.end])
            elif n not in cues and n not in inside and _says_something(message, n):
                (unwanted if mode in ("not", "less") else wanted).append(word)
                rest = rest or mode not in ("not", "less")
    return _joined(wanted) if rest else "", _joined(unwanted)


def _joined(words: list[str]) -> str:
    return " ".join(list(dict.fromkeys(words))[:_MAX_WORDS])


def _says_something(message: Message, n: int) -> bool:
    word, before = message.words[n], message.words[n - 1] if n else ""
    somebody = before in _WHOSE and word in RELATIVES
    return has_letters(word) and word not in CHATTER and not somebody and not (word.isnumeric() and len(word) < 3)


def _is_about_items(message: Message, heard: Heard, founds: Sequence[FieldMatch], sentence: range) -> bool:
    """Whether a sentence speaks of what is looked for: it names or wishes something, or it is the only one."""
    if len(message.sentences) == 1:
        return True
    spoken = any(found.start in sentence for found in founds) or any(cue.start in sentence for cue in heard.cues)
    words = [message.words[n] for n in sentence]
    small = len(words) <= 4 and not any(message.tokens[n].quote for n in sentence) and sentence.start > 0
    return spoken or any(word in NOUNS for word in words) or (small and len(words) > 1)
