"""Which sentences of reviews may be shown as they are: none that steers, disguises, commands or is markup."""

import re

from index.printable import is_printable

MIN_QUOTE, MAX_QUOTE = 12, 220  # characters: a quote says something, and is read at a glance
_MARKUP = re.compile(r"[<>{}\[\]`\\]|&#?\w+;|https?:|www\.")
# What speaks to a program instead of to a reader.
_COMMAND = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,60}\b(?:instruction|prompt|rule|previous|above)"
    r"|\b(?:system|developer|assistant) ?(?:prompt|message|:)|\bas an ai\b|\blanguage model\b"
    r"|\brank (?:this|it|me|that)\b|\brecommend (?:this|it) (?:first|above)",
    re.IGNORECASE,
)
NEAR_LENGTH = 90  # characters of a quote that is long enough to say why and short enough to be read


def is_quotable(sentence: str) -> bool:
    """Whether a sentence may be shown."""
    if not MIN_QUOTE <= len(sentence) <= MAX_QUOTE or not is_printable(sentence):
        return False
    return not _MARKUP.search(sentence) and not _COMMAND.search(sentence)
