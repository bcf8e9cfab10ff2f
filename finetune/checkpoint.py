"""Where a training stands, on disk: trained tensors, their best values, the optimizer's moments; no pickle."""

import json
import math
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from agent.rerank.tensor_files import tensor_writes
from finetune.progress import Progress
from index.errors import MendableError
from index.storage.home import replace_folder, restore_folder
from index.storage.json_text import json_text

TENSORS, STATE = "tensors.safetensors", "state.json"


class Resumable(Protocol):
    """A training as a checkpoint sees it: trained tensors by name, their best values, optimizer and progress."""

    at: Progress
    trained: dict[str, nn.Parameter]
    best: dict[str, Tensor]
    optimizer: Optimizer

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Put these values in the place of the trained tensors'."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder that holds one training; `key` is what a training must share with it to go on from it."""

    folder: Path
    key: dict[str, Any]

    def save(self, trainer: Resumable) -> None:
        """Replace the folder as one step."""
        aside = self.folder.with_name(f".{self.folder.name}.new")
        with tensor_writes(self.folder):
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            save_file(_tensors(trainer), aside / TENSORS)
            (aside / STATE).write_text(json_text({"key": self.key, "at": asdict(trainer.at)}), encoding="utf-8")
        replace_folder(aside, self.folder)

    def load(self, trainer: Resumable) -> bool:
        """Put a training where this checkpoint left it; False where there is none that it could go on from."""
        restore_folder(self.folder)
        if not (self.folder / STATE).is_file():
            return False
        try:
            state = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
            if state["key"] != self.key or state["at"]["finished"]:
                return False
            found = load_file(self.folder / TENSORS)
            if any(found[f"now/{name}"].shape != value.shape for name, value in trainer.trained.items()):
                return False  # the catalogue has grown since
            if state["at"]["best"] is None:  # minus infinity before the first validation, which JSON has not
                state["at"]["best"] = -math.inf
            for name, value in state["at"].items():
                setattr(trainer.at, name, [tuple(pair) for pair in value] if isinstance(value, list) else value)
            trainer.restore({name: found[f"now/{name}"] for name in trainer.trained})
            trainer.best = {name: found[f"best/{name}"] for name in trainer.trained}
            _restore_moments(trainer, found)
        except (OSError, ValueError, LookupError, TypeError, RuntimeError, SafetensorError) as why:
            raise MendableError(
                f"cannot read a checkpoint ({why})", str(self.folder), "Take the folder away to begin anew"
            ) from why
        return True

    def remove(self) -> None:
        """Take the folder away, once its training has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _tensors(trainer: Resumable) -> dict[str, Tensor]:
    found = {f"best/{name}": value for name, value in trainer.best.items()}
    for name, value in trainer.trained.items():
        found[f"now/{name}"] = value.detach()
        moments = trainer.optimizer.state.get(value, {})
        found.update({f"{moment}/{name}": moments[moment] for moment in ("exp_avg", "exp_avg_sq", "step") if moments})
    return {name: value.contiguous().clone() for name, value in found.items()}


def _restore_moments(trainer: Resumable, found: dict[str, Tensor]) -> None:
    for name, value in trainer.trained.items():
        if f"step/{name}" in found:
            moments = {moment: found[f"{moment}/{name}"] for moment in ("exp_avg", "exp_avg_sq", "step")}
            trainer.optimizer.state[value] = moments
