"""What a sentiment training leaves: the calibrated adapter, its record and its card."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from agent.rerank.adapter_files import RECORD
from agent.rerank.adapter_versions import add_version
from finetune.objective import precision_on
from finetune.progress import Progress
from finetune.sentiment.card import card_of
from finetune.sentiment.labelled import LabelledSplit, labels_of
from finetune.sentiment.settings import SentimentSettings
from finetune.training_job import device_of, library_versions
from index.errors import MendableError
from index.progress import note
from index.sentiment.adapters import KIND, SETTINGS, find_domain_adapter
from index.sentiment.agreement import Agreement, measure_agreement
from index.sentiment.calibration import fit_calibration
from index.sentiment.polarity import LoadedPolarity, PolarityJudge, load_polarity, save_polarity
from index.storage.current_adapter import write_current
from index.storage.home import adapters_folder, mendable_writes, replace_folder
from index.storage.json_text import json_text
from index.storage.tensor_files import tensor_writes
from index.types import Floats

FOLDS = 5  # of the held-out lines: figures are of lines that the calibration was not fitted to


@dataclass(frozen=True)
class SentimentTraining:
    """A training that has ended: its best tensors are in place, `log_odds` are theirs of the held-out lines."""

    settings: SentimentSettings
    split: LabelledSplit
    loaded: LoadedPolarity
    at: Progress
    log_odds: Floats


def write_result(training: SentimentTraining) -> Path:
    """Calibrate and write the adapter: into --out, or as a version of the domain, which serves where it is better."""
    labels = labels_of(training.split.held_out)
    calibration = fit_calibration(training.log_odds, labels)
    settings = replace(training.loaded.settings, calibration=calibration)
    calibrated = replace(training.loaded, settings=settings)
    before = _before(training, labels)
    record = _record_of(training, _cross_fitted(training.log_odds, labels), before)

    def fill(folder: Path) -> None:
        with tensor_writes(folder):
            save_polarity(folder, calibrated)
            (folder / RECORD).write_text(json_text(record, indent=1) + "\n", encoding="utf-8")
            (folder / "README.md").write_text(card_of(record, settings), encoding="utf-8")

    if training.settings.out is not None:
        _write_folder(training.settings.out, fill)
        return training.settings.out
    return _write_version(training.settings.domain, record, fill)


def refuse_strange_folder(folder: Path) -> None:
    """Raise MendableError where --out names a file, or a folder that holds something else than an adapter."""
    is_ours = (folder / SETTINGS).is_file()
    if folder.is_file() or (folder.is_dir() and not is_ours and any(folder.iterdir())):
        raise MendableError("something else than a sentiment adapter is there", f"--out {folder}", "Name a new folder")


def _write_folder(folder: Path, fill: Any) -> None:
    aside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    with mendable_writes(folder):
        aside.mkdir(parents=True)
    try:
        fill(aside)
        replace_folder(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write_version(domain: str, record: Mapping[str, Any], fill: Any) -> Path:
    version = add_version(domain, KIND, datetime.fromisoformat(record["made"]), fill)
    before, after = record["before"]["log_likelihood"], record["after"]["log_likelihood"]
    if after >= before or find_domain_adapter(domain) is None:
        write_current(adapters_folder(domain) / KIND, version.name)
        note(f"adapter {version.name} judges from now on: log likelihood {after:.4f}, before {before:.4f}")
    else:
        note(f"adapter {version.name} is kept, not used: log likelihood {after:.4f}, without it {before:.4f}")
    return version.folder


def _before(training: SentimentTraining, labels: Floats) -> dict[str, float]:
    """Figures of the held-out lines without this training: of the domain's adapter, or of nothing but the base rate."""
    adapter = None if training.settings.out is not None else find_domain_adapter(training.settings.domain)
    if adapter is None:
        rate = float(np.clip((np.sign(labels_of(training.split.training)) > 0).mean(), 0.01, 0.99))
        constant = np.full(len(labels), rate, np.float32)
        return _figures(measure_agreement(2 * constant - 1, constant, labels), constant, labels)
    lines = training.split.held_out
    judge = PolarityJudge(load_polarity(adapter))
    found = judge.log_odds([each.text for each in lines], [each.aspect or None for each in lines])
    calibration = judge.loaded.settings.calibration
    p = calibration.probabilities(found)
    return _figures(measure_agreement(calibration.scores(found), p, labels), p, labels)


def _cross_fitted(log_odds: Floats, labels: Floats) -> dict[str, float]:
    """Figures of the held-out lines, each judged by a calibration that was fitted to the other folds."""
    scores, p = np.zeros(len(labels), np.float32), np.zeros(len(labels), np.float32)
    fold = np.random.default_rng(0).permutation(len(labels)) % FOLDS
    for n in range(min(FOLDS, len(labels))):
        own = fit_calibration(log_odds[fold != n], labels[fold != n])
        scores[fold == n], p[fold == n] = own.scores(log_odds[fold == n]), own.probabilities(log_odds[fold == n])
    return _figures(measure_agreement(scores, p, labels), p, labels)


def _figures(found: Agreement, p: Floats, labels: Floats) -> dict[str, float]:
    """Figures as they are recorded; those that the lines do not allow are left out."""
    target, safe = (np.sign(labels) + 1) / 2, np.clip(p.astype(np.float64), 1e-6, 1 - 1e-6)
    likelihood = float((target * np.log(safe) + (1 - target) * np.log(1 - safe)).mean())
    return {
        **{name: round(value, 6) for name, value in asdict(found).items() if np.isfinite(value)},
        "log_likelihood": round(likelihood, 6),
    }


def _record_of(training: SentimentTraining, after: dict[str, float], before: dict[str, float]) -> dict[str, Any]:
    settings, at, split = training.settings, training.at, training.split
    about = {name: value for name, value in asdict(settings).items() if name not in ("data", "out")}
    return {
        "command": settings.command,
        "settings": about,
        "made": datetime.now(UTC).isoformat(timespec="microseconds"),
        "data_sha256": split.sha256,
        "n_training": len(split.training),
        "n_held_out": len(split.held_out),
        "seed": settings.seed,
        "seconds": round(at.seconds, 1),
        "steps": at.step,
        "epochs": at.epoch,
        "texts": at.n_events,
        "finished": at.finished,
        "loss": [list(pair) for pair in at.loss],
        "validation": [list(pair) for pair in at.validation],
        "before": before,
        "after": after,
        "versions": library_versions(),
        "precision": precision_on(device_of(settings.device)),
    }
