"""Finds the words of a message that nothing else has understood: they are searched for in the texts of the items."""

from collections.abc import Sequence

from agent.language.common_words import CHATTER, NOUNS, RELATIVES
from agent.language.words import has_letters
from agent.understanding.field_matches import FieldMatch, TokenMask
from agent.understanding.mentions import ParsedMentions
from agent.understanding.message import Message
from agent.understanding.negation import WishModes

_MAX_WORDS = 24  # that are searched for
_WHOSE = frozenset(("my", "our", "his", "her", "your", "their"))


def split_free_words(message: Message, parsed: ParsedMentions, modes: WishModes, mask: TokenMask) -> tuple[str, str]:
    """The free words that are wanted, and those that are not ("no gore"); a category beside free words joins them."""
    wanted: list[str] = []
    unwanted: list[str] = []
    has_free_words = False
    inside = {n for match in modes.matches for n in range(match.start, match.end)}
    cues = {n for cue in (*parsed.cues, *modes.cues) for n in range(cue.start, cue.end)}
    for sentence in message.sentences:
        if not _is_about_items(message, parsed, modes.matches, sentence):
            continue
        for n in sentence:
            word, mode = message.words[n], modes.modes[n]
            if mask.taken[n]:
                match = modes.starts.get(n)
                if match and match.fields == {"categories"} and mode not in ("not", "less"):
                    wanted.extend(message.words[match.start : match.end])
            elif n not in cues and n not in inside and _says_something(message, n):
                (unwanted if mode in ("not", "less") else wanted).append(word)
                has_free_words = has_free_words or mode not in ("not", "less")
    return _join_words(wanted) if has_free_words else "", _join_words(unwanted)


def _join_words(words: list[str]) -> str:
    return " ".join(list(dict.fromkeys(words))[:_MAX_WORDS])


def _says_something(message: Message, n: int) -> bool:
    word, before = message.words[n], message.words[n - 1] if n else ""
    somebody = before in _WHOSE and word in RELATIVES
    return has_letters(word) and word not in CHATTER and not somebody and not (word.isnumeric() and len(word) < 3)


def _is_about_items(message: Message, parsed: ParsedMentions, matches: Sequence[FieldMatch], sentence: range) -> bool:
    """Whether a sentence is about what is looked for: it names or wants something, or it is the only one."""
    if len(message.sentences) == 1:
        return True
    spoken = any(match.start in sentence for match in matches) or any(cue.start in sentence for cue in parsed.cues)
    words = [message.words[n] for n in sentence]
    small = len(words) <= 4 and not any(message.tokens[n].quote for n in sentence) and sentence.start > 0
    return spoken or any(word in NOUNS for word in words) or (small and len(words) > 1)
