"""A row of the benchmark: seconds of ours and of a named peer, measured in turns, and the ratio between them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Seconds:
    """The least time of several rounds, of ours and of the peer."""

    ours: float
    peer: float

    @property
    def ratio(self) -> float:
        """How many times faster than the peer ours is."""
        return self.peer / self.ours


@dataclass(frozen=True)
class Row:
    """One row of `ratios`; `figures` are what else was measured."""

    seconds: Seconds
    peer: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it stands in `bench.json`: `ratio` is `peer_s / ours_s`, above 1 is faster than the peer."""
        seconds = self.seconds
        times = {"ratio": seconds.ratio, "ours_s": seconds.ours, "peer_s": seconds.peer}
        return {**{name: significant(value) for name, value in times.items()}, "peer": self.peer, **self.figures}


def in_turns(ours: Callable[[], object], peer: Callable[[], object], rounds: int) -> Seconds:
    """Time both in turns, each round the other one first: the least of the rounds. Both should have run before."""
    if rounds < 1:
        raise ValueError("at least one round is needed")
    spent: dict[str, list[float]] = {"ours": [], "peer": []}
    both = [("ours", ours), ("peer", peer)]
    for _ in range(rounds):
        for name, run in both:
            spent[name].append(seconds_of(run))
        both.reverse()
    return Seconds(min(spent["ours"]), min(spent["peer"]))


def seconds_of(run: Callable[[], object]) -> float:
    """Wall seconds of one run."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def significant(value: float, digits: int = 6) -> float:
    """A figure with no more digits than its measurement deserves."""
    return float(f"{value:.{digits}g}")
