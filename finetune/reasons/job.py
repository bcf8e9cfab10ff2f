"""Trains a LoRA that words the reasons of recommendations, judges what it writes, and keeps it with its record."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agent.explain.gpt.adapters import KIND
from agent.explain.gpt.model import LoadedWriter, new_writer
from agent.rerank.adapter_versions import only_training
from finetune.budget import Budget, counted_seconds
from finetune.checkpoint import Checkpoint
from finetune.curves import Curves
from finetune.progress import Clock
from finetune.reasons.examples import Examples, draw_examples, word_table
from finetune.reasons.judgement import DraftFigures, judge_drafts
from finetune.reasons.objective import ReasonBatches, reason_loss, token_likelihoods
from finetune.reasons.result import ReasonsTraining, write_result
from finetune.reasons.settings import HELD_OUT, JUDGED, PLANS, VALIDATE_EVERY, WARM_UP, ReasonsSettings
from finetune.reasons.training_plans import Planned, draw_plans
from finetune.trainer import Schedule, Trainer
from finetune.training_job import curves_folder, device_of, library_versions
from finetune.validation import IsExpired, Validation
from index.data.domain import load_domain
from index.embedding.backbones import BACKBONES
from index.embedding.model_files import resolve
from index.errors import MendableError
from index.progress import note, stage
from index.storage.home import adapters_folder


@dataclass(frozen=True)
class _Setup:
    """A training made ready: what it learns from, what is held out, the new model."""

    settings: ReasonsSettings
    training: Examples
    held_out: Examples
    judged: tuple[Planned, ...]
    loaded: LoadedWriter

    @property
    def key(self) -> dict[str, Any]:
        """What must be equal for a training to resume."""
        hashes = {"examples_sha256": self.training.sha256, "base_sha256": self.loaded.settings.base_sha256}
        return {**asdict(self.settings), **hashes, "versions": library_versions()}


def finetune_reasons(settings: ReasonsSettings, began: float | None = None) -> Path | None:
    """Train or resume, judge drafts, write a version of the adapter; its folder, None where nothing was learned.

    `began`: when the command began, by `time.monotonic`. Raises MendableError.
    """
    clock = Clock(0.0 if began is None else time.monotonic() - began)
    device = device_of(settings.device)
    with only_training(settings.domain, KIND):
        setup = _prepare(settings, device)
        clock.mark()
        return _train(setup, clock)


def _prepare(settings: ReasonsSettings, device: torch.device) -> _Setup:
    domain = load_domain(settings.domain)
    if not len(domain.histories):
        raise MendableError(f"nobody in {domain.name!r} has an event", "--domain", "Import its interactions")
    random = np.random.default_rng(settings.seed)
    with stage("drawing plans"):
        planned = draw_plans(domain, PLANS + HELD_OUT, random)
        held_out = draw_examples(planned[:HELD_OUT], random)
        training = draw_examples(planned[HELD_OUT:], random)
        table = word_table()
    torch.manual_seed(settings.seed)
    base = resolve(BACKBONES.get(settings.backbone, settings.backbone))
    loaded = new_writer(base, table, settings.rank, settings.layers)
    loaded.model.to(device)
    return _Setup(settings, training, held_out, tuple(planned[:JUDGED]), loaded)


def _train(setup: _Setup, clock: Clock) -> Path | None:
    settings, loaded = setup.settings, setup.loaded
    batches = ReasonBatches(loaded, settings.seed)
    held_out = batches.draw(setup.held_out.each, 0)

    def validate(is_expired: IsExpired) -> Validation | None:
        found = []
        for own in token_likelihoods(loaded.model, held_out):
            if is_expired():
                return None
            found.append(own)
        every = np.concatenate(found)
        return Validation(float(every.mean()), float(np.exp(-every.mean())), (every,))

    before = judge_drafts(loaded, setup.judged)
    schedule = Schedule(
        Budget(settings.minutes, settings.epochs),
        settings.learning_rate,
        settings.seed,
        VALIDATE_EVERY,
        figure="perplexity",
        warm_up=WARM_UP,
    )
    trainer = Trainer(loaded.model, reason_loss, validate, schedule)
    checkpoint = Checkpoint(adapters_folder(settings.domain) / f"{KIND}.training", setup.key)
    resumed = checkpoint.load(trainer)
    if resumed:
        note(f"resuming at step {trainer.at.step}, {trainer.at.seconds:.0f} s into the training")
    else:
        trainer.at.seconds = counted_seconds(clock)
    trainer.curves = Curves(curves_folder(settings.domain, KIND), not resumed)
    note(f"learning from {len(setup.training.each)} texts, validating on {len(setup.held_out.each)}")
    at = trainer.run(setup.training.each, batches.draw, checkpoint)
    made = _write(setup, trainer, before) if at.step else None
    if not trainer.interrupted:
        checkpoint.remove()
    else:
        what = "the best so far is written" if at.step else "nothing is learned yet"
        note(f"interrupted after {at.step} steps: {what}; the same command resumes the training")
    return made


def _write(setup: _Setup, trainer: Trainer, before: DraftFigures) -> Path:
    setup.loaded.model.eval()
    after = judge_drafts(setup.loaded, setup.judged)
    perplexities = [figure for _, figure in trainer.at.validation]
    return write_result(
        ReasonsTraining(
            settings=setup.settings,
            loaded=setup.loaded,
            at=trainer.at,
            training=setup.training,
            held_out=setup.held_out,
            before={"perplexity": perplexities[0], **before.as_json()},
            after={"perplexity": round(trainer.at.best_figure, 6), **after.as_json()},
            judged=setup.judged,
        )
    )
