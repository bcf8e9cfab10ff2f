"""`python -m finetune rank`: teaches a reranker on a domain's own histories and keeps it as a LoRA adapter."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from agent.rerank.adapters import LoadedReranker, RerankerSettings, events_sha256, new_reranker, save_reranker
from agent.rerank.backbones import count_layers, kind_of
from agent.rerank.sequence_prompt import Scale
from agent.rerank.sequence_reranker import RerankerShape
from agent.rerank.sequence_scorer import SequenceScorer
from finetune.batches import Batch, epoch_batches
from finetune.blend import best_blend
from finetune.budget import Budget
from finetune.objective import NextItemObjective, autocast
from finetune.rank_text import finetune_text
from finetune.settings import RankSettings
from finetune.trainer import Schedule, Trainer, Validation, freeze_lora
from finetune.training_data import VALIDATION_USERS, TrainingData, make_training_data, ndcg_at_10
from finetune.training_job import TrainingJob, blend_all, device_of, train_adapter
from finetune.workers import Workers
from index.build.loading import DomainIndex, open_index
from index.data.domain import Domain, Histories, load_domain
from index.data.splits import leave_last_out
from index.embedding.model_files import BERT, GPT, ModelFolder, resolve
from index.errors import MendableError
from index.retrieval.transitions import Steps, latent_factors
from index.storage.home import adapters_folder
from index.types import Floats

# Embeddings that begin as what follows what: with many users they learn more (games, NDCG@10 alone .060 to .067), with
# few they only repeat what retrieval knows (ml-latest-small: .065 to .060).
KNOWN_FROM, KNOWN_LENGTH = 5_000, 0.5  # users; length of a vector
BACKBONES = {"bert": BERT, "gpt": GPT}


def finetune_rank(settings: RankSettings) -> Path:
    """Train, choose the blend on validation users, write the adapter; its folder. Raises MendableError."""
    base = resolve(BACKBONES.get(settings.backbone, settings.backbone))
    device = device_of(settings.device)
    index = open_index(load_domain(settings.domain))
    domain = index.domain
    kind = kind_of(base.path) + ("-words" if settings.prompt == "words" else "")
    target = adapters_folder(settings.domain) / kind
    began = time.monotonic()
    _refuse_too_little(domain)
    job = (
        finetune_text(settings, base, index, device)
        if settings.prompt == "words"
        else _items(settings, base, index, device)
    )
    if not settings.lora:
        freeze_lora(job.trainer)
    job.trainer.at.seconds = time.monotonic() - began  # the lessons are part of the training
    train_adapter(job, settings, domain, base, target)
    return target


def _items(settings: RankSettings, base: ModelFolder, index: DomainIndex, device: torch.device) -> TrainingJob:
    """A reader of items, made ready."""
    data = make_training_data(index, settings.seed)
    scorer = new_scorer(settings, base, index, data.training)
    loaded = scorer.loaded
    loaded.reranker.to(device)
    made = loaded.settings

    def save(folder: Path, blend: float) -> None:
        save_reranker(folder, replace(loaded, settings=replace(made, blend=blend)))

    def batches(histories: Histories, epoch: int) -> list[Batch]:
        return epoch_batches(histories, made.scale, settings.seed, epoch)

    about = {"base": made.base_model, "rank": made.rank, "layers": made.shape.layers, "prompt": "items"}
    trainer = _trainer(settings, loaded, scorer, data)
    return TrainingJob(trainer, data, batches, lambda: _scores(scorer, data), save, about, made.events_sha256)


def _refuse_too_little(domain: Domain) -> None:
    """Raise MendableError where no history holds two events, so that one could be learned from the other."""
    if not (leave_last_out(domain.histories, len(domain.catalogue), n_last=2).training.lengths > 1).any():
        raise MendableError(
            f"nobody in {domain.name!r} has four events: two to learn from, one to validate on and one to test on",
            "--domain",
            "Import more interactions; until then the agent ranks by retrieval alone",
        )


def new_scorer(settings: RankSettings, base: ModelFolder, index: DomainIndex, training: Histories) -> SequenceScorer:
    """A reader that has learned nothing yet, over the domain's catalogue."""
    domain, vectors = index.domain, np.asarray(index.vectors)
    layers = min(settings.layers, count_layers(base.path) or settings.layers)
    shape = RerankerShape(len(domain.catalogue), vectors.shape[1], settings.id_dim, layers, settings.dropout)
    reranker = new_reranker(base.name, shape, settings.rank, settings.seed)
    counts = np.bincount(training.rows, minlength=len(domain.catalogue))
    with torch.no_grad():
        reranker.state_dict()["centre"].copy_(torch.from_numpy(vectors.mean(0)))
        if len(training) >= KNOWN_FROM:
            reranker.ids.weight[:-1].copy_(torch.from_numpy(_item_vectors(training, len(domain.catalogue), shape)))
        reranker.bias.weight[:-1, 0] = torch.from_numpy(0.5 * np.log1p(counts)).float()
    histories = domain.histories
    loaded = LoadedReranker(
        reranker,
        RerankerSettings(
            base_model=base.name,
            base_sha256=base.sha256,
            encoder_sha256=index.manifest.encoder_sha256,
            shape=shape,
            rank=settings.rank,
            scale=Scale.of(histories.values),
            events_sha256=events_sha256(histories.users, histories.starts, domain.catalogue.ids, histories.rows),
            validated_users=VALIDATION_USERS,
            seed=settings.seed,
        ),
        domain.catalogue.ids,
        Path(),
    )
    return SequenceScorer(loaded, domain.catalogue, vectors)


