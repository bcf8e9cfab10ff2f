"""The training loop of a reader: a budget that is kept, validation with early stopping, a checkpoint that resumes."""

import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from finetune.budget import Budget
from finetune.checkpoint import Checkpoint
from finetune.curves import Curves, bar
from finetune.dropout import with_fast_dropout
from finetune.progress import Clock, Progress
from finetune.workers import Workers
from index.data.domain import Histories

WARM_UP = 60  # steps
CLIP = 1.0
CHECKPOINT_EVERY = 30.0  # seconds
PATIENCE = 3  # validations without a gain, after which the best is taken up again at a lower rate
LOWER, LOWERINGS = 0.3, 3  # by how much, and how often before it ends


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: peak learning rate, seed, epochs between validations."""

    budget: Budget
    learning_rate: float
    seed: int
    validate_every: float = 2.0  # epochs
    accumulate: int = 1  # batches a step


@dataclass(frozen=True)
class Validation:
    """What is steered by: the mean log likelihood of what came next, smoother than the NDCG@10 that people read."""

    likelihood: float
    ndcg: float


class HasEvents(Protocol):
    """Anything that can be a batch."""

    @property
    def n_events(self) -> int:
        """How many events it teaches."""


BatchesOf = Callable[[Histories, int], Sequence[Any]]  # of HasEvents, for an epoch
LossOf = Callable[[Any, Any, int], Tensor]  # the mean loss of a reader on a batch; the number draws what is random


class Trainer:
    """Teaches a reader to predict each next event; keeps the tensors that were best on validation."""

    def __init__(
        self,
        reranker: nn.Module,
        loss_of: LossOf,
        validate: Callable[[], Validation],
        schedule: Schedule,
        workers: Workers | None = None,
    ) -> None:
        self.workers = workers or Workers()
        with_fast_dropout(reranker)
        self.reranker, self.loss_of = reranker, loss_of
        self.validate, self.schedule = validate, schedule
        self.at = Progress()
        self.trained = {name: value for name, value in reranker.named_parameters() if value.requires_grad}
        self.optimizer: torch.optim.Optimizer = torch.optim.AdamW(
            _groups(self.trained), lr=schedule.learning_rate, betas=(0.9, 0.98)
        )
        self.best = self.copied()
        self.curves = Curves()
        self._stopped = False
        self._validation_seconds = 0.0
        self._clock = Clock()
        self._validated_at = 0.0  # epochs

    def run(self, histories: Histories, batches_of: BatchesOf, checkpoint: Checkpoint) -> Progress:
        """Train until the budget is spent, nothing is gained, or Ctrl-C; then the best tensors are in place."""
        self._clock = Clock(self.at.seconds)
        with self._interruptible(), bar(self.schedule.budget, self.workers.is_first) as show:
            self._validate_now()  # where it begins, for the record; and how long a validation takes is then known
            while not self._over():
                batches = batches_of(histories, self.at.epoch)
                while self.at.place < len(batches):
                    self._validate_if_due(len(batches))
                    self.learn(batches[self.workers.place(len(batches), self.at.place)])
                    self.at.place += self.workers.size
                    show(self.at)
                    self._save_if_due(checkpoint)
                    if self._over():
                        break
                else:
                    self.at.epoch, self.at.place = self.at.epoch + 1, 0
            if not self._stopped:
                self._validate_now()
            self._tell_time()
            self.at.finished = not self._stopped
            if self.workers.is_first:
                checkpoint.save(self)
        if self.at.step and self.at.best == -math.inf:  # interrupted before the first validation
            self.best = self.copied()
        self.restore(self.best)
        self.curves.close()
        return self.at

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Put these values into the trained tensors."""
        with torch.no_grad():
            for name, value in self.trained.items():
                value.copy_(tensors[name])

    def learn(self, batch: HasEvents) -> None:
        """Learn from a batch; with `accumulate`, the parameters move only after so many."""
        began = time.monotonic()
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
        self.at.learning_seconds += time.monotonic() - began
        self._tell_time()

    @property
    def _between_steps(self) -> bool:
        """Whether no gradient waits for others."""
        return self.at.batches % (self.schedule.accumulate * self.workers.size) == 0

    def _move(self) -> None:
        rate = self.schedule.learning_rate * self._warmth()
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

    def _tell_time(self) -> None:
        self.at.seconds = self.workers.shared(self._clock.seconds)[0]

    def _save_if_due(self, checkpoint: Checkpoint) -> None:
        if self.workers.is_first and self._between_steps and self._clock.since_mark > CHECKPOINT_EVERY:
            checkpoint.save(self)
            self._clock.mark()

    def _warmth(self) -> float:
        """Share of the peak rate: linear warm-up, then a cosine over the budget, lower after each plateau."""
        share = self.schedule.budget.share(self.at.seconds, self.at.epoch)
        return (
            min(1.0, (self.at.step + 1) / WARM_UP)
            * 0.5
            * (1 + math.cos(math.pi * min(share, 1.0)))
            * LOWER**self.at.lowered
        )

    def _over(self) -> bool:
        after = self.at.seconds + 1.2 * self._validation_seconds  # the last validation is within the budget too
        spent = self.schedule.budget.share(after, self.at.epoch) >= 1
        over = self._stopped or spent or self.at.lowered > LOWERINGS
        return bool(self.workers.shared(over)[0])

    def _validate_if_due(self, n_batches: int) -> None:
        done = self.at.epoch + self.at.place / max(n_batches, 1)
        if self._between_steps and done - self._validated_at >= self.schedule.validate_every:
            self._validate_now()
            self._validated_at = done

    def _validate_now(self) -> None:
        if self.at.validation and self.at.validation[-1][0] == self.at.step:
            return
        began = time.monotonic()
        self.reranker.eval()
        value = Validation(*self.workers.shared(*astuple(self.validate())))
        self._validation_seconds = self.workers.shared(time.monotonic() - began)[0]
        self.at.validation.append((self.at.step, round(value.ndcg, 6)))
        self.curves.add(self.at.step, validation__ndcg_at_10=value.ndcg, validation__likelihood=value.likelihood)
        if not self.at.step:  # where it begins; what was learned is kept even so, the blend decides whether it is heard
            return
        improved = value.likelihood > self.at.best
        self.at.unimproved = 0 if improved else self.at.unimproved + 1
        if improved:
            self.at.best, self.at.best_ndcg, self.best = value.likelihood, value.ndcg, self.copied()
        elif self.at.unimproved >= PATIENCE:
            self.restore(self.best)
            self.at.unimproved, self.at.lowered = 0, self.at.lowered + 1

    def copied(self) -> dict[str, Tensor]:
        """The trained tensors as they are now."""
        return {name: value.detach().clone() for name, value in self.trained.items()}

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl-C ends the training after the running step, so that what was learned is kept."""

        def stop(_: int, __: FrameType | None) -> None:
            self._stopped = True

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the training."""
        return self._stopped


def freeze_lora(trainer: Trainer) -> None:
    """Let only what is beside the base learn: the LoRA stays at nothing, as before training."""
    for name in [name for name in trainer.trained if "lora_" in name]:
        trainer.trained.pop(name).requires_grad = False
    trainer.optimizer = torch.optim.AdamW(
        _groups(trainer.trained), lr=trainer.schedule.learning_rate, betas=(0.9, 0.98)
    )
    trainer.best = trainer.copied()


def _groups(trained: Mapping[str, Tensor]) -> list[dict[str, object]]:
    """Weight decay for matrices, none for biases, norms and embeddings."""
    decayed = [value for name, value in trained.items() if value.ndim > 1 and "ids" not in name and "bias" not in name]
    others = [value for value in trained.values() if all(value is not each for each in decayed)]
    return [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
