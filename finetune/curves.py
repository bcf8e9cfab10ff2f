"""What can be watched during a training: a bar on the terminal, and files for TensorBoard."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finetune.budget import Budget
from finetune.progress import Progress
from index.progress import track


class Curves:
    """Loss, validation, rate and events a second by step, for `tensorboard --logdir`; nothing without a folder.

    `begin`: the curves of an earlier training are deleted when the first step is written.
    """

    def __init__(self, folder: Path | None = None, begin: bool = True) -> None:
        self._folder, self._begin = folder, begin
        self._waiting: list[tuple[int, str, float]] = []
        self._writer: Any = None

    def add(self, step: int, **values: float) -> None:
        """Some values of one step; those of the start are written with the first step, when it is sure to come."""
        if self._folder is None:
            return
        self._waiting += [(step, name.replace("__", "/"), value) for name, value in values.items()]
        if step:
            self._open(self._folder)
            for at, name, value in self._waiting:
                self._writer.add_scalar(name, value, at)
            self._waiting = []

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()

    def _open(self, folder: Path) -> None:
        if self._writer is None:
            from tensorboardX import SummaryWriter

            if self._begin:
                shutil.rmtree(folder, ignore_errors=True)
            self._writer = SummaryWriter(str(folder), flush_secs=30)


@contextlib.contextmanager
def bar(budget: Budget, first: bool = True, figure: str = "NDCG@10") -> Iterator[Any]:
    """How much of the budget is spent, with loss, validation and events a second; only of the `first` worker."""
    if not first:
        yield lambda at: None
        return
    with track("training", total=1) as step:

        def show(at: Progress) -> None:
            loss = at.loss[-1][1] if at.loss else 0.0
            speed = at.n_events / max(at.learning_seconds, 1e-9)
            detail = f"step {at.step}, loss {loss:.3f}, {figure} {at.best_figure:.4f}, {speed:,.0f} events/s"
            share = min(budget.share(at.seconds, at.epoch), 1)
            step.update(share, detail) if step.done else step.resume(share)

        yield show
