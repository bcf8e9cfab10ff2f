"""The ways in which people say a title: without its year, with the article in front, what stands before a colon."""

import re
from collections.abc import Iterable, Iterator

from agent.language.common_words import COMMON
from agent.language.number_words import NUMBER_WORDS, ROMAN
from agent.language.word_lists import word_set
from agent.language.words import words_of
from index.data.records import spoken_title

ARTICLES = word_set("the a an la le les l il el das der die det o los las")
MAX_TITLE_WORDS = 20  # that are compared
_TAIL = re.compile(r"\s*\((?:\d{4}|TV|V|VG)\)\s*$")
_IN_BRACKETS = re.compile(r"(.*?)\s*[(\[]([^()\[\]]+)[)\]]\s*")
_AKA = re.compile(r"^(?:a\.?k\.?a\.?|also known as)\s+", re.IGNORECASE)


def title_key(words: Iterable[str]) -> str:
    """What two spellings of one title have in common: numbers in digits, blanks between words."""
    return " ".join(NUMBER_WORDS.get(word) or ROMAN.get(word) or word for word in words)


def plain_title(title: str) -> str:
    """A title without the years and marks that stand in brackets at its end."""
    while (shorter := _TAIL.sub("", title)) != title:
        title = shorter
    return title


def spoken_forms(title: str) -> tuple[str, ...]:
    """The whole ways to say a title: without its year, articles in front, other titles in brackets apart."""
    plain = plain_title(title)
    inside = _IN_BRACKETS.fullmatch(plain)
    parts = [plain, *(inside.groups() if inside else ())]
    spoken = (spoken_title(_AKA.sub("", part)).strip() for part in parts)
    return tuple(dict.fromkeys(form for form in spoken if form))


def short_forms(form: str) -> Iterator[str]:
    """Shorter ways to say a title, used where no other title is so called: what stands before or after a colon."""
    for mark in (": ", " - ", " or: "):
        before, found, after = form.partition(mark)
        if found:
            yield before
            words = _without_article(words_of(after))
            if mark == ": " and len(words) > 1 and any(word not in COMMON for word in words) and words[0] != "part":
                yield after


def _without_article(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if len(words) > 1 and words[0] in ARTICLES else words


def word_variants(form: str) -> Iterator[tuple[str, ...]]:
    """The words of a spoken form, with and without article and the word "part", single letters as one word."""
    words = words_of(form)[:MAX_TITLE_WORDS]
    for each in (words, _without_article(words)):
        yield each
        if "part" in each[1:]:
            yield tuple(word for n, word in enumerate(each) if n == 0 or word != "part")
        if len(each) > 2 and all(len(word) == 1 for word in each):
            yield ("".join(each),)
        if len(each) > 1 and each[-1] in ("v", "x"):
            yield (*each[:-1], "5" if each[-1] == "v" else "10")
        if "or" in each[2:-1] and len(each) > 5:  # "Dr. Strangelove or: How I Learned..."
            yield each[: each.index("or", 2)]
