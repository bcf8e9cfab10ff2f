"""Runs a training and writes what it leaves: a version of the adapter with its card and its record."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from agent.rerank.adapter_files import RECORD
from agent.rerank.adapter_versions import Version, add_refitted, add_version, find_current
from agent.rerank.blend import Blend
from agent.rerank.data_fingerprint import DataFingerprint
from finetune.blend import ChosenBlend, choose_blend
from finetune.budget import Budget
from finetune.checkpoint import Checkpoint
from finetune.comparison import Comparison, choose_current, is_comparable
from finetune.curves import Curves
from finetune.model_card import card_of
from finetune.objective import precision_on
from finetune.preparation import Preparation
from finetune.progress import Clock, Progress
from finetune.settings import REFIT_SHARE, VALIDATE_EVERY, VALIDATION_SEED, RankSettings
from finetune.trainer import BatchesOf, LossOf, Schedule, Trainer
from finetune.training_data import TrainingData
from finetune.validation import Scorer
from finetune.validation_lists import ValidationList, ValidationPlan, ndcg_at_10
from finetune.workers import ALONE, Workers
from index.build.loading import DomainIndex
from index.data.domain import Domain, Histories
from index.embedding.backbones import kind_of
from index.embedding.model_files import ModelFolder
from index.errors import MendableError
from index.progress import note
from index.storage.home import adapters_folder, home
from index.storage.json_text import json_text
from index.storage.tensor_files import tensor_writes
from index.types import Floats

LIBRARIES = ("torch", "transformers", "peft")
HELD_OUT = {
    "all": "each user's last event (test), of those validated on up to {n} before it; of repeats the first",
    "train": "each user's last event (test) and the one before it (validation); of repeats the first",
}
HELD_OUT_NOTHING = (
    "nothing. After the training that the figures above are of, it learned from all events as a last step, the newest\n"
    "  too: it serves, and no evaluation may use it"
)


@dataclass(frozen=True)
class TrainingSetup:
    """What a training is asked for, on what it stands, and where it runs."""

    settings: RankSettings
    base: ModelFolder
    index: DomainIndex
    device: torch.device
    clock: Clock  # of the command; its mark is where loading ends
    workers: Workers = ALONE

    @property
    def domain(self) -> Domain:
        """The domain that is trained on."""
        return self.index.domain

    @property
    def kind(self) -> str:
        """The kind of adapter, as rankers are named."""
        return kind_of(self.base.path) + ("-words" if self.settings.prompt == "words" else "")

    @property
    def budget(self) -> Budget:
        """How long the settings allow to train."""
        return Budget(self.settings.minutes, self.settings.epochs, 1 - REFIT_SHARE * self.settings.refits)

    @property
    def refit_seconds(self) -> float:
        """How long the last step on all events may take."""
        return math.inf if self.settings.minutes is None else 60 * REFIT_SHARE * self.settings.minutes

    @property
    def schedule(self) -> Schedule:
        """How long and how fast the settings ask to train."""
        asked = self.settings
        return Schedule(self.budget, asked.learning_rate, asked.seed, VALIDATE_EVERY[asked.prompt], asked.accumulate)

    @property
    def key(self) -> dict[str, Any]:
        """What must be equal for a training to resume: settings, tables, encoder, base model, libraries."""
        return {
            **asdict(self.settings),
            "tables_sha256": self.domain.sha256,
            "encoder_sha256": self.index.manifest.encoder_sha256,
            "base_sha256": self.base.sha256,
            "versions": library_versions(),
        }

    @property
    def checkpoint(self) -> Checkpoint:
        """The training on disk while it runs."""
        return Checkpoint(adapters_folder(self.domain.name) / f"{self.kind}.training", self.key)

    def training_data(self, plan: ValidationPlan, scorer: Scorer, n_more: int = 0) -> TrainingData:
        """Histories to learn from and lists to validate `scorer` on, those of before where the training resumes."""
        self.clock.mark()
        file = home() / "prepared" / self.domain.name / f"{self.kind}.safetensors"
        preparation = Preparation(self.index, self.budget, plan, file, self.workers, n_more)
        return preparation.training_data(self.checkpoint.is_resumable(), scorer, self.device)


@dataclass(frozen=True)
class Refit:
    """The last step of a training, from which the version that serves comes: all events, those held out included."""

    histories: Histories
    loss_of: LossOf
    save: Callable[[Path, Blend], None]


@dataclass(frozen=True)
class TrainingJob:
    """A training made ready: its data, its loop, how its adapter is saved and what the card tells of it."""

    setup: TrainingSetup
    fingerprint: DataFingerprint
    trainer: Trainer
    data: TrainingData
    batches: BatchesOf
    save: Callable[[Path, Blend], None]  # the adapter's tensors and settings with the blend
    about: Mapping[str, Any]
    score: Callable[[Sequence[ValidationList]], list[Floats]]  # by the tensors as they are
    refit: Refit | None = None

    @property
    def validation_key(self) -> dict[str, Any]:
        """Trainings of equal keys were validated on the same users' events, among candidates of the same retrieval."""
        return {
            "items_sha256": self.fingerprint.items_sha256,
            "histories_sha256": self.fingerprint.histories_sha256,
            "encoder_sha256": self.setup.index.manifest.encoder_sha256,
            "n_events": len(self.data.validation),
            "effort": asdict(self.data.effort),
            "seed": VALIDATION_SEED,
            **({"fit": "train"} if self.setup.settings.fit == "train" else {}),
        }


