"""What of a text the model reads: passages of a review, or the sentences and clauses that speak of an aspect.

Training draws one of them a pass, judging takes the mean of all: the same function serves both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.sentiment.emoji_words import put_emoji_into_words

MAX_PASSAGE = 400  # characters, about 90 tokens: several sentences that belong together
MAX_PASSAGES = 6  # of one text, so that the longest costs no more than these
MAX_READ = 200_000  # characters of a text that are looked at, half from its beginning and half from its end
ASPECT_MARK = " [SEP] "  # between an aspect and its text; the tokenizer makes a separator of it
CLAUSE_SHARE = 0.6  # of the weight that the clause with the aspect has beside its sentence
MIN_CLAUSE = 2  # words
SENTENCE = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\s*\n+\s*")
CLAUSE = re.compile(
    r"[;,]?\s+(?=(?:but|however|although|though|yet|while|whereas|except|despite|unfortunately|otherwise)\b)"
    r"|\s*;\s+|\s+[-–—]+\s+|\s+\.\.+\s*",
    re.IGNORECASE,
)
SPECIAL = re.compile(r"\[(?=(?:SEP|CLS|MASK|PAD|UNK)\])")  # a text cannot bring a token of the model's own
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Passage:
    """Words for the model, and how much they count among the passages of a text."""

    text: str
    weight: float


def passages_of(text: str, aspect: str | None = None) -> list[Passage]:
    """What is read of a text, at least one passage; with an aspect, each begins with it."""
    sentences = _sentences(_clean(_shorten(text)))
    about = " ".join(_clean(aspect).split()) if aspect else ""
    if not about:
        return [Passage(each, len(each)) for each in spread(_join(sentences))]
    named = [each for each in sentences if _names(each, about)]
    if not named:
        return [Passage(about + ASPECT_MARK + each, len(each)) for each in spread(_join(sentences))]
    return [each for sentence in spread(named) for each in _about(sentence, about)]


def spread(parts: Sequence[str]) -> list[str]:
    """At most MAX_PASSAGES parts, the first and the last among them, the others evenly between."""
    n = len(parts)
    if n <= MAX_PASSAGES:
        return list(parts)
    return [parts[round(place * (n - 1) / (MAX_PASSAGES - 1))] for place in range(MAX_PASSAGES)]


def _shorten(text: str) -> str:
    half = MAX_READ // 2
    return text if len(text) <= MAX_READ else f"{text[:half]} {text[-half:]}"


def _clean(text: str) -> str:
    return SPECIAL.sub("(", put_emoji_into_words(text))


def _sentences(text: str) -> list[str]:
    found = [" ".join(each[:MAX_PASSAGE].split()) for each in SENTENCE.split(text)]
    return [each for each in found if each] or [""]


def _join(sentences: Sequence[str]) -> list[str]:
    """Sentences joined into passages of at most MAX_PASSAGE characters."""
    found = [sentences[0]]
    for each in sentences[1:]:
        if len(found[-1]) + len(each) < MAX_PASSAGE:
            found[-1] += f" {each}"
        else:
            found.append(each)
    return found


def _about(sentence: str, aspect: str) -> list[Passage]:
    """A sentence that names an aspect, and the clause of it that does."""
    clauses = [each for each in CLAUSE.split(sentence) if each and _names(each, aspect)]
    clause = clauses[0] if len(clauses) == 1 else ""
    if len(clause.split()) < MIN_CLAUSE or clause == sentence:
        return [Passage(aspect + ASPECT_MARK + sentence, 1.0)]
    return [
        Passage(aspect + ASPECT_MARK + sentence, 1 - CLAUSE_SHARE),
        Passage(aspect + ASPECT_MARK + clause, CLAUSE_SHARE),
    ]


def _names(text: str, aspect: str) -> bool:
    """Whether all words of an aspect stand in a text, in any number."""
    words = {_stem(word) for word in WORD.findall(text.lower())}
    return all(_stem(word) in words for word in WORD.findall(aspect.lower()))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
