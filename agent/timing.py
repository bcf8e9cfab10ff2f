"""The milliseconds that a turn spent in each stage, whether or not a new list was made for it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

STAGES = ("understand", "retrieve", "rank", "explain")


def ms_since(began: float) -> float:
    """Milliseconds since a reading of `time.perf_counter`."""
    return 1000 * (time.perf_counter() - began)


def time_without_list(began: float) -> dict[str, float]:
    """The stages of a turn that kept its list: all its time went into understanding."""
    spent = ms_since(began)
    return {**dict.fromkeys(STAGES, 0.0), "understand": spent, "total": spent}


def add_understanding(timing_ms: Mapping[str, float], understood_ms: float) -> dict[str, float]:
    """The stages of an agent's reply with the time that the turn was read and decided in before them."""
    stages = {**dict.fromkeys(STAGES, 0.0), **timing_ms}
    total = stages.get("total", sum(timing_ms.values()))
    return {**stages, "understand": stages["understand"] + understood_ms, "total": total + understood_ms}


@dataclass
class Clock:
    """Milliseconds by stage, counted from when it is made."""

    began: float = field(default_factory=time.perf_counter)
    stages: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.perf_counter)

    def end(self, stage: str) -> None:
        """Add the time since the end of the last stage to this one."""
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + 1000 * (now - self._since)
        self._since = now

    def read(self) -> dict[str, float]:
        """The stages and their total."""
        return {**self.stages, "total": 1000 * (time.perf_counter() - self.began)}
