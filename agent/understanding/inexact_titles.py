"""Finds titles that are misspelt in a message, and titles that the catalogue lacks."""

from agent.language.common_words import BOUNDARIES, CHATTER, COMMON
from agent.understanding.lexicon import Lexicon
from agent.understanding.message import Message
from agent.understanding.title_mentions import TitleFinder, TitleMatch

_MAX_WORDS = 10  # of a misspelt title
_MAX_SMALL = 5  # words of an unknown title in small letters


class MisspeltTitles:
    """Finds the names in one message that are no title as they are written."""

    def __init__(self, titles: TitleFinder) -> None:
        self.titles = titles
        self.message: Message = titles.message
        self.lexicon: Lexicon = titles.lexicon

    def misspelt(self, n: int) -> TitleMatch | None:
        """The longest title that the words around `n` misspell by a few letters."""
        starts = range(self.titles.capitals.start(n), n + 1) if self.titles.capitals.is_capital(n) else (n,)
        for start in starts:
            for end in range(min(len(self.message), start + _MAX_WORDS), n, -1):
                if self._may_be_title(start, end):
                    hit = self.lexicon.titles.nearest(self.message.words[start:end])
                    if hit:
                        return TitleMatch(start, end, hit.rows, is_exact=False)
        return None

    def longer_than(self, name: TitleMatch) -> TitleMatch | None:
        """A misspelt title that begins where `name` does and has more words."""
        for end in range(min(len(self.message), name.start + _MAX_WORDS), name.end + 1, -1):
            if self._may_be_title(name.start, end):
                hit = self.lexicon.titles.nearest(self.message.words[name.start : end])
                if hit:
                    return TitleMatch(name.start, end, hit.rows, is_exact=False)
        return None

    def _may_be_title(self, start: int, end: int) -> bool:
        words = self.message.words[start:end]
        if not all(words) or any(self.message.ends(n) for n in range(start + 1, end)) or self.is_value(words):
            return False
        capitals = self.titles.capitals
        if self.titles.has_number(end):
            return False
        if capitals.is_capital(start):
            return not capitals.goes_on(end, loosely=True) and not capitals.began_before(start)
        return self.titles.is_boundary(end)

    def unknown(self, n: int, small: bool) -> TitleMatch | None:
        """A title that the catalogue lacks: words with capitals, or where `small` a few rare words in small letters."""
        end = self.titles.capitals.end(n)
        if end > n:
            words = self.message.words[n:end]
            chat = len(words) == 1 and (words[0] in CHATTER or words[0] in COMMON)
            return None if chat or self.is_value(words) else TitleMatch(n, end, ())
        return self._unknown_small(n) if small else None

    def is_value(self, words: tuple[str, ...]) -> bool:
        """Whether words are a value of the catalogue, or somebody's last name."""
        form = " ".join(words)
        return form in self.lexicon.senses or (len(words) == 1 and form in self.lexicon.surnames)

    def _unknown_small(self, n: int) -> TitleMatch | None:
        message, end = self.message, n
        while end < min(len(message), n + _MAX_SMALL) and not (end > n and self.titles.capitals.is_cut(end)):
            word = message.words[end]
            if not word or word in COMMON or word in CHATTER or word in BOUNDARIES or word in self.lexicon.senses:
                break
            end += 1
        whole = end > n and (self.titles.is_boundary(end) or end - n > 1)
        return TitleMatch(n, end, ()) if whole and not any(t.text[0].isupper() for t in message.tokens[n:]) else None
