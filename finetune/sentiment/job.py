"""`python -m finetune sentiment`: trains a LoRA that judges the polarity of texts, and writes it with its record."""

import hashlib
import time
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agent.rerank.adapter_versions import only_training
from finetune.budget import Budget, counted_seconds
from finetune.checkpoint import Checkpoint
from finetune.curves import Curves
from finetune.objective import autocast
from finetune.progress import Clock
from finetune.sentiment.labelled import (
    LabelledSplit,
    LabelledText,
    labelled_reviews,
    labels_of,
    read_labelled,
    split_labelled,
)
from finetune.sentiment.objective import PolarityBatches, polarity_loss
from finetune.sentiment.result import SentimentTraining, refuse_strange_folder, write_result
from finetune.sentiment.settings import VALIDATE_EVERY, SentimentSettings
from finetune.trainer import Schedule, Trainer
from finetune.training_job import device_of, library_versions
from finetune.validation import IsExpired, Validation
from index.embedding.backbones import BACKBONES, count_layers, load_base
from index.embedding.lora import with_lora
from index.embedding.model_files import ModelFolder, resolve
from index.embedding.quiet import quiet_loading
from index.progress import note
from index.sentiment.agreement import pearson
from index.sentiment.polarity import LoadedPolarity, PolarityJudge, PolaritySettings, load_tokenizer
from index.sentiment.polarity_model import PolarityModel
from index.storage.folder_lock import only_one
from index.storage.home import home
from index.types import Floats

GROUP = 128  # texts that are validated between two looks at the clock
KIND = "sentiment"


@dataclass(frozen=True)
class _Setup:
    """A training made ready: what it learns from, the new model, the device, the clock of the command."""

    settings: SentimentSettings
    split: LabelledSplit
    base: ModelFolder
    loaded: LoadedPolarity
    device: torch.device

    @property
    def key(self) -> dict[str, Any]:
        """What must be equal for a training to resume."""
        about = {name: str(value) for name, value in asdict(self.settings).items()}
        hashes = {"lines_sha256": self.split.sha256, "base_sha256": self.base.sha256}
        return {**about, **hashes, "versions": library_versions()}


def finetune_sentiment(settings: SentimentSettings, began: float | None = None) -> Path | None:
    """Train or resume, calibrate on held-out lines, write the adapter; its folder, None where nothing was learned.

    `began`: when the command began, by `time.monotonic`. Raises MendableError.
    """
    clock = Clock(0.0 if began is None else time.monotonic() - began)
    device = device_of(settings.device)
    if settings.out is not None:
        refuse_strange_folder(settings.out)
    with _only_one(settings):
        lines = read_labelled(settings.data) if settings.data else labelled_reviews(settings.domain, settings.seed)
        where = f"--data {settings.data}" if settings.data else f"--domain {settings.domain}"
        split = split_labelled(lines, settings.seed, where)
        base = resolve(BACKBONES.get(settings.backbone, settings.backbone))
        setup = _Setup(settings, split, base, _new_model(settings, base, device), device)
        clock.mark()
        return _train(setup, clock)


def _new_model(settings: SentimentSettings, base: ModelFolder, device: torch.device) -> LoadedPolarity:
    """A polarity model with a new LoRA and a new head, drawn from the seed."""
    layers = min(settings.layers, count_layers(base.path) or settings.layers)
    torch.manual_seed(settings.seed)
    with quiet_loading():
        plain = load_base(base.name, layers, words=True)
    model = PolarityModel(with_lora(plain, settings.rank, base.name), plain.config.hidden_size).to(device)
    made = PolaritySettings(base.name, base.sha256, layers, settings.rank)
    return LoadedPolarity(model.eval(), load_tokenizer(base.path), made, Path(KIND))


def _train(setup: _Setup, clock: Clock) -> Path | None:
    settings, held_out = setup.settings, setup.split.held_out
    judge = PolarityJudge(setup.loaded, precision="float32")

    def validate(is_expired: IsExpired) -> Validation | None:
        found = _log_odds(judge, held_out, setup.device, is_expired)
        return None if found is None else _validation(found, labels_of(held_out))

    budget = Budget(settings.minutes, settings.epochs)
    schedule = Schedule(budget, settings.learning_rate, settings.seed, VALIDATE_EVERY, figure="correlation")
    trainer = Trainer(setup.loaded.model, polarity_loss, validate, schedule)
    checkpoint = Checkpoint(_training_folder(settings), setup.key)
    resumed = checkpoint.load(trainer)
    if resumed:
        note(f"resuming at step {trainer.at.step}, {trainer.at.seconds:.0f} s into the training")
    else:
        trainer.at.seconds = counted_seconds(clock)
    trainer.curves = Curves(
        home() / "curves" / (settings.domain or _training_folder(settings).name) / KIND, not resumed
    )
    note(f"learning from {len(setup.split.training)} texts, validating on {len(held_out)}")
    batches = PolarityBatches(setup.loaded.tokenizer, settings.seed)
    at = trainer.run(setup.split.training, batches.draw, checkpoint)
    made = None
    if at.step:
        made = write_result(SentimentTraining(settings, setup.split, setup.loaded, at, trainer.best_scores[0]))
    if not trainer.interrupted:
        checkpoint.remove()
    else:
        what = "the best so far is written" if at.step else "nothing is learned yet"
        note(f"interrupted after {at.step} steps: {what}; the same command resumes the training")
    return made


def _log_odds(
    judge: PolarityJudge, lines: tuple[LabelledText, ...], device: torch.device, is_expired: IsExpired
) -> Floats | None:
    """Log odds of the lines, None where the time is over before all are judged."""
    found: list[Floats] = []
    with autocast(device):
        for start in range(0, len(lines), GROUP):
            if is_expired():
                return None
            some = lines[start : start + GROUP]
            found.append(judge.log_odds([each.text for each in some], [each.aspect or None for each in some]))
    return np.concatenate(found)


def _validation(log_odds: Floats, labels: Floats) -> Validation:
    """Mean log likelihood of the labels, each taken as the probability of being positive, and the correlation."""
    target = (labels + 1) / 2
    likelihood = target * -np.logaddexp(0, -log_odds) + (1 - target) * -np.logaddexp(0, log_odds)
    correlation = pearson(np.tanh(log_odds / 2), labels)
    return Validation(float(likelihood.mean()), float(np.nan_to_num(correlation)), (log_odds,))


def _training_folder(settings: SentimentSettings) -> Path:
    """Where a training is kept while it runs."""
    if settings.out is None:
        return home() / "adapters" / settings.domain / f"{KIND}.training"
    digest = hashlib.sha256(str(settings.out.resolve()).encode()).hexdigest()[:12]
    return home() / "trainings" / f"{KIND}-{settings.out.name}-{digest}"


def _only_one(settings: SentimentSettings) -> AbstractContextManager[None]:
    if settings.out is None:
        return only_training(settings.domain, KIND)
    folder = _training_folder(settings)
    lock = folder.with_name(f"{folder.name}.lock")
    return only_one(lock, f"another training into {settings.out} is running")
