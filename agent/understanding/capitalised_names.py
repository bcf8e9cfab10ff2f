"""Names are runs of capitalised words: where one begins and ends, and whether a title is only a piece of one."""

import re

from agent.language.common_words import CHATTER, JOINERS
from agent.language.word_lists import word_set
from agent.understanding.message import Message

_CONNECTS = word_set("of the a an in on at to for de la du del der von")
_ENDS = JOINERS | word_set("i im ive id ill but please too") - {"like", "both", "well", "then"}
_VERBS = word_set("loved liked enjoyed hated disliked seen watched love like hate enjoy saw favourite favorite adore")
_CUT = re.compile(r"[,;()]| - |–|—")


class CapitalRuns:
    """The runs of capitalised words in one message."""

    def __init__(self, message: Message) -> None:
        self.message = message

    def is_capital(self, n: int) -> bool:
        """Whether word `n` is written as a name is: with a capital or as a number, not quoted, no "I" or "And"."""
        token = self.message.tokens[n]
        return token.capital and not token.quote and token.word not in _ENDS and not self.message.shouts

    def is_cut(self, n: int) -> bool:
        """Whether a name ends before word `n`: a comma, a bracket, the end of a sentence."""
        return self.message.ends(n) or bool(_CUT.search(self.message.gap(n)))

    def end(self, n: int) -> int:
        """Where the run ends that begins at word `n`; `n` itself where none does."""
        if n >= len(self.message) or not self.is_capital(n) or self.message.tokens[n].text.isdigit():
            return n
        end = n + 1
        while end < len(self.message) and not self.is_cut(end):
            after = end + 1 if self.is_capital(end) else self._connected(end, loosely=True)
            if not after:
                break
            end = after
        return end

    def start(self, n: int) -> int:
        """The first of the capitalised words that lead up to word `n`, itself one, without a gap."""
        while n > 0 and not self.is_cut(n) and self.is_capital(n - 1) and not self.message.tokens[n - 1].starts:
            n -= 1
        return n

    def goes_on(self, end: int, loosely: bool = False) -> bool:
        """Whether a name that seems to end before word `end` goes on: "Batman Begins", "Faces of Death"."""
        if end >= len(self.message) or self.is_cut(end):
            return False
        if self.message.gap(end).strip() == ":":
            return True
        if not self.message.tokens[end - 1].capital:
            return False
        if self.message.tokens[end].before.strip() not in ("", ":", "-", "."):
            return False
        if self.message.tokens[end].text[0].isdigit():
            return False
        return self.is_capital(end) or bool(self._connected(end, loosely))

    def began_before(self, start: int) -> bool:
        """Whether a name that seems to begin at word `start` began before it: "American Beauty"."""
        if start == 0 or self.is_cut(start) or not self.is_capital(start):
            return False
        before, connected = start - 1, False
        while before > 0 and self.message.words[before] in _CONNECTS and not self.is_capital(before):
            if self.is_cut(before):
                return False
            before, connected = before - 1, True
        token = self.message.tokens[before]
        if connected and not any(self.message.words[n] in ("of", "the") for n in range(before + 1, start)):
            return False
        ordinary = token.word in _VERBS or (token.starts and token.word in CHATTER)
        is_name = token.text[0].isupper() and self.is_capital(before) and not ordinary
        return is_name and not token.text.endswith(("'s", "’s"))

    def _connected(self, n: int, loosely: bool) -> int:
        """The place after the capital that small words at `n` lead to: "of Death", "in the Attic"; 0 where none do."""
        words = self.message.words
        place = n
        while place < len(words) and place < n + 2 and words[place] in _CONNECTS and not self.is_capital(place):
            place += 1
        if place == n or place >= len(words) or any(self.is_cut(each) for each in range(n, place + 1)):
            return 0
        strong = words[n] in ("of", "the") or words[place - 1] in ("the", "a")
        return place + 1 if (strong or loosely) and self.is_capital(place) else 0
