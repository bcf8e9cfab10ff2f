"""How long a training may take: minutes by the clock, or epochs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """Minutes of training, or epochs where `minutes` is None."""

    minutes: float | None = None
    epochs: int = 0

    def share(self, seconds: float, epoch: int) -> float:
        """How much is spent, 1 for all."""
        if self.minutes is not None:
            return seconds / (60 * self.minutes)
        return epoch / max(self.epochs, 1)
