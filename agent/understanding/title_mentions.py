"""Decides whether words of a message that spell a title are meant as that title: "Heat" or heat."""

import re
from dataclasses import dataclass
from functools import cached_property

from agent.language.common_words import BOUNDARIES, CHATTER, COMMON, FUNCTION_WORDS, NOUNS
from agent.language.number_words import NUMBER_WORDS, ROMAN
from agent.language.spoken_titles import ARTICLES
from agent.language.word_lists import word_set
from agent.numbers import is_whole
from agent.understanding.capitalised_names import CapitalRuns
from agent.understanding.lexicon import Lexicon
from agent.understanding.message import Message
from agent.understanding.title_index import TitleHit

_BEFORE_NAMES = word_set("in of how and or than film movie called named titled about that like movies films")
_BEFORE_ASKED = word_set("is was does did in of directed wrote stars made about does")
_NO_NAMES = word_set("it you her him them us me that this these those what one all more everything something i")
_COUNTED = word_set("times years days weeks hours minutes")
_YEAR = re.compile(r"(?:1[89]|20)\d\d")


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """The words from `start` to `end` name the items in `rows`, the most likely first; without rows it is unknown."""

    start: int
    end: int
    rows: tuple[int, ...]
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class TitleContext:
    """What is known at a word: the role that a phrase before it gave, and whether its object may stand here."""

    role: str | None
    is_object: bool


