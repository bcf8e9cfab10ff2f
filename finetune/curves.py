"""What can be watched during a training: a bar on the terminal, and files for TensorBoard."""

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finetune.budget import Budget
from finetune.progress import Progress


class Curves:
    """Loss, NDCG@10, rate and events a second by step, for `tensorboard --logdir`; nothing without a folder.

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
def bar(budget: Budget, first: bool = True) -> Iterator[Any]:
    """A bar over the budget with loss, validation, events a second and ETA; silent where stderr is no terminal."""
    from tqdm import tqdm

    form = "{l_bar}{bar}| {elapsed}<{remaining} {postfix}"
    with tqdm(total=100, unit="%", disable=not (first and sys.stderr.isatty()), bar_format=form) as drawn:

        def show(at: Progress) -> None:
            drawn.update(100 * min(budget.share(at.seconds, at.epoch), 1) - drawn.n)
            loss = at.loss[-1][1] if at.loss else 0.0
            speed = at.n_events / max(at.learning_seconds, 1e-9)
            drawn.set_postfix_str(f"step {at.step} loss {loss:.3f} ndcg@10 {at.best_ndcg:.4f} {speed:,.0f} events/s")

        yield show
