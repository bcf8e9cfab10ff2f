"""The training loop of a reranker: a budget that is kept, validation with early stopping, a checkpoint that resumes."""

import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from finetune.budget import Budget, TimePlan
from finetune.checkpoint import CHECKPOINT_EVERY, Checkpoint
from finetune.curves import Curves, bar
from finetune.dropout import with_fast_dropout
from finetune.progress import Clock, Progress
from finetune.settings import CLIP, LOWER, LOWERINGS, PATIENCE, REFIT_EPOCHS, REFIT_RATE, WARM_UP, WEIGHT_DECAY
from finetune.validation import IsExpired, Validation
from finetune.workers import Workers
from index.data.domain import Histories
from index.types import Floats


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: peak learning rate, seed, epochs between validations."""

    budget: Budget
    learning_rate: float
    seed: int
    validate_every: float = 2.0  # epochs
    accumulate: int = 1  # batches a step
    figure: str = "NDCG@10"  # what a validation is shown by
    warm_up: int = WARM_UP  # steps


class HasEvents(Protocol):
    """Anything that can be a batch."""

    @property
    def n_events(self) -> int:
        """How many events are predicted."""


BatchesOf = Callable[[Any, int], Sequence[Any]]  # of HasEvents, for an epoch; of histories, or other training data
LossOf = Callable[[Any, Any, int], Tensor]  # the mean loss of a reranker on a batch; the number draws what is random
Validate = Callable[[IsExpired], Validation | None]  # None where it was cut short since the time was over


class Trainer:
    """Trains a reranker to predict each next event; keeps the tensors that were best on validation."""

    def __init__(
        self,
        reranker: nn.Module,
        loss_of: LossOf,
        validate: Validate,
        schedule: Schedule,
        workers: Workers | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workers = workers or Workers()
        with_fast_dropout(reranker)
        self.reranker, self.loss_of = reranker, loss_of
        self.validate, self.schedule = validate, schedule
        self.at = Progress()
        self.plan = TimePlan(schedule.budget, self.at)
        self.trained = {name: value for name, value in reranker.named_parameters() if value.requires_grad}
        self.optimizer: torch.optim.Optimizer = torch.optim.AdamW(
            parameter_groups(self.trained), lr=schedule.learning_rate, betas=(0.9, 0.98)
        )
        self.best = self.copied()
        self.best_scores: tuple[Floats, ...] = ()  # of the validation lists by the best tensors
        self.curves = Curves()
        self._stopped = False
        self._now = now
        self._clock = Clock(now=now)
        self._validated_at = 0.0  # epochs
        self._refit_share: float | None = None  # of a refit that is done

    def run(self, data: Any, batches_of: BatchesOf, checkpoint: Checkpoint) -> Progress:
        """Train until the budget is spent, nothing is gained, or Ctrl-C; then the best tensors are in place.

        Raises MendableError where the budget has no time for a step.
        """
        self._clock = Clock(self.at.seconds, self._now)
        with self._interruptible(), bar(self.schedule.budget, self.workers.is_first, self.schedule.figure) as show:
            self._refuse_spent()
            self._validate_now(may_be_cut=self.at.step == 0 or self._is_validated)  # the start: for the record and plan
            self._refuse_spent()
            while not self._is_over(draws=True):
                batches = self._draw(data, batches_of)
                while self.at.place < len(batches):
                    if not self._is_over():
                        self._validate_if_due(len(batches))
                    if self._is_over():
                        break
                    began = self._now()
                    self.learn(batches[self.workers.place(len(batches), self.at.place)])
                    self.at.place += self.workers.size
                    show(self.at)
                    self._save_if_due(checkpoint)
                    self.plan.note_step(self._now() - began)
                else:
                    self.at.epoch, self.at.place = self.at.epoch + 1, 0
            self._end(checkpoint)
        return self.at

    def refit(self, histories: Histories, batches_of: BatchesOf, loss_of: LossOf, seconds: float) -> int:
        """Learn on from the best tensors for so many seconds at most, or until Ctrl-C; how many steps it did."""
        self.loss_of, began, first = loss_of, self._now(), self.at.step
        self.optimizer.zero_grad(set_to_none=True)  # of batches after which no step was done
        with self._interruptible():
            for epoch in range(REFIT_EPOCHS):
                batches = batches_of(histories, self.at.epoch + 1 + epoch)
                for place in range(0, len(batches), self.workers.size):
                    passes = (epoch + place / len(batches)) / REFIT_EPOCHS
                    self._refit_share = max(passes, (self._now() - began) / seconds)
                    if self.workers.shared(self._stopped or self._refit_share >= 1)[0]:
                        return self.at.step - first
                    self.learn(batches[self.workers.place(len(batches), place)])
        return self.at.step - first

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Put these values into the trained tensors."""
        with torch.no_grad():
            for name, value in self.trained.items():
                value.copy_(tensors[name])

    def learn(self, batch: HasEvents) -> None:
        """Learn from a batch; with `accumulate`, the parameters move only after so many."""
        began = self._now()
        self.reranker.train()
        seed = self.schedule.seed * 1_000_003 + self.at.batches + self.workers.rank
        torch.manual_seed(seed)  # dropout: the same after a resume
        loss = self.loss_of(self.reranker, batch, seed)
        (loss / self.schedule.accumulate).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.at.batches += self.workers.size
        self.at.n_events += batch.n_events * self.workers.size
        if self._between_steps:
            self._move()
            if self.at.step % 10 == 1:
                self._note_loss(float(loss.item()))
        self.at.learning_seconds += self._now() - began
        self._count_seconds()

    def copied(self) -> dict[str, Tensor]:
        """The trained tensors as they are now."""
        return {name: value.detach().clone() for name, value in self.trained.items()}

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the training."""
        return self._stopped

    @property
    def _between_steps(self) -> bool:
        """Whether no gradient waits for others."""
        return self.at.batches % (self.schedule.accumulate * self.workers.size) == 0

    @property
    def _is_validated(self) -> bool:
        """Whether anything learned was validated, so that there are best tensors to end with."""
        return self.at.best > -math.inf

    def _draw(self, data: Any, batches_of: BatchesOf) -> Sequence[Any]:
        began = self._now()
        batches = batches_of(data, self.at.epoch)
        self.plan.note_draw(self._now() - began)
        self._count_seconds()
        return batches

    def _move(self) -> None:
        rate = self.schedule.learning_rate * self._rate_share()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.workers.average(self.trained.values())
        torch.nn.utils.clip_grad_norm_(self.trained.values(), CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.at.step += 1

    def _note_loss(self, loss: float) -> None:
        self.at.loss.append((self.at.step, round(loss, 4)))
        speed = self.at.n_events / max(self.at.learning_seconds, 1e-9)
        rate = self.optimizer.param_groups[0]["lr"]
        self.curves.add(self.at.step, train__loss=loss, train__rate=rate, train__events_per_s=speed)

    def _count_seconds(self) -> None:
        self.at.seconds = self.workers.shared(self._clock.seconds)[0]

    def _save_if_due(self, checkpoint: Checkpoint) -> None:
        if self.workers.is_first and self._between_steps and self._clock.since_mark > CHECKPOINT_EVERY:
            checkpoint.save(self)
            self._clock.mark()

    def _rate_share(self) -> float:
        """Share of the peak rate: linear warm-up, then a cosine over the budget, lower after each plateau."""
        if self._refit_share is not None:
            return REFIT_RATE * (1 - self._refit_share)
        share = self.schedule.budget.share(self.at.seconds, self.at.epoch)
        warm = min(1.0, (self.at.step + 1) / self.schedule.warm_up)
        return warm * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))) * LOWER**self.at.lowered

    def _refuse_spent(self) -> None:
        self._count_seconds()
        if self.at.step == 0 and not self._stopped:
            self.plan.refuse_spent()

    def _is_over(self, draws: bool = False) -> bool:
        budget = self.schedule.budget
        spent = not self.plan.step_fits(draws) or budget.share(0, self.at.epoch) >= 1
        over = self._stopped or spent or self.at.lowered > LOWERINGS
        return bool(self.workers.shared(over)[0])

    def _validate_if_due(self, n_batches: int) -> None:
        done = self.at.epoch + self.at.place / max(n_batches, 1)
        if not self._between_steps or done - self._validated_at < self.schedule.validate_every:
            return
        if self.workers.shared(self.plan.validation_fits())[0]:  # else the last one comes soon
            self._validate_now(may_be_cut=self._is_validated)
            self._validated_at = done

    def _validate_now(self, may_be_cut: bool) -> None:
        """Validate, unless this step was; where it may be cut, it ends without a result when the time is over."""
        if self.at.validation and self.at.validation[-1][0] == self.at.step:
            return
        began = self._now()
        self.reranker.eval()
        found = self.validate(lambda: may_be_cut and self._clock.seconds > self.schedule.budget.seconds)
        self.plan.note_validation(self._now() - began)
        self._count_seconds()
        numbers = (1.0, found.likelihood, found.figure) if found else (0.0, 0.0, 0.0)
        is_whole, likelihood, figure = self.workers.shared(*numbers)
        if is_whole:
            self._take(Validation(likelihood, figure, found.scores if found else ()))

    def _take(self, value: Validation) -> None:
        """Note a validation, keep the tensors where they are better, lower the rate where nothing is gained."""
        self.at.validation.append((self.at.step, round(value.figure, 6)))
        curve = self.schedule.figure.lower().replace("@", "_at_")
        self.curves.add(self.at.step, **{f"validation__{curve}": value.figure}, validation__likelihood=value.likelihood)
        if not self.at.step:  # the start is no candidate: the blend decides how much of what was learned is used
            self.best_scores = value.scores
            return
        improved = value.likelihood > self.at.best
        self.at.unimproved = 0 if improved else self.at.unimproved + 1
        if improved:
            self.at.best, self.at.best_figure = value.likelihood, value.figure
            self.best, self.best_scores = self.copied(), value.scores
        elif self.at.unimproved >= PATIENCE:
            self.restore(self.best)
            self.at.unimproved, self.at.lowered = 0, self.at.lowered + 1

    def _end(self, checkpoint: Checkpoint) -> None:
        """Validate a last time, save where the training stands, put the best tensors in place."""
        if not self._stopped or (self.at.step and not self._is_validated):
            self._validate_now(may_be_cut=self._is_validated)
        self._count_seconds()
        self.at.finished = not self._stopped
        if self.workers.is_first:
            checkpoint.save(self)
        self.restore(self.best)
        self.curves.close()

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl-C ends the training after the running step, so that what was learned is kept; a second one at once."""

        def stop(_: int, __: FrameType | None) -> None:
            if self._stopped:
                raise KeyboardInterrupt
            self._stopped = True

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def parameter_groups(trained: Mapping[str, Tensor]) -> list[dict[str, object]]:
    """Weight decay for matrices, none for biases, norms and embeddings."""
    decayed = [value for name, value in trained.items() if value.ndim > 1 and "ids" not in name and "bias" not in name]
    others = [value for value in trained.values() if all(value is not each for each in decayed)]
    return [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
