"""The settings of a training that words reasons, as the command gives them and as its record has them."""

from dataclasses import dataclass

LEARNING_RATE, RANK = 2e-3, 8  # of the LoRA
LAYERS = 16  # the last ones, in which it lies, so that a step is backed up half way
VALIDATE_EVERY = 0.5  # epochs between two validations
WARM_UP = 8  # steps: a minute of training has few more on a slow machine
PLANS, HELD_OUT, JUDGED = 2_000, 120, 40  # to learn from; on which steps are chosen; of these, how many are worded


@dataclass(frozen=True)
class ReasonsSettings:
    """Learns from plans of `domain`; takes `minutes`, or `epochs` where these are None."""

    domain: str
    backbone: str = "gpt"
    minutes: float | None = None
    epochs: int = 0
    seed: int = 1
    device: str = "auto"
    rank: int = RANK
    layers: int = LAYERS
    learning_rate: float = LEARNING_RATE

    @property
    def command(self) -> str:
        """The command that does this again."""
        words = [f"python -m finetune reasons --domain {self.domain}"]
        words += [f"--backbone {self.backbone}"] if self.backbone != "gpt" else []
        words.append(f"--minutes {self.minutes:g}" if self.minutes is not None else f"--epochs {self.epochs}")
        return " ".join([*words, f"--seed {self.seed}"])
