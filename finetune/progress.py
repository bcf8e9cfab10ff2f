"""Where a training stands: steps, seconds, loss and validation so far."""

import math
import time
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Where training stands; what a checkpoint keeps beside the tensors."""

    step: int = 0
    epoch: int = 0
    place: int = 0  # batches of this epoch that are done
    seconds: float = 0.0
    best: float = -math.inf
    best_ndcg: float = 0.0
    unimproved: int = 0
    lowered: int = 0  # how often the rate was
    batches: int = 0  # in all; more than steps where gradients are accumulated
    n_events: int = 0  # events learned from in all
    learning_seconds: float = 0.0  # of `seconds`, without lessons and validations
    loss: list[tuple[int, float]] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    finished: bool = False


class Clock:
    """Seconds of a training that may have begun in an earlier process."""

    def __init__(self, before: float = 0.0) -> None:
        self._before, self._began = before, time.monotonic()
        self._marked = self._began

    @property
    def seconds(self) -> float:
        """All of them."""
        return self._before + time.monotonic() - self._began

    @property
    def since_mark(self) -> float:
        """Seconds since the last mark."""
        return time.monotonic() - self._marked

    def mark(self) -> None:
        """Count anew from here."""
        self._marked = time.monotonic()
