"""The settings of a simulation of talks."""

import argparse
from dataclasses import dataclass
from pathlib import Path

K = 10  # items a turn
TURNS = 5  # of a talk, at most, where --turns is not given


@dataclass(frozen=True)
class DialogueSettings:
    """The command's settings: `users` None are all, `ranker` None is the one that the agent serves with."""

    domain: str
    users: int | None
    seed: int
    turns: int
    ranker: str | None
    newcomer: bool
    predictions: Path | None
    report: Path | None = None

    @classmethod
    def of(cls, options: argparse.Namespace) -> "DialogueSettings":
        """From the parsed command line."""
        return cls(**{name: getattr(options, name) for name in cls.__dataclass_fields__})
