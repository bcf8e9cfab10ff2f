"""`python -m finetune rank`: teaches a reranker on a domain's own histories and keeps it as a LoRA adapter."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from agent.rerank.adapters import LoadedReader, ReaderSettings, events_sha256, fresh_reader, save_reader
from agent.rerank.backbones import count_layers, kind_of
from agent.rerank.sequence_prompt import Scale
from agent.rerank.sequence_reranker import ReaderShape
from agent.rerank.sequence_scorer import Reading
from finetune.batches import Batch, epoch_batches
from finetune.blend import best_blend
from finetune.budget import Budget
from finetune.objective import NextItem, autocast
from finetune.rank_text import finetune_words
from finetune.settings import RankSettings
from finetune.trainer import Schedule, Trainer, Validation, freeze_lora
from finetune.training_data import VALIDATION_USERS, Lessons, Texts, make_lessons, ndcg_at_10
from finetune.training_job import Teaching, blended_scores, device_of, taught
from finetune.workers import Workers
from index.build.loading import TextIndex, load_text_index
from index.data.domain import Domain, Histories, load_domain
from index.data.splits import held_out
from index.embedding.model_files import BERT, GPT, ModelFolder, resolve
from index.errors import MendableError
from index.retrieval.item_similarity import Steps, latent
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
    domain = load_domain(settings.domain)
    index = load_text_index(domain)
    kind = kind_of(base.path) + ("-words" if settings.prompt == "words" else "")
    target = adapters_folder(settings.domain) / kind
    began = time.monotonic()
    _refuse_too_little(domain)
    teaching = (
        finetune_words(settings, base, domain, Texts.of(index), device)
        if settings.prompt == "words"
        else _items(settings, base, domain, index, device)
    )
    if not settings.lora:
        freeze_lora(teaching.trainer)
    teaching.trainer.at.seconds = time.monotonic() - began  # the lessons are part of the training
    taught(teaching, settings, domain, base, target)
    return target


def _items(
    settings: RankSettings, base: ModelFolder, domain: Domain, index: TextIndex, device: torch.device
) -> Teaching:
    """A reader of items, made ready."""
    lessons = make_lessons(domain, Texts.of(index), settings.seed)
    reading = fresh_reading(settings, base, domain, index, lessons.training)
    loaded = reading.loaded
    loaded.reader.to(device)
    made = loaded.settings

    def save(folder: Path, blend: float) -> None:
        save_reader(folder, replace(loaded, settings=replace(made, blend=blend)))

    def batches(histories: Histories, epoch: int) -> list[Batch]:
        return epoch_batches(histories, made.scale, settings.seed, epoch)

    about = {"base": made.base_model, "rank": made.rank, "layers": made.shape.layers, "prompt": "items"}
    trainer = _trainer(settings, loaded, reading, lessons)
    return Teaching(trainer, lessons, batches, lambda: _said(reading, lessons), save, about, made.events_sha256)


def _refuse_too_little(domain: Domain) -> None:
    """Raise MendableError where no history holds two events, so that one could be learned from the other."""
    if not (held_out(domain.histories, len(domain.catalogue), n_last=2).training.lengths > 1).any():
        raise MendableError(
            f"nobody in {domain.name!r} has four events: two to learn from, one to validate on and one to test on",
            "--domain",
            "Import more interactions; until then the agent ranks by retrieval alone",
        )


def fresh_reading(
    settings: RankSettings, base: ModelFolder, domain: Domain, index: TextIndex, training: Histories
) -> Reading:
    """A reader that has learned nothing yet, over the domain's catalogue."""
    vectors = np.asarray(index.vectors)
    layers = min(settings.layers, count_layers(base.path) or settings.layers)
    shape = ReaderShape(len(domain.catalogue), vectors.shape[1], settings.id_dim, layers, settings.dropout)
    reader = fresh_reader(base.name, shape, settings.rank, settings.seed)
    counts = np.bincount(training.rows, minlength=len(domain.catalogue))
    with torch.no_grad():
        reader.state_dict()["centre"].copy_(torch.from_numpy(vectors.mean(0)))
        if len(training) >= KNOWN_FROM:
            reader.ids.weight[:-1].copy_(torch.from_numpy(_item_vectors(training, len(domain.catalogue), shape)))
        reader.bias.weight[:-1, 0] = torch.from_numpy(0.5 * np.log1p(counts)).float()
    histories = domain.histories
    loaded = LoadedReader(
        reader,
        ReaderSettings(
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
    return Reading(loaded, domain.catalogue, vectors)


def _item_vectors(histories: Histories, n_items: int, shape: ReaderShape) -> Floats:
    """(n_items, id_dim): what follows what as vectors of one length, 0 for an item without events."""
    found = latent(histories, n_items, Steps(20, power=0.5, backwards=1.0), shape.id_dim).before
    lengths = np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    known = np.bincount(histories.rows, minlength=n_items)[:, None] > 0
    vectors = np.where(known, KNOWN_LENGTH * found / lengths, 0)
    return np.pad(vectors, ((0, 0), (0, shape.id_dim - vectors.shape[1]))).astype(np.float32)


def _trainer(settings: RankSettings, loaded: LoadedReader, reading: Reading, lessons: Lessons) -> Trainer:
    def validate() -> Validation:
        said = _said(reading, lessons)
        blend = best_blend(lessons.validation, said)
        return Validation(
            blend.likelihood, ndcg_at_10(lessons.validation, blended_scores(lessons.validation, said, blend.weight))
        )

    budget = Budget(settings.minutes, settings.epochs)
    schedule = Schedule(budget, settings.learning_rate, settings.seed, accumulate=settings.accumulate)
    counts = np.bincount(lessons.training.rows, minlength=len(reading.catalogue))
    objective = NextItem(reading.texts, reading.numbers, counts)
    workers = Workers.here(reading.texts.device)
    return Trainer(loaded.reader, objective.loss, validate, schedule, workers)


def _said(reading: Reading, lessons: Lessons, size: int = 32) -> list[Floats]:
    """The reader's log odds of each validation list's candidates."""
    reading.loaded.reader.eval()
    lists = lessons.validation
    order = np.argsort([len(each.history) for each in lists], kind="stable")
    found: list[Floats] = [np.zeros(0, np.float32)] * len(lists)
    with autocast(reading.texts.device):
        for start in range(0, len(order), size):
            group = [int(n) for n in order[start : start + size]]
            rows = [lists[n].rows for n in group]
            for n, own in zip(group, reading.log_odds([lists[n].history for n in group], rows), strict=True):
                found[n] = own
    return found
