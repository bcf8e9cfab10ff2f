"""A judge for tests: it counts a few words, and says what it was asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from index.sentiment.opinion import Opinion

GOOD, BAD = ("great", "good", "love", "clear"), ("bad", "broke", "awful", "muddy")


@dataclass
class CountingJudge:
    """Good words less bad ones, of the whole text whatever the aspect; None for a text without letters a to z."""

    name: str = "counting"
    sha256: str = "b" * 64
    seen: list[tuple[str, str | None]] = field(default_factory=list)

    def judge(
        self, texts: Sequence[str], aspects: Sequence[str | None] | None = None, what: str = ""
    ) -> list[Opinion | None]:
        """One opinion a text."""
        about = aspects if aspects is not None else [None] * len(texts)
        self.seen += zip(texts, about, strict=True)
        return [_opinion(text.casefold()) for text in texts]


def _opinion(text: str) -> Opinion | None:
    if not any("a" <= sign <= "z" for sign in text):
        return None
    good, bad = (sum(text.count(word) for word in words) for words in (GOOD, BAD))
    score = (good - bad) / max(1, good + bad)
    return Opinion(score, (1 + score) / 2)
