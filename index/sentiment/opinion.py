"""What a text says of a thing: a polarity with its probability, and the protocol of whatever judges texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Opinion:
    """A polarity, -1 (bad) to 1 (good), and the calibrated probability that it is positive."""

    score: float  # -1…1
    p_positive: float  # 0…1


class Judge(Protocol):
    """Anything that judges the polarity of texts: its name and hash, as manifests name it."""

    @property
    def name(self) -> str:
        """The adapter's name."""

    @property
    def sha256(self) -> str:
        """The hash of the adapter's weights."""

    def judge(
        self, texts: Sequence[str], aspects: Sequence[str | None] | None = None, what: str = ""
    ) -> list[Opinion | None]:
        """One opinion a text, of its aspect where one is given; None where it cannot be judged.

        With `what`, under a progress bar of that name.
        """
