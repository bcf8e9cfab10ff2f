"""The result of a model in a run, and its copy on disk, so that a run that was killed can be resumed."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics.base import Ranks
from eval.models.registry import Setting
from eval.rank.ranking import Ranked
from index.progress import note
from index.storage.home import home, write_file, write_json
from index.storage.json_text import json_text

RESULT, ARRAYS, TRIALS = "result.json", "arrays.npz", "trials.json"
DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Trial:
    """Settings that were tried, and their NDCG@10 on validation."""

    settings: Mapping[str, Setting]
    ndcg: float


@dataclass(frozen=True)
class Result:
    """A model's ranks and lists in the order of the tested users; `unknown` are ids beyond the catalogue by row."""

    model: str
    ranked: Ranked
    settings: Mapping[str, Setting]
    trials: tuple[Trial, ...] = ()
    fit_seconds: float | None = None
    ms_per_user: float | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A model that could not run, and why: the note is its row in the report."""

    model: str
    note: str


Outcome = Result | Missing


class Saved:
    """The folder of one model's result; its name is a hash of everything that the result depends on."""

    def __init__(self, domain: str, model: str, depends_on: Mapping[str, Any]) -> None:
        key = hashlib.sha256(json_text(depends_on, sort_keys=True).encode()).hexdigest()[:20]
        self.model, self.folder = model, home() / "evaluations" / domain / f"{model}-{key}"

    def save(self, result: Result) -> None:
        """Write the result, its arrays first: a folder that has the result file is whole."""
        arrays = {
            "starts": result.ranked.ranks.starts,
            "ranks": result.ranked.ranks.ranks,
            "lists": result.ranked.lists,
        }
        write_file(self.folder / ARRAYS, lambda path: _write_arrays(path, arrays))
        content = {"settings": dict(result.settings), "trials": [asdict(trial) for trial in result.trials]}
        times = {"fit_seconds": result.fit_seconds, "ms_per_user": result.ms_per_user}
        write_json(self.folder / RESULT, {**content, **times})

    def load(self) -> Result | None:
        """The result, None where there is none, and with a note where it cannot be read."""
        if not (self.folder / RESULT).is_file():
            return None
        try:
            content = json.loads((self.folder / RESULT).read_text())
            with np.load(self.folder / ARRAYS, allow_pickle=False) as arrays:
                ranked = Ranked(Ranks(arrays["starts"], arrays["ranks"]), arrays["lists"])
            trials = tuple(Trial(**trial) for trial in content["trials"])
            times = content["fit_seconds"], content["ms_per_user"]
        except DAMAGED as why:
            self._note_damage("result", why)
            return None
        return Result(self.model, ranked, content["settings"], trials, *times)

    def save_trials(self, trials: tuple[Trial, ...]) -> None:
        """Write the trials so far."""
        write_json(self.folder / TRIALS, {"trials": [asdict(trial) for trial in trials]})

    def load_trials(self) -> tuple[Trial, ...]:
        """The trials of an earlier run."""
        path = self.folder / TRIALS
        if not path.is_file():
            return ()
        try:
            return tuple(Trial(**trial) for trial in json.loads(path.read_text())["trials"])
        except DAMAGED as why:
            self._note_damage("trials", why)
            return ()

    def _note_damage(self, what: str, why: Exception) -> None:
        note(f"the saved {what} of {self.model} cannot be read ({type(why).__name__}): made again")


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    with path.open("wb") as file:  # given a name, NumPy would add its own ending
        np.savez_compressed(file, allow_pickle=False, **arrays)