@dataclass(frozen=True)
class TitleFinder:
    """Finds the titles in one message."""

    message: Message
    lexicon: Lexicon

    @cached_property
    def capitals(self) -> CapitalRuns:
        """The runs of capitalised words of the message."""
        return CapitalRuns(self.message)

    def at(self, n: int, context: TitleContext) -> TitleMatch | None:
        """The title that is clearly meant at word `n`, None where the words may mean something else."""
        for hit in self.lexicon.titles.at(self.message.words, n):
            name = self._with_year(hit)
            if name and (name.end > hit.end or (self._is_whole(hit) and self._is_clear(hit, context))):
                return name
        return None

    def quoted(self, n: int) -> TitleMatch | None:
        """The title that a whole quotation is, where one begins at word `n`."""
        end = self.quotation_end(n)
        words = tuple(token.word for token in self.message.tokens[n:end])
        for hit in self.lexicon.titles.at(words, 0):
            if hit.end == len(words):
                return TitleMatch(n, end, hit.rows)
            if hit.end == len(words) - 1 and _YEAR.fullmatch(words[-1]):
                return TitleMatch(n, end, self.lexicon.titles.of_year(hit.rows, int(words[-1])))
        return None

    def quotation_end(self, n: int) -> int:
        """Where the quotation ends that word `n` is in."""
        tokens = self.message.tokens
        end = n
        while end < len(tokens) and tokens[end].quote == tokens[n].quote:
            end += 1
        return end

    def bare(self, n: int) -> TitleMatch | None:
        """A title where nothing else is said: small letters are enough; words of chat and values of fields are none."""
        for hit in self.lexicon.titles.at(self.message.words, n):
            words = self.message.words[hit.start : hit.end]
            chat = all(word in CHATTER | COMMON for word in words) and not self._has_capitals(hit.start + 1, hit.end)
            single = len(words) == 1 and (words[0] in CHATTER or words[0] in NOUNS)
            if not (chat and len(words) > 1) and not single and " ".join(words) not in self.lexicon.senses:
                return self._with_year(hit)
        return None

    def value_end(self, n: int) -> int:
        """Where the longest value of the catalogue ends that the words from `n` on say; `n` itself where none does."""
        words = self.message.words
        for end in range(min(len(words), n + self.lexicon.max_words), n, -1):
            if " ".join(words[n:end]) in self.lexicon.senses and not self._crosses(n, end):
                return end
        return n

    def _with_year(self, hit: TitleHit) -> TitleMatch | None:
        """A hit narrowed to the year beside it; without rows where a year in brackets is that of no such item."""
        words, titles = self.message.words, self.lexicon.titles
        end = hit.end
        if end < len(words) and _YEAR.fullmatch(words[end]) and "," not in self.message.gap(end):
            rows = titles.of_year(hit.rows, int(words[end]))
            if "(" in self.message.gap(end):
                return TitleMatch(hit.start, end + 1, rows)
            if rows:
                return TitleMatch(hit.start, end + 1, rows)
        if end + 1 < len(words) and words[end] in ("from", "of", "in") and _YEAR.fullmatch(words[end + 1]):
            rows = tuple(row for row in hit.rows if titles.year(row) == int(words[end + 1]))
            if rows and not self.message.ends(end):
                return TitleMatch(hit.start, end + 2, rows)
        if (
            hit.start > 0
            and _YEAR.fullmatch(words[hit.start - 1])
            and titles.of_year(hit.rows, int(words[hit.start - 1]))
        ):
            return TitleMatch(hit.start, end, titles.of_year(hit.rows, int(words[hit.start - 1])))
        return TitleMatch(hit.start, end, hit.rows)

    def _is_whole(self, hit: TitleHit) -> bool:
        """Whether the words are not a piece of a longer name, as "Toy Story" is of "Toy Story 2"."""
        words, end = self.message.words, hit.end
        if end < len(words) and words[end] in _COUNTED and is_whole(words[end - 1]):
            return False
        colons = any(":" in self.message.gap(n) for n in range(hit.start + 1, end))
        if colons and not any(":" in self.lexicon.catalogue.items[row].title for row in hit.rows):
            return False
        return not (self.has_number(end) or self.capitals.goes_on(end) or self.capitals.began_before(hit.start))

    def has_number(self, end: int) -> bool:
        """Whether the number of a sequel follows: "Toy Story 2", "Rocky part IV"."""
        words = self.message.words
        if end >= len(words) or self.message.ends(end) or self.message.gap(end).strip():
            return False
        after = words[end + 1] if end + 1 < len(words) else ""
        if words[end] in ROMAN or is_whole(words[end]):
            return after not in _COUNTED
        return words[end] == "part" and (is_whole(after) or after in ROMAN or after in NUMBER_WORDS)

    def _is_clear(self, hit: TitleHit, context: TitleContext) -> bool:
        words = self.message.words[hit.start : hit.end]
        content = words[1:] if words[0] in ARTICLES and len(words) > 1 else words
        if len(content) == 1:
            return self._is_clear_word(hit, content[0], context)
        if self._has_capitals(hit.start, hit.end):
            return True
        rare = not all(word in COMMON for word in content)
        if context.is_object and context.role != "want":
            return rare or self.is_boundary(hit.end)
        return rare and context.role is not None and context.role != "want"

    def _is_clear_word(self, hit: TitleHit, word: str, context: TitleContext) -> bool:
        """Whether a title of one word, with or without an article, is the object of a verb or stands as a name does."""
        senses = self.lexicon.senses.get(word, ())
        place = hit.end - 1
        proper = self.capitals.is_capital(place) and not self.message.tokens[place].starts and not self.message.shouts
        named = (
            proper
            and hit.start < place
            and self.capitals.is_capital(hit.start)
            and not self.message.tokens[hit.start].starts
        )
        if any(sense.parts[0].field == "categories" and not sense.needs for sense in senses) and not named:
            return False
        if proper and word.isalpha():
            before = self.message.words[hit.start - 1] if hit.start else ""
            return (context.is_object and not (senses and context.role == "want")) or (
                context.role is not None and (before in _BEFORE_NAMES or context.role in ("ask", "compare", "why"))
            )
        if (
            word in _NO_NAMES
            or word in NOUNS
            or (word in CHATTER and not proper)
            or context.role in ("want", "than", None)
        ):
            return False
        before = self.message.words[hit.start - 1] if hit.start else ""
        if context.role == "ask" and before in _BEFORE_ASKED:
            return True
        return context.is_object and self.is_boundary(hit.end) and not (is_whole(word) and len(word) < 3)

    def is_boundary(self, n: int) -> bool:
        """Whether a name ends before word `n`: at punctuation, or a word that begins something else."""
        if self.message.ends(n) or re.search(r"[,()–—]|: ?$|- ", self.message.gap(n)):
            return True
        return self._word(n) in BOUNDARIES

    def _has_capitals(self, start: int, end: int) -> bool:
        """Whether all words but the small ones are capitalised, one of them not only as the first of a sentence."""
        tokens = self.message.tokens[start:end]
        great = [token for token in tokens if token.word not in FUNCTION_WORDS]
        capital = all(token.capital for token in great) and any(t.text[0].isupper() for t in tokens if not t.starts)
        return bool(tokens) and capital and not self.message.shouts

    def _word(self, n: int) -> str:
        return self.message.words[n] if n < len(self.message) else ""

    def _crosses(self, start: int, end: int) -> bool:
        return any(self.message.ends(n) for n in range(start + 1, end))
