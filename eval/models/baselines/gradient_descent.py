"""What models trained by gradient descent share: seeds, batches in random order, one step."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor


@contextmanager
def seeded(seed: int) -> Iterator[np.random.Generator]:
    """Within the block, torch and the generator given draw from `seed`; torch's state is restored afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield np.random.default_rng(seed)


def random_batches(n: int, size: int) -> Iterator[Tensor]:
    """The numbers below `n` in random order, at most `size` at a time."""
    order = torch.randperm(n)
    for start in range(0, n, size):
        yield order[start : start + size]


def step_down(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down the gradient of a loss."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    optimizer.step()
