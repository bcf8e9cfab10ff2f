"""The settings of a sentiment training, as the command gives them and as they are written beside the adapter."""

from dataclasses import dataclass
from pathlib import Path

from index.errors import MendableError

LEARNING_RATE, RANK, LAYERS = 8e-4, 16, 6  # docs/log.md has what others gave
VALIDATE_EVERY = 0.5  # epochs between two validations


@dataclass(frozen=True)
class SentimentSettings:
    """Learns from the stars of `domain`, or from the lines of `data`; takes `minutes`, or `epochs` where None."""

    domain: str = ""
    data: Path | None = None
    out: Path | None = None
    backbone: str = "bert"
    minutes: float | None = None
    epochs: int = 0
    seed: int = 1
    device: str = "auto"
    rank: int = RANK
    layers: int = LAYERS  # fewer where the base has fewer
    learning_rate: float = LEARNING_RATE

    def __post_init__(self) -> None:
        if bool(self.domain) == (self.data is not None):
            raise MendableError("either a domain or lines to learn from are wanted", "--domain, --data", "Give one")
        if (self.data is None) != (self.out is None):
            raise MendableError("--data and --out belong together", "--out", "Give both, or --domain alone")

    @property
    def command(self) -> str:
        """The command that does this again."""
        words = ["python -m finetune sentiment"]
        words.append(f"--domain {self.domain}" if self.domain else f"--data {_name(self.data)} --out {_name(self.out)}")
        words += [f"--backbone {self.backbone}"] if self.backbone != "bert" else []
        words.append(f"--minutes {self.minutes:g}" if self.minutes is not None else f"--epochs {self.epochs}")
        return " ".join([*words, f"--seed {self.seed}"])


def _name(path: Path | None) -> str:
    """A path as it may stand in a card: without the folders of this machine."""
    return "" if path is None else path.name if path.is_absolute() else str(path)