def train_adapter(job: TrainingJob, replace_current: bool = False) -> Path:
    """Train or resume, choose the blend on validation users, write a version; it serves where it is the better one.

    Of several workers the first writes. Returns the version's folder. Raises MendableError where no step fits.
    """
    setup, trainer = job.setup, job.trainer
    checkpoint = replace(setup.checkpoint, lists_sha256=lists_sha256(job.data))
    prepared = trainer.at.seconds
    resumed = checkpoint.load(trainer)
    if not resumed:
        trainer.at.seconds = prepared
    first = trainer.workers.is_first
    trainer.curves = Curves(curves_folder(setup.domain.name, setup.kind) if first else None, begin=not resumed)
    if first and resumed:
        note(f"resuming at step {trainer.at.step}, {trainer.at.seconds:.0f} s into the training")
    if first:
        note(f"learning from {len(job.data.training)} histories, validating on {len(job.data.validation)} events")
    comparison = _comparison(job, replace_current)
    trainer.plan.compares = comparison.needs_evaluation
    at = trainer.run(job.data.training, job.batches, checkpoint)
    made = _write(job, at, comparison) if first else None
    if first and not trainer.interrupted:
        checkpoint.remove()
    if job.refit is not None and at.step and not trainer.interrupted:
        _refit(job, job.refit, made)
    trainer.workers.leave()
    return checkpoint.folder if made is None else made.folder


def _refit(job: TrainingJob, refit: Refit, made: Version | None) -> None:
    """Learn from all events, and let the version serve with what comes of it.

    It cannot be validated: nothing is left to validate it on. `made` is None for all workers but the first.
    """
    n_steps = job.trainer.refit(refit.histories, job.batches, refit.loss_of, job.setup.refit_seconds)
    if made is None:
        return
    if job.trainer.interrupted or not n_steps:
        why = "the last step on all events was interrupted" if job.trainer.interrupted else "no step on all events fits"
        note(f"adapter {made.name} stays as it is: {why}")
        return
    record = {**made.record, "held_out": HELD_OUT_NOTHING, "knows_test": True, "refit_steps": n_steps}
    add_refitted(made, lambda folder: _fill(folder, job, record, refit.save))
    note(f"adapter {made.name} has a last step of {n_steps} steps on all events: the agent uses it, evaluations do not")


def curves_folder(domain: str, kind: str) -> Path:
    """Where TensorBoard finds the curves of a training."""
    return home() / "curves" / domain / kind


