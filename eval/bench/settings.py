"""The settings of a bench."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BenchSettings:
    """The command's settings; `only` None runs every row."""

    out: Path
    domain: str
    threads: int
    seed: int = 1
    only: str | None = None
    sizes: tuple[int, ...] = ()  # of `growth`; none: the usual ones
