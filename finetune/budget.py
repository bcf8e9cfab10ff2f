"""How long a training may take, and the plan of its end: the minutes of a budget bound all that is counted."""

import math
from dataclasses import dataclass

from finetune.progress import Clock, Progress
from index.errors import MendableError

MARGIN = 1.5  # of the slowest step and validation so far: a busy machine may be slower the next time
SMALL_MARGIN = 1.2  # for the first step, without which the training would be for nothing
FIRST_STEP = 0.25  # of a validation: what a step is taken to cost before one was measured
LOADING = 20.0  # seconds to load libraries, models and tables that are not counted, beside the minutes
SAVING = 15.0  # seconds after the training that are not counted, within which the adapter in use may be validated


@dataclass(frozen=True)
class Budget:
    """Minutes of training, or epochs where `minutes` is None.

    Of the minutes a share is for the training, the rest for what follows.
    """

    minutes: float | None = None
    epochs: int = 0
    share_of_minutes: float = 1.0

    @property
    def seconds(self) -> float:
        """The most seconds that a training may take."""
        return math.inf if self.minutes is None else 60 * self.minutes * self.share_of_minutes

    def share(self, seconds: float, epoch: int) -> float:
        """How much is spent, 1 for all."""
        if self.minutes is not None:
            return seconds / self.seconds
        return epoch / max(self.epochs, 1)


def counted_seconds(clock: Clock) -> float:
    """The seconds of a command that count: all since the clock's mark, and what loading took beyond LOADING."""
    loading = clock.seconds - clock.since_mark
    return clock.since_mark + max(0.0, loading - LOADING)


@dataclass
class TimePlan:
    """What still fits into a budget, by the slowest step, draw of batches and validation of a training so far.

    `compares`: the adapter in use is validated after the training, and what takes longer than SAVING is kept for it.
    """

    budget: Budget
    at: Progress
    compares: bool = False

    def note_step(self, seconds: float) -> None:
        """Remember how long a step took, its checkpoint included."""
        self.at.slowest_step = max(self.at.slowest_step, seconds)

    def note_draw(self, seconds: float) -> None:
        """Remember how long it took to draw the batches of an epoch."""
        self.at.slowest_draw = max(self.at.slowest_draw, seconds)

    def note_validation(self, seconds: float) -> None:
        """Remember how long a validation took."""
        self.at.slowest_validation = max(self.at.slowest_validation, seconds)

    def step_fits(self, draws: bool = False, later: float = 0.0) -> bool:
        """Whether a step fits, `later` seconds from now, with what comes last; `draws`: an epoch begins with it."""
        at = self.at
        step = (at.slowest_step or FIRST_STEP * at.slowest_validation) + (at.slowest_draw if draws else 0)
        compared = max(0.0, MARGIN * at.slowest_validation - SAVING) if self.compares else 0.0
        margin = MARGIN if at.step else SMALL_MARGIN
        needed = margin * (step + at.slowest_validation) + compared
        return at.seconds + later + needed < self.budget.seconds

    def validation_fits(self) -> bool:
        """Whether a validation fits that is not the last one: a step and the last one come after it."""
        return self.step_fits(later=MARGIN * self.at.slowest_validation)

    def refuse_spent(self) -> None:
        """Raise MendableError where no step fits: preparing and validating have taken too much of the minutes."""
        seconds = self.at.seconds
        if self.budget.minutes is None or (seconds < self.budget.seconds and self.step_fits()):
            return
        needed = (
            math.ceil((seconds + 4 * MARGIN * self.at.slowest_validation) / (60 * self.budget.share_of_minutes)) + 1
        )
        raise MendableError(
            f"preparing and validating took {seconds:.0f} s of {self.budget.seconds:.0f} s: no step of training fits",
            f"--minutes {self.budget.minutes:g}",
            f"Give more time on this machine, for example --minutes {needed}",
        )
