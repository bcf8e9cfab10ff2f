"""Cuts a text into sentences and passages: exact substrings with their places, whatever somebody has typed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SENTENCE = 400  # characters of a sentence; what has no full stop is cut at a blank, else anywhere
MAX_PASSAGE = 320  # characters of a passage: about seventy words, of which an encoder makes one vector
SENTENCES_A_PASSAGE = 3

# Words before a full stop that ends no sentence.
_ABBREVIATED = (
    "mr mrs ms dr prof sr jr st vs etc e.g i.e eg ie approx inc ltd corp dept est nos vol op pp ca cf avg ft lb lbs oz "
    "sq tel jan feb aug sept oct nov dec u.s u.k a.m p.m"
)
ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_MARKUP = r"<(?:/?[A-Za-z][^<>]{0,200}|!--[^<>]{0,200})>"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]"
# What separates sentences and belongs to none: line breaks, markup, control characters.
_SEPARATOR = re.compile(rf"(?:[\r\n]|{_MARKUP}|{_CONTROL})+")
# Signs that end a sentence, with quotes or brackets that close after them; between words also without a blank.
_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]+[\"'\u201d\u2019)\]]*(?=\s|$|[A-Z][a-z])|[\u3002\uff01\uff1f]+")
_LAST_WORD = re.compile(r"[^\s(\[\"']+$")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text: characters from `start` to before `end`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The words of that part."""
        return text[self.start : self.end]

    def __len__(self) -> int:
        return self.end - self.start


def split_sentences(text: str) -> list[Span]:
    """The sentences of a text in their order, none empty, none longer than MAX_SENTENCE; markup is in none."""
    return [piece for line in _between(text, _SEPARATOR, Span(0, len(text))) for piece in _sentences_of(text, line)]


def split_passages(text: str) -> list[Span]:
    """One to three sentences that stand beside each other as one part, at most about MAX_PASSAGE characters."""
    passages: list[list[Span]] = []
    for sentence in split_sentences(text):
        last = passages[-1] if passages else []
        if last and _belong_together(text, last, sentence):
            last.append(sentence)
        else:
            passages.append([sentence])
    return [Span(each[0].start, each[-1].end) for each in passages]


def _belong_together(text: str, passage: list[Span], sentence: Span) -> bool:
    if len(passage) == SENTENCES_A_PASSAGE or sentence.end - passage[0].start > MAX_PASSAGE:
        return False
    return not text[passage[-1].end : sentence.start].strip()


def _between(text: str, separator: re.Pattern[str], within: Span) -> Iterator[Span]:
    """What stands between separators."""
    start = within.start
    for found in separator.finditer(text, within.start, within.end):
        if found.start() > start:
            yield Span(start, found.start())
        start = max(start, found.end())
    if start < within.end:
        yield Span(start, within.end)


def _sentences_of(text: str, line: Span) -> Iterator[Span]:
    start = line.start
    for found in _END.finditer(text, line.start, line.end):
        if not _is_inside(text, found, line):
            yield from _bounded(text, _trim(text, Span(start, found.end())))
            start = found.end()
    yield from _bounded(text, _trim(text, Span(start, line.end)))


def _is_inside(text: str, found: re.Match[str], line: Span) -> bool:
    """Whether a sign ends no sentence: that of an abbreviation, of an initial, or dots before a small letter."""
    signs = found[0].rstrip("\"'\u201d\u2019)]")
    after = text[found.end() : min(found.end() + 3, line.end)].lstrip()
    if signs in ("...", "\u2026") or (len(signs) > 2 and set(signs) == {"."}):
        return after[:1].islower()
    if signs != ".":
        return False
    word = _LAST_WORD.search(text, max(line.start, found.start() - 12), found.start())
    said = word[0].casefold() if word else ""
    return said in ABBREVIATIONS or (len(said) == 1 and said.isalpha() and said != "i")


def _trim(text: str, span: Span) -> Span:
    said = span.of(text)
    start = span.start + len(said) - len(said.lstrip())
    return Span(start, max(start, span.end - (len(said) - len(said.rstrip()))))


def _bounded(text: str, span: Span) -> Iterator[Span]:
    """A sentence in parts of at most MAX_SENTENCE characters; what has neither letter nor digit is none."""
    start = span.start
    while span.end - start > MAX_SENTENCE:
        blank = text.rfind(" ", start + 1, start + MAX_SENTENCE)
        end = blank if blank > 0 else start + MAX_SENTENCE
        yield from _worded(text, _trim(text, Span(start, end)))
        start = end
    yield from _worded(text, _trim(text, Span(start, span.end)))


def _worded(text: str, span: Span) -> Iterator[Span]:
    if any(sign.isalnum() for sign in span.of(text)):
        yield span
