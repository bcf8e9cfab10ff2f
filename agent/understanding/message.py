"""A message as words with their places, sentences and quotations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from agent.language.word_lists import word_set
from agent.language.words import WORD, clean_text, fold_word

MAX_CHARACTERS = 4000  # that are read of one message; what follows is said to be left out
_QUOTES = re.compile(
    r"“[^”]*(?:”|$)|«[^»]*(?:»|$)|„[^“”]*(?:[“”]|$)|(?<!\w)\"(?=\S)[^\"]*(?:\"|$)"
    r"|(?<!\w)['‘](?=\S)(?:[^'’]|['’](?=\w))*?(?<=[^\s'’])['’](?!\w)"
)
_CUTS = frozenset(",;:()[]–—")
_SENTENCE_END = re.compile(r"[.…](?=\s|[\"”')\]])|[!?;]|\n")
_ABBREVIATIONS = word_set(
    "mr mrs ms dr st vs jr sr no prof etc sgt capt col gen lt rev bros blvd ave inc ltd co vol feat ft"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: as written and folded, what stands before it, its sentence, its quotation (0 outside of any)."""

    text: str
    word: str
    before: str
    sentence: int
    starts: bool
    quote: int = 0

    @property
    def capital(self) -> bool:
        """Whether it is written with a capital letter or is a number."""
        return self.text[0].isupper() or self.text[0].isdigit()


@dataclass(frozen=True)
class Message:
    """The words of a message; `tail` follows the last one, `questions` are the sentences that end with `?`."""

    tokens: tuple[Token, ...]
    tail: str = ""
    questions: frozenset[int] = frozenset()
    was_cut: bool = False

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The folded words; quoted ones are empty, so that no wish is read out of a quotation."""
        return tuple("" if token.quote else token.word for token in self.tokens)

    @cached_property
    def cuts(self) -> frozenset[int]:
        """The places before which a comma, a bracket or the end of a sentence stands: no phrase reaches over them."""
        return frozenset(n for n, token in enumerate(self.tokens) if n and (token.starts or set(token.before) & _CUTS))

    @cached_property
    def shouts(self) -> bool:
        """Whether capitals say nothing because all letters of two or more words are capitals."""
        letters = [token.text for token in self.tokens if token.text.isalpha() and len(token.text) > 1]
        return len(letters) > 1 and all(text.isupper() for text in letters)

    def gap(self, n: int) -> str:
        """What stands before word `n`; past the last word, the end of the message."""
        return self.tokens[n].before if n < len(self.tokens) else self.tail

    def ends(self, n: int) -> bool:
        """Whether a sentence or the message ends before word `n`."""
        return n >= len(self.tokens) or n <= 0 or self.tokens[n].sentence != self.tokens[n - 1].sentence

    def text(self, start: int, end: int) -> str:
        """The words from `start` to `end` as they were written."""
        parts = (token.text if n == start else token.before + token.text for n, token in self._numbered(start, end))
        return " ".join("".join(parts).split())

    @cached_property
    def sentences(self) -> tuple[range, ...]:
        """The places of the words of each sentence."""
        starts = [n for n, token in enumerate(self.tokens) if token.starts]
        return tuple(range(a, b) for a, b in pairwise([*starts, len(self)]))

    def _numbered(self, start: int, end: int) -> Iterator[tuple[int, Token]]:
        return ((n, self.tokens[n]) for n in range(start, end))


def message_of(text: str) -> Message:
    """Read a message; what lies beyond MAX_CHARACTERS is cut off, at a blank where there is one."""
    text = clean_text(text)
    read = text
    if len(text) > MAX_CHARACTERS:
        read = text[:MAX_CHARACTERS]
        read = read.rsplit(None, 1)[0] if any(map(str.isspace, read)) else read
    quotes = [match.span() for match in _QUOTES.finditer(read)]
    tokens: list[Token] = []
    questions: set[int] = set()
    end, sentence = 0, 0
    for match in WORD.finditer(read):
        before = read[end : match.start()]
        starts = not tokens or _breaks(before, tokens[-1])
        if starts and tokens:
            questions |= {sentence} if "?" in before else set()
            sentence += 1
        quote = next((n for n, (a, b) in enumerate(quotes, 1) if a <= match.start() < b), 0)
        tokens.append(Token(match[0], fold_word(match[0]), before, sentence, starts, quote))
        end = match.end()
    questions |= {sentence} if "?" in read[end:] else set()
    return Message(tuple(tokens), read[end:], frozenset(questions), len(text) > len(read))


def _breaks(gap: str, last: Token) -> bool:
    """Whether a sentence ends in a gap: not after an abbreviation or an initial."""
    if not _SENTENCE_END.search(gap):
        return False
    initial = len(last.text) == 1 and last.text.isupper() and (last.text != "I" or last.before == ".")
    shorten = initial or last.word in _ABBREVIATIONS
    return not (shorten and gap.startswith(".") and not set(gap) & set("!?;\n"))
