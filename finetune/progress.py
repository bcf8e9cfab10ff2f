"""Where a training stands: steps, seconds, loss and validation so far."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Where a training stands; a checkpoint keeps it beside the tensors."""

    step: int = 0
    epoch: int = 0
    place: int = 0  # batches of this epoch that are done
    seconds: float = 0.0
    best: float = -math.inf
    best_figure: float = 0.0  # of the best validation, NDCG@10 for rerankers
    unimproved: int = 0
    lowered: int = 0  # how often the rate was
    batches: int = 0  # in all; more than steps where gradients are accumulated
    n_events: int = 0  # events predicted in all
    learning_seconds: float = 0.0  # of `seconds`, without preparation and validations
    slowest_step: float = 0.0  # seconds, its checkpoint included
    slowest_draw: float = 0.0  # seconds to draw the batches of an epoch
    slowest_validation: float = 0.0  # seconds
    loss: list[tuple[int, float]] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    finished: bool = False


class Clock:
    """Seconds of a training that may have begun in an earlier process; `now` gives seconds of a steady clock."""

    def __init__(self, before: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._before, self._began = before, now()
        self._marked = self._began

    @property
    def seconds(self) -> float:
        """All of them."""
        return self._before + self.now() - self._began

    @property
    def since_mark(self) -> float:
        """Seconds since the last mark."""
        return self.now() - self._marked

    def mark(self) -> None:
        """Count anew from here."""
        self._marked = self.now()
