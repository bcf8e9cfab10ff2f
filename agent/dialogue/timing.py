"""The milliseconds that a turn spent in each stage, whether or not a new list was made for it."""

import time
from collections.abc import Mapping

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
