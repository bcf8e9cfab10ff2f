"""`python -m finetune rank`: trains a reranker on a domain's own histories and keeps it as a LoRA adapter."""

import contextlib
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from agent.rerank.adapter_versions import move_unversioned, only_training
from agent.rerank.adapters import LoadedReranker, RerankerSettings, new_reranker, save_reranker
from agent.rerank.backbones import count_layers
from agent.rerank.data_fingerprint import fingerprint_of
from agent.rerank.sequence_prompt import Scale
from agent.rerank.sequence_reranker import RerankerShape, SequenceReranker
from agent.rerank.sequence_scorer import SequenceScorer
from finetune.batches import Batch, epoch_batches
from finetune.budget import counted_seconds
from finetune.objective import NextItemObjective
from finetune.progress import Clock
from finetune.rank_text import prepare_text_job
from finetune.settings import RankSettings
from finetune.trainer import Trainer, freeze_lora
from finetune.training_data import VALIDATION_SEED, VALIDATION_USERS, WHOLE_PLAN, split_for
from finetune.training_job import TrainingJob, TrainingSetup, device_of, train_adapter
from finetune.validation import IsExpired, Validation, validate
from finetune.workers import Workers
from index.build.loading import DomainIndex, open_index
from index.data.domain import Domain, Histories, load_domain
from index.data.splits import leave_last_out
from index.embedding.model_files import BERT, GPT, ModelFolder, resolve
from index.errors import MendableError
from index.retrieval.transitions import Steps, latent_factors
from index.types import Floats, Rows

# Embeddings that begin as transition counts: with many users they learn more (games, NDCG@10 alone .060 to .067), with
# few they only repeat what retrieval knows (ml-latest-small: .065 to .060).
MIN_USERS_FOR_COUNTS, INITIAL_LENGTH = 5_000, 0.5  # users; length of a vector
BACKBONES = {"bert": BERT, "gpt": GPT}


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
    training = split_for(setup.index, WHOLE_PLAN).training
    scorer = new_scorer(setup.settings, setup.base, setup.index, training)
    loaded, fingerprint = scorer.loaded, fingerprint_of(setup.domain)
    loaded.reranker.to(setup.device).eval()
    data = setup.training_data(WHOLE_PLAN, scorer)
    made = replace(loaded.settings, data=fingerprint)

    counts = np.bincount(data.training.rows, minlength=len(scorer.catalogue))
    objective = NextItemObjective(scorer.texts, scorer.numbers, counts)

    def save(folder: Path, blend: float) -> None:
        share_unknown(loaded.reranker, counts)
        save_reranker(folder, replace(loaded, settings=replace(made, blend=blend)))

    def batches(histories: Histories, epoch: int) -> list[Batch]:
        return epoch_batches(histories, made.scale, setup.settings.seed, epoch)

    def validation(is_expired: IsExpired) -> Validation | None:
        share_unknown(loaded.reranker, counts)
        return validate(scorer, data.validation, setup.device, is_expired)

    trainer = Trainer(loaded.reranker, objective.loss, validation, setup.schedule, setup.workers)
    about = {"base": made.base_model, "rank": made.rank, "layers": made.shape.layers, "prompt": "items"}
    return TrainingJob(setup, fingerprint, trainer, data, batches, save, about)


def share_unknown(reranker: SequenceReranker, counts: Rows) -> None:
    """Give items without training events what all unknown items share: their own embeddings were never trained."""
    cold = torch.from_numpy(np.flatnonzero(counts == 0))
    with torch.no_grad():
        for table in (reranker.ids, reranker.bias):
            table.weight[cold.to(table.weight.device)] = table.weight[-1].clone()


def _refuse_too_little(domain: Domain) -> None:
    """Raise MendableError where no history holds two events, so that one could be learned from the other."""
    if not (leave_last_out(domain.histories, len(domain.catalogue), n_last=2).training.lengths > 1).any():
        raise MendableError(
            f"nobody in {domain.name!r} has four events: two to learn from, one to validate on and one to test on",
            "--domain",
            "Import more interactions; until then the agent ranks by retrieval alone",
        )


def new_scorer(settings: RankSettings, base: ModelFolder, index: DomainIndex, training: Histories) -> SequenceScorer:
    """A reranker that has learned nothing yet, over the domain's catalogue."""
    domain, vectors = index.domain, np.asarray(index.vectors)
    layers = min(settings.layers, count_layers(base.path) or settings.layers)
    shape = RerankerShape(len(domain.catalogue), vectors.shape[1], settings.id_dim, layers, settings.dropout)
    reranker = new_reranker(base.name, shape, settings.rank, settings.seed)
    counts = np.bincount(training.rows, minlength=len(domain.catalogue))
    with torch.no_grad():
        reranker.state_dict()["centre"].copy_(torch.from_numpy(vectors.mean(0)))
        if len(training) >= MIN_USERS_FOR_COUNTS:
            reranker.ids.weight[:-1].copy_(torch.from_numpy(_item_vectors(training, len(domain.catalogue), shape)))
        reranker.bias.weight[:-1, 0] = torch.from_numpy(0.5 * np.log1p(counts)).float()
    loaded = LoadedReranker(
        reranker,
        RerankerSettings(
            base_model=base.name,
            base_sha256=base.sha256,
            encoder_sha256=index.manifest.encoder_sha256,
            shape=shape,
            rank=settings.rank,
            scale=Scale.of(domain.histories.values),
            validated_users=VALIDATION_USERS,
            validation_seed=VALIDATION_SEED,
        ),
        domain.catalogue.ids,
        Path(),
    )
    return SequenceScorer(loaded, domain.catalogue, vectors)


def _item_vectors(histories: Histories, n_items: int, shape: RerankerShape) -> Floats:
    """(n_items, id_dim): transition counts as vectors of one length, 0 for an item without events."""
    found = latent_factors(histories, n_items, Steps(20, power=0.5, backwards=1.0), shape.id_dim).before
    lengths = np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    known = np.bincount(histories.rows, minlength=n_items)[:, None] > 0
    vectors = np.where(known, INITIAL_LENGTH * found / lengths, 0)
    return np.pad(vectors, ((0, 0), (0, shape.id_dim - vectors.shape[1]))).astype(np.float32)