def device_of(name: str) -> torch.device:
    """Where to train. Raises MendableError where CUDA is asked for and not there."""
    if name == "cuda" and not torch.cuda.is_available():
        raise MendableError("no CUDA device is here", "--device cuda", "Use --device cpu, or leave it out")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def lists_sha256(data: TrainingData) -> str:
    """A hash of the validation lists: a checkpoint's best scores are of these lists and no others."""
    digest = hashlib.sha256()
    for each in data.validation:
        digest.update(each.rows.tobytes() + each.fused.tobytes() + str((each.user, each.truth)).encode())
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """The versions of the libraries that a training depends on."""
    return {name: version(name) for name in LIBRARIES}


def record_of(job: TrainingJob, at: Progress, scores: Sequence[Floats], decided: ChosenBlend) -> dict[str, Any]:
    """What stands in training.json; `scores` are the reranker's of the validation lists.

    The figure `after` is of blends that were fitted to other users than those that they are measured on.
    """
    lists, settings = job.data.validation, job.setup.settings
    return {
        "command": settings.command,
        "settings": asdict(settings),
        "made": datetime.now(UTC).isoformat(timespec="microseconds"),
        "data_sha256": job.setup.domain.sha256,
        "held_out": HELD_OUT[settings.fit].format(n=job.data.n_validation_events),
        "knows_test": False,
        "seed": settings.seed,
        "seconds": round(at.seconds, 1),
        "steps": at.step,
        "epochs": at.epoch,
        "tokens": at.n_events,
        "learning_seconds": round(at.learning_seconds, 1),
        "finished": at.finished,
        "loss": [list(pair) for pair in at.loss],
        "validation": [list(pair) for pair in at.validation],
        "validation_key": job.validation_key,
        "n_validation_users": len({each.user for each in lists}),
        "n_validation_events": len(lists),
        "before": {"ndcg@10": round(ndcg_at_10(lists, [each.fused for each in lists]), 6)},
        "reranker_alone": {"ndcg@10": round(ndcg_at_10(lists, scores), 6)},
        "after": {"ndcg@10": round(ndcg_at_10(lists, decided.held_out), 6)},
        "blend": asdict(decided.blend),
        "versions": library_versions(),
        "precision": precision_on(job.setup.device),
    }


def write_adapter(job: TrainingJob, record: Mapping[str, Any]) -> Version:
    """Write a version with its record and card, as one step; it is not the current one yet."""
    made = datetime.fromisoformat(record["made"])
    return add_version(job.setup.domain.name, job.setup.kind, made, lambda folder: _fill(folder, job, record, job.save))


def _fill(folder: Path, job: TrainingJob, record: Mapping[str, Any], save: Callable[[Path, Blend], None]) -> None:
    """Write the files of an adapter into a folder that is there."""
    with tensor_writes(folder):
        save(folder, Blend.read(record["blend"]))
        (folder / RECORD).write_text(json_text(record, indent=1) + "\n", encoding="utf-8")
        card = card_of(record, job.about)
        (folder / "README.md").write_text(card, encoding="utf-8")


def _comparison(job: TrainingJob, replace_current: bool) -> Comparison:
    """How the new version will be compared, and whether the current one has to be validated for it."""
    lists = job.data.validation
    before = ndcg_at_10(lists, [each.fused for each in lists])
    current = find_current(job.setup.domain.name, job.setup.kind)
    known = current is not None and is_comparable(current.record, job.validation_key, before)
    needs_evaluation = current is not None and not known and not replace_current
    is_whole = job.data.effort.lists >= 1
    return Comparison(job.setup.index, lists, job.setup.device, replace_current, needs_evaluation, is_whole)


def _decide(job: TrainingJob) -> ChosenBlend:
    """The blend of the best tensors, fitted to whole and to short histories; held out are the whole ones alone."""
    lists, scores = job.data.validation, job.trainer.best_scores
    found = choose_blend((*lists, *job.data.short), (*scores, *job.score(job.data.short)))
    return ChosenBlend(found.blend, found.held_out[: len(lists)])


def _write(job: TrainingJob, at: Progress, comparison: Comparison) -> Version:
    decided = _decide(job)
    record = record_of(job, at, job.trainer.best_scores, decided)
    made = write_adapter(job, record)
    if job.trainer.interrupted:
        note(f"interrupted after {at.step} steps: the best so far is written; the same command resumes the training")
    note(choose_current(made, comparison, decided.held_out))
    return made
