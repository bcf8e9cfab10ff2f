"""Several processes that train one reranker together, as `accelerate launch` or `torchrun` start them.

Each learns from its own batches, gradients are averaged, and what the first decides goes for all: two workers do the
same as one with `--accumulate 2`.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True)
class Workers:
    """Which of how many this process is; alone by default."""

    rank: int = 0
    size: int = 1

    @classmethod
    def here(cls, device: torch.device) -> "Workers":
        """As the launcher's environment says (RANK, WORLD_SIZE), connected with the others."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return cls()
        if not distributed.is_initialized():
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return cls(distributed.get_rank(), distributed.get_world_size())

    @property
    def is_first(self) -> bool:
        """Whether this one writes files and messages."""
        return self.rank == 0

    def place(self, n: int, at: int) -> int:
        """Which of `n` batches this worker takes when the first takes number `at`."""
        return min(at + self.rank, n - 1)

    def average(self, parameters: Iterable[Tensor]) -> None:
        """Let every worker have the mean gradient; one that has none counts as zero."""
        if self.size == 1:
            return
        wanted = [each for each in parameters if each.requires_grad]
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in wanted]
        flat = torch.cat([each.reshape(-1) for each in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        start = 0
        for each in wanted:
            each.grad = flat[start : start + each.numel()].reshape(each.shape).clone()
            start += each.numel()

    def shared(self, *numbers: float) -> list[float]:
        """The first worker's numbers."""
        if self.size == 1:
            return list(numbers)
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        sent = torch.tensor(numbers, dtype=torch.float64, device=device)
        distributed.broadcast(sent, 0)
        return [float(number) for number in sent.tolist()]

    def leave(self) -> None:
        """Wait for the others and disconnect."""
        if self.size > 1:
            distributed.barrier()
            distributed.destroy_process_group()


ALONE = Workers()
