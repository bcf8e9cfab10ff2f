"""`python -m finetune rank`: trains a reranker on a domain's own histories and keeps it as a LoRA adapter."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from agent.rerank.adapter_versions import move_unversioned, only_training
from agent.rerank.adapters import RerankerSettings, save_reranker
from agent.rerank.blend import Blend
from agent.rerank.data_fingerprint import fingerprint_of
from agent.rerank.sequence_scorer import SequenceScorer
from finetune.batches import Batch, epoch_batches
from finetune.budget import counted_seconds
from finetune.initial_weights import freeze_lora, new_scorer, share_unknown
from finetune.objective import NextItemObjective
from finetune.progress import Clock
from finetune.rank_text import prepare_text_job
from finetune.settings import RankSettings
from finetune.trainer import Trainer
from finetune.training_data import plan_for, split_for
from finetune.training_job import Refit, TrainingJob, TrainingSetup, device_of, train_adapter
from finetune.validation import IsExpired, Validation, score_lists, validate
from finetune.validation_lists import ValidationList
from finetune.workers import Workers
from index.build.loading import open_index
from index.data.domain import Domain, Histories, load_domain
from index.data.splits import first_events, leave_last_out
from index.embedding.backbones import BACKBONES
from index.embedding.model_files import resolve
from index.errors import MendableError
from index.types import Floats


def finetune_rank(settings: RankSettings, replace_current: bool = False, began: float | None = None) -> Path:
    """Train, choose the blend on validation users, write a version of the adapter; its folder.

    `began`: when the command began, by `time.monotonic`. Raises MendableError, among others where another training of
    this domain and kind is running.
    """
    clock = Clock(0.0 if began is None else time.monotonic() - began)
    device = device_of(settings.device)
    domain = load_domain(settings.domain)
    _refuse_too_little(domain)
    base = resolve(BACKBONES.get(settings.backbone, settings.backbone))
    setup = TrainingSetup(settings, base, open_index(domain), device, clock, Workers.here(device))
    with only_training(domain.name, setup.kind) if setup.workers.is_first else contextlib.nullcontext():
        if setup.workers.is_first:
            move_unversioned(domain.name, setup.kind)
        job = prepare_text_job(setup) if settings.prompt == "words" else prepare_items_job(setup)
        if not settings.lora:
            freeze_lora(job.trainer)
        job.trainer.at.seconds = counted_seconds(clock)
        return train_adapter(job, replace_current)


def prepare_items_job(setup: TrainingSetup) -> TrainingJob:
    """The training of a sequence reranker, made ready."""
    plan = plan_for(setup.index, setup.settings.fit == "train")
    training = split_for(setup.index, plan).training
    scorer = new_scorer(setup.settings, setup.base, setup.index, training)
    loaded, fingerprint = scorer.loaded, fingerprint_of(setup.domain)
    loaded.reranker.to(setup.device).eval()
    data = setup.training_data(plan, scorer)
    made = replace(loaded.settings, data=fingerprint, validated_events=plan.n_events)

    counts = np.bincount(data.training.rows, minlength=len(scorer.catalogue))
    objective = NextItemObjective(scorer.texts, scorer.numbers, counts)

    def save(folder: Path, blend: Blend) -> None:
        share_unknown(loaded.reranker, counts)
        save_reranker(folder, replace(loaded, settings=replace(made, blend=blend)))

    def batches(histories: Histories, epoch: int) -> list[Batch]:
        return epoch_batches(histories, made.scale, setup.settings.seed, epoch)

    def validation(is_expired: IsExpired) -> Validation | None:
        share_unknown(loaded.reranker, counts)
        return validate(scorer, data.validation, setup.device, is_expired)

    def score(lists: Sequence[ValidationList]) -> list[Floats]:
        share_unknown(loaded.reranker, counts)
        loaded.reranker.eval()
        return score_lists(scorer, lists, setup.device) or []

    trainer = Trainer(loaded.reranker, objective.loss, validation, setup.schedule, setup.workers)
    about = {"base": made.base_model, "rank": made.rank, "layers": made.shape.layers, "prompt": "items"}
    refit = _refit(setup, scorer, made) if setup.settings.refits else None
    return TrainingJob(setup, fingerprint, trainer, data, batches, save, about, score, refit)


def _refit(setup: TrainingSetup, scorer: SequenceScorer, made: RerankerSettings) -> Refit:
    """The last step on all events of the domain, with items that only held-out events hold."""
    histories, _ = first_events(setup.domain.histories, len(scorer.catalogue))
    counts = np.bincount(histories.rows, minlength=len(scorer.catalogue))

    def save(folder: Path, blend: Blend) -> None:
        share_unknown(scorer.loaded.reranker, counts)
        knowing = replace(made, blend=blend, knows_test=True)
        save_reranker(folder, replace(scorer.loaded, settings=knowing))

    return Refit(histories, NextItemObjective(scorer.texts, scorer.numbers, counts).loss, save)


def _refuse_too_little(domain: Domain) -> None:
    """Raise MendableError where no history holds two events, so that one could be learned from the other."""
    if not (leave_last_out(domain.histories, len(domain.catalogue), n_last=2).training.lengths > 1).any():
        raise MendableError(
            f"nobody in {domain.name!r} has four events: two to learn from, one to validate on and one to test on",
            "--domain",
            "Import more interactions; until then the agent ranks by retrieval alone",
        )
