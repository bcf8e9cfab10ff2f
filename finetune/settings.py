"""The settings of a training, as the command gives them and as they are written beside the adapter."""

from dataclasses import dataclass

MINUTES = 20.0  # where neither --minutes nor --epochs is given
PROMPTS = ("items", "words")
LEARNING_RATES = {"items": 1.5e-3, "words": 5e-4}  # peaks; docs/log.md has what others gave
VALIDATION_USERS = 2_000  # enough for an interval of +- .01; more would take the time that training needs
VALIDATION_LISTS, VALIDATION_EVENTS = 3_000, 3  # with few users more than their last event, so that as many lists tell
VALIDATION_SEED = 1  # draws the users and fits the retrieval: the same for every training, so that they can be compared
REFIT_SHARE = 0.1  # of the minutes, for the last step on all events
LAYERS = {"items": 3, "words": 6}
VALIDATE_EVERY = {"items": 2.0, "words": 0.5}  # epochs between two validations
WARM_UP = 60  # steps, over which the rate rises to its peak
WEIGHT_DECAY = 0.05  # of matrices
CLIP = 1.0  # of a gradient's norm, at most
PATIENCE = 3  # validations without a gain, after which the best tensors are restored and the rate is lowered
LOWER, LOWERINGS = 0.3, 3  # by how much, and how often before it ends
REFIT_RATE, REFIT_EPOCHS = 0.1, 8  # of the peak rate, falling to 0; at most so many passes over all events


@dataclass(frozen=True)
class RankSettings:
    """It takes `minutes`, or `epochs` where these are None; `layers` are fewer where the base has fewer."""

    domain: str
    backbone: str = "bert"
    minutes: float | None = None
    epochs: int = 0
    seed: int = 1
    prompt: str = "items"
    layers: int = 3
    rank: int = 16
    id_dim: int = 96
    dropout: float = 0.2
    learning_rate: float = 1.5e-3
    accumulate: int = 1  # batches whose gradients are summed for one step
    lora: bool = True  # False: only what is beside the base is trained, to tell what LoRA adds
    device: str = "auto"
    fit: str = "all"  # "train": nothing is learned from the last two events of anybody

    @property
    def refits(self) -> bool:
        """Whether a version that serves learns from all events as a last step."""
        return self.fit == "all" and self.prompt == "items"

    @property
    def command(self) -> str:
        """The command that does this again."""
        words = [f"python -m finetune rank --domain {self.domain} --backbone {self.backbone}"]
        words.append(f"--minutes {self.minutes:g}" if self.minutes is not None else f"--epochs {self.epochs}")
        words.append(f"--seed {self.seed}")
        words += [f"--prompt {self.prompt}"] if self.prompt != "items" else []
        words += [f"--accumulate {self.accumulate}"] if self.accumulate != 1 else []
        words += [] if self.lora else ["--without-lora"]
        words += [] if self.fit == "all" else [f"--fit {self.fit}"]
        return " ".join(words)