def _item_vectors(histories: Histories, n_items: int, shape: RerankerShape) -> Floats:
    """(n_items, id_dim): what follows what as vectors of one length, 0 for an item without events."""
    found = latent_factors(histories, n_items, Steps(20, power=0.5, backwards=1.0), shape.id_dim).before
    lengths = np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    known = np.bincount(histories.rows, minlength=n_items)[:, None] > 0
    vectors = np.where(known, KNOWN_LENGTH * found / lengths, 0)
    return np.pad(vectors, ((0, 0), (0, shape.id_dim - vectors.shape[1]))).astype(np.float32)


def _trainer(settings: RankSettings, loaded: LoadedReranker, scorer: SequenceScorer, data: TrainingData) -> Trainer:
    def validate() -> Validation:
        scores = _scores(scorer, data)
        blend = best_blend(data.validation, scores)
        return Validation(
            blend.likelihood, ndcg_at_10(data.validation, blend_all(data.validation, scores, blend.weight))
        )

    budget = Budget(settings.minutes, settings.epochs)
    schedule = Schedule(budget, settings.learning_rate, settings.seed, accumulate=settings.accumulate)
    counts = np.bincount(data.training.rows, minlength=len(scorer.catalogue))
    objective = NextItemObjective(scorer.texts, scorer.numbers, counts)
    workers = Workers.here(scorer.texts.device)
    return Trainer(loaded.reranker, objective.loss, validate, schedule, workers)


def _scores(scorer: SequenceScorer, data: TrainingData, size: int = 32) -> list[Floats]:
    """The reader's log odds of each validation list's candidates."""
    scorer.loaded.reranker.eval()
    lists = data.validation
    order = np.argsort([len(each.history) for each in lists], kind="stable")
    found: list[Floats] = [np.zeros(0, np.float32)] * len(lists)
    with autocast(scorer.texts.device):
        for start in range(0, len(order), size):
            group = [int(n) for n in order[start : start + size]]
            rows = [lists[n].rows for n in group]
            for n, own in zip(group, scorer.log_odds([lists[n].history for n in group], rows), strict=True):
                found[n] = own
    return found
