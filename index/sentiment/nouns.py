"""Parts of speech of English sentences, by the tagger that TextBlob carries with its dictionary. Its only import."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

# Words, numbers, and the signs that end a phrase.
_TOKEN = re.compile(r"[A-Za-z][A-Za-z'\u2019-]*|\d+|[.,;:!?()\"]")
OPINION = 0.25  # polarity, 0 to 1, from which on an adjective of the dictionary is an opinion
MIN_SINGULAR = 4  # letters of a word that may be a plural: "bus" and "gas" are none
NO_PLURALS = ("ss", "us", "is", "bass", "lens")  # endings of words that are singular with their s


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence as it was written, and its part of speech as the Penn Treebank names it."""

    word: str
    tag: str

    @property
    def is_noun(self) -> bool:
        """Whether it is a noun that names no person, place or brand."""
        return self.tag in ("NN", "NNS")


def tag_words(sentence: str) -> list[Token]:
    """The words of a sentence with their parts of speech."""
    words = _TOKEN.findall(sentence)
    if not words:
        return []
    return [Token(word, tag) for word, tag in _library().tag(" ".join(words), tokenize=False)]


def singular(noun: str) -> str:
    """The singular of a noun in small letters, as far as rules tell it."""
    word = noun.casefold()
    if len(word) < MIN_SINGULAR or not word.endswith("s") or word.endswith(NO_PLURALS):
        return word
    found = str(_library().singularize(word))
    return found if len(found) > 2 else word


def opinion_words() -> frozenset[str]:
    """Adjectives that are opinions: "great", "awful"."""
    return _library().opinions


@dataclass(frozen=True)
class _Library:
    """What is taken from TextBlob."""

    tag: Any
    singularize: Any
    opinions: frozenset[str]


@cache
def _library() -> _Library:
    from textblob.en import sentiment, tag
    from textblob.en.inflect import singularize

    sentiment.load()
    strong = frozenset(
        word for word, about in sentiment.items() if isinstance(word, str) and _polarity(about) >= OPINION
    )
    return _Library(tag, cache(singularize), strong)


def _polarity(about: Any) -> float:
    """How strong an opinion an entry of the dictionary is as an adjective."""
    scores: Sequence[float] = about.get("JJ") or about.get(None) or (0.0,)
    return abs(float(scores[0]))
