"""A training on disk: trained tensors, their best values and scores, the optimizer's moments; no pickle."""

import json
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from finetune.progress import Progress
from index.errors import MendableError
from index.storage.home import replace_folder, restore_folder
from index.storage.json_text import json_text
from index.storage.tensor_files import tensor_writes
from index.types import Floats

CHECKPOINT_EVERY = 30.0  # seconds between two checkpoints
TENSORS, STATE = "tensors.safetensors", "state.json"
SCORES, LENGTHS = "best_scores", "best_lengths"  # of the validation lists, one after another


class Resumable(Protocol):
    """What a checkpoint needs of a training: trained tensors by name, their best values and scores, the optimizer."""

    at: Progress
    trained: dict[str, nn.Parameter]
    best: dict[str, Tensor]
    best_scores: tuple[Floats, ...]
    optimizer: Optimizer

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Put these values in the place of the trained tensors'."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder that holds one training; to resume it, a training must have the same key and validation lists."""

    folder: Path
    key: Mapping[str, Any]
    lists_sha256: str = ""

    def is_resumable(self) -> bool:
        """Whether a training of this key was interrupted here, whatever its lists were."""
        state = self._state()
        with self._readable():
            same = state is not None and state["key"] == json.loads(json_text(self.key))
            return state is not None and same and not state["at"]["finished"]

    def save(self, trainer: Resumable) -> None:
        """Write the training, in the place of what was there, as one step."""
        aside = self.folder.with_name(f".{self.folder.name}.new")
        with tensor_writes(self.folder):
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            save_file(_tensors(trainer), aside / TENSORS)
            (aside / STATE).write_text(json_text(self._content(trainer.at)), encoding="utf-8")
        replace_folder(aside, self.folder)

    def load(self, trainer: Resumable) -> bool:
        """Put a training where this checkpoint left it; False where there is none that it could resume."""
        state = self._state()
        if state is None or not self.is_resumable() or state.get("lists_sha256") != self.lists_sha256:
            return False
        with self._readable():
            found = load_file(self.folder / TENSORS)
            if any(found[f"now/{name}"].shape != value.shape for name, value in trainer.trained.items()):
                return False  # the catalogue has grown since
            if state["at"]["best"] is None:  # minus infinity before the first validation, which JSON has not
                state["at"]["best"] = -math.inf
            for name, value in state["at"].items():
                setattr(trainer.at, name, [tuple(pair) for pair in value] if isinstance(value, list) else value)
            trainer.restore({name: found[f"now/{name}"] for name in trainer.trained})
            trainer.best = {name: found[f"best/{name}"] for name in trainer.trained}
            ends = np.cumsum(found[LENGTHS].numpy())[:-1]
            trainer.best_scores = tuple(np.split(found[SCORES].numpy(), ends)) if len(found[LENGTHS]) else ()
            _restore_moments(trainer, found)
        return True

    def remove(self) -> None:
        """Delete the folder, once its training has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _content(self, at: Progress) -> dict[str, Any]:
        return {"key": self.key, "lists_sha256": self.lists_sha256, "at": asdict(at)}

    def _state(self) -> dict[str, Any] | None:
        """What is written beside the tensors; None where there is no checkpoint."""
        restore_folder(self.folder)
        if not (self.folder / STATE).is_file():
            return None
        with self._readable():
            state: dict[str, Any] = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
        return state

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, LookupError, TypeError, RuntimeError, SafetensorError) as why:
            raise MendableError(
                f"cannot read a checkpoint ({why})", str(self.folder), "Take the folder away to begin anew"
            ) from why


def _tensors(trainer: Resumable) -> dict[str, Tensor]:
    found = {f"best/{name}": value for name, value in trainer.best.items()}
    found[LENGTHS] = torch.tensor([len(own) for own in trainer.best_scores], dtype=torch.int64)
    found[SCORES] = torch.from_numpy(np.concatenate([np.zeros(0, np.float32), *trainer.best_scores]))
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
