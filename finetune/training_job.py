"""What a training leaves: the adapter's folder with its card and its record, put in place as one step."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from agent.rerank.tensor_files import tensor_writes
from finetune.blend import best_blend, blend_scores
from finetune.checkpoint import Checkpoint
from finetune.curves import Curves
from finetune.model_card import card_of
from finetune.progress import Progress
from finetune.settings import RankSettings
from finetune.trainer import BatchesOf, Trainer
from finetune.training_data import TrainingData, ValidationList, ndcg_at_10
from index.command import note
from index.data.domain import Domain
from index.embedding.model_files import ModelFolder
from index.errors import MendableError
from index.storage.home import home, replace_folder
from index.storage.json_text import json_text
from index.types import Floats


@dataclass(frozen=True)
class TrainingJob:
    """A training made ready: who learns from what, how it is asked and saved, what its card tells of it."""

    trainer: Trainer
    data: TrainingData
    batches: BatchesOf
    scores: Callable[[], list[Floats]]  # the reader's scores of each validation list's candidates
    save: Callable[[Path, float], None]  # the adapter's tensors with the blend that was chosen
    about: dict[str, Any]
    events_sha256: str


def train_adapter(job: TrainingJob, settings: RankSettings, domain: Domain, base: ModelFolder, target: Path) -> None:
    """Train or go on, choose the blend on validation users, write the adapter; of several workers the first does."""
    trainer, lists = job.trainer, job.data.validation
    key = key_of(settings, job.events_sha256, base.sha256)
    checkpoint = Checkpoint(target.with_name(f"{target.name}.training"), key)
    prepared = trainer.at.seconds
    resumed = checkpoint.load(trainer)
    if not resumed:
        trainer.at.seconds = prepared
    first = trainer.workers.is_first
    trainer.curves = Curves(curves_folder(domain.name, target.name) if first else None, begin=not resumed)
    if first and resumed:
        note(f"resuming at step {trainer.at.step}, {trainer.at.seconds:.0f} s into the training")
    if first:
        note(f"learning from {len(job.data.training)} histories, validating on {len(lists)} users")
    at = trainer.run(job.data.training, job.batches, checkpoint)
    if first:
        scores = job.scores()
        blend = best_blend(lists, scores).weight
        record = add_blend(record_of(settings, domain, lists, at, scores), lists, scores, blend)
        write_adapter(target, lambda folder: job.save(folder, blend), record, {**job.about, "blend": blend})
        if trainer.interrupted:
            note(f"interrupted: the best so far is in {target}; the same command goes on from here")
        else:
            checkpoint.remove()
    trainer.workers.leave()


def curves_folder(domain: str, kind: str) -> Path:
    """Where TensorBoard finds the curves of a training."""
    return home() / "curves" / domain / kind


def device_of(name: str) -> torch.device:
    """Where to train. Raises MendableError where CUDA is asked for and not there."""
    if name == "cuda" and not torch.cuda.is_available():
        raise MendableError("no CUDA device is here", "--device cuda", "Use --device cpu, or leave it out")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def key_of(settings: RankSettings, events_sha256: str, base_sha256: str) -> dict[str, Any]:
    """What must be equal for a training to go on from a checkpoint."""
    key = {**asdict(settings), "events_sha256": events_sha256, "base": base_sha256}
    read_back: dict[str, Any] = json.loads(json_text(key))
    return read_back


def record_of(
    settings: RankSettings, domain: Domain, lists: tuple[ValidationList, ...], at: Progress, scores: Sequence[Floats]
) -> dict[str, Any]:
    """What stands in training.json, but for the blend and what follows from it."""
    return {
        "command": settings.command,
        "settings": asdict(settings),
        "data_sha256": domain.sha256,
        "held_out": "each user's last event (test), the last but one of those validated on; of repeats the first",
        "seed": settings.seed,
        "seconds": round(at.seconds, 1),
        "steps": at.step,
        "epochs": at.epoch,
        "tokens": at.n_events,
        "learning_seconds": round(at.learning_seconds, 1),
        "finished": at.finished,
        "loss": [list(pair) for pair in at.loss],
        "validation": [list(pair) for pair in at.validation],
        "n_validation_users": len(lists),
        "before": {"ndcg@10": round(ndcg_at_10(lists, [each.fused for each in lists]), 6)},
        "reader_alone": {"ndcg@10": round(ndcg_at_10(lists, list(scores)), 6)},
        "versions": {"torch": torch.__version__},
    }


def add_blend(
    record: dict[str, Any], lists: tuple[ValidationList, ...], scores: Sequence[Floats], blend: float
) -> dict[str, Any]:
    """The record with the blend that was chosen and what both sides give with it."""
    after = ndcg_at_10(lists, blend_all(lists, scores, blend))
    return {**record, "after": {"ndcg@10": round(after, 6)}, "blend": blend}


def blend_all(lists: tuple[ValidationList, ...], scores: Sequence[Floats], blend: float) -> list[Floats]:
    """Fused scores with the reader's word added, for each list."""
    return [blend_scores(each, own, blend) for each, own in zip(lists, scores, strict=True)]


def write_adapter(target: Path, save: Callable[[Path], None], record: dict[str, Any], about: dict[str, Any]) -> None:
    """Put an adapter in its place as one step; `save` writes the tensors, `about` is what the card tells of them."""
    aside = target.with_name(f".{target.name}.new")
    with tensor_writes(target):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        save(aside)
        (aside / "training.json").write_text(json_text(record, indent=1) + "\n", encoding="utf-8")
        (aside / "README.md").write_text(card_of(record, about))
    replace_folder(aside, target)
