"""`python -m finetune rank --prompt words`: teaches a reader that gets the history and each candidate as words.

Each example is a history with the item that came next and hard negatives, all retrieved by a retriever that was fitted
without that event; its history is read once for all of them. What is learned is a correction of the fused score.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from agent.rerank.adapters import events_sha256
from agent.rerank.backbones import count_layers
from agent.rerank.sequence_prompt import Scale
from agent.rerank.text_prompt import candidate_text, history_text
from agent.rerank.text_reranker import (
    LoadedTextReranker,
    TextRerankerSettings,
    TextScorer,
    new_text_reranker,
    save_text_reranker,
)
from finetune.blend import best_blend
from finetune.budget import Budget
from finetune.objective import autocast
from finetune.settings import RankSettings
from finetune.trainer import Schedule, Trainer, Validation
from finetune.training_data import TrainingData, ValidationList, list_for, make_training_data, ndcg_at_10
from finetune.training_job import TrainingJob, blend_all
from finetune.workers import Workers
from index.assemble import fit_retriever
from index.build.loading import DomainIndex
from index.command import progress
from index.data.domain import Catalogue, Histories
from index.data.splits import first_events
from index.embedding.model_files import ModelFolder
from index.types import Floats

AHEAD, POSITIONS = 2, 5  # events held out for validation and test; events before them that are predicted
MAX_EXAMPLES = 20_000
NEGATIVES = 24  # of the best candidates, drawn anew each epoch
AMONG = 100
VALIDATED, CANDIDATES = 150, 100  # words cost more than items: fewer users, fewer candidates
BATCH = 8  # examples


@dataclass(frozen=True)
class TextBatch:
    """Some examples: candidates that were retrieved, with the place of the true one among them."""

    lists: tuple[ValidationList, ...]

    @property
    def n_events(self) -> int:
        """Number of examples."""
        return len(self.lists)


@dataclass(frozen=True)
class TextObjective:
    """Cross entropy of the item that came next among hard negatives, fused scores and the reader's word added."""

    wording: LoadedTextReranker
    catalogue: Catalogue

    def loss(self, reranker: nn.Module, batch: TextBatch, seed: int) -> Tensor:
        """The mean over a batch; `seed` draws the negatives."""
        random = np.random.default_rng(seed)
        device = self.wording.reranker.head.weight.device
        with autocast(device):
            losses = [self._one(each, random) for each in batch.lists]
        return torch.stack(losses).mean()

    def _one(self, each: ValidationList, random: np.random.Generator) -> Tensor:
        reranker, wording = self.wording.reranker, self.wording.wording
        others = np.delete(np.arange(min(len(each.rows), AMONG)), each.truth)
        drawn = random.choice(others, min(NEGATIVES, len(others)), replace=False)
        places = np.concatenate([[each.truth], drawn])
        texts = [candidate_text(self.catalogue.items[row]) for row in each.rows[places]]
        told = history_text(each.history, self.catalogue, self.wording.settings.scale)
        prefix = reranker.read(wording.history(told).to(reranker.head.weight.device))
        scores = reranker.judge(prefix, wording.candidates(texts)).float()
        fused = torch.from_numpy(each.fused[places]).to(scores.device)
        return nn.functional.cross_entropy(
            (fused + scores)[None], torch.zeros(1, dtype=torch.long, device=scores.device)
        )


def finetune_text(settings: RankSettings, base: ModelFolder, index: DomainIndex, device: torch.device) -> TrainingJob:
    """All that a training of words needs, made ready."""
    domain = index.domain
    data = make_training_data(index, settings.seed, VALIDATED, CANDIDATES)
    examples = text_examples(index, settings.seed)
    layers = min(settings.layers, count_layers(base.path) or settings.layers)
    reranker, wording = new_text_reranker(base.name, layers, settings.rank, settings.seed)
    reranker.to(device)
    histories = domain.histories
    made = TextRerankerSettings(
        base_model=base.name,
        base_sha256=base.sha256,
        layers=layers,
        rank=settings.rank,
        scale=Scale.of(histories.values),
        events_sha256=events_sha256(histories.users, histories.starts, domain.catalogue.ids, histories.rows),
    )
    loaded = LoadedTextReranker(reranker, made, wording, Path())
    objective = TextObjective(loaded, domain.catalogue)
    schedule = Schedule(
        Budget(settings.minutes, settings.epochs), settings.learning_rate, settings.seed, 0.5, settings.accumulate
    )

    def scores() -> list[Floats]:
        return _scores(loaded, domain.catalogue, data)

    def validate() -> Validation:
        own = scores()
        blend = best_blend(data.validation, own)
        return Validation(blend.likelihood, ndcg_at_10(data.validation, blend_all(data.validation, own, blend.weight)))

    def batches(_: Histories, epoch: int) -> list[TextBatch]:
        return _batches(examples, settings.seed, epoch)

    def save(folder: Path, blend: float) -> None:
        save_text_reranker(folder, replace(loaded, settings=replace(made, blend=blend)))

    about = {"base": base.name, "rank": settings.rank, "layers": layers, "prompt": "words"}
    workers = Workers.here(device)
    trainer = Trainer(reranker, objective.loss, validate, schedule, workers)
    return TrainingJob(trainer, data, batches, scores, save, about, made.events_sha256)


def text_examples(index: DomainIndex, seed: int) -> tuple[ValidationList, ...]:
    """Candidates for the POSITIONS events before those that are held out, by a retriever fitted without them."""
    domain = index.domain
    cleaned, _ = first_events(domain.histories, len(domain.catalogue))
    long_enough = cleaned.select_users(np.flatnonzero(cleaned.lengths > AHEAD + 1))
    known = np.maximum(long_enough.lengths - AHEAD - POSITIONS, 1)
    retriever = fit_retriever(index, long_enough.truncate(known), seed)
    until = long_enough.lengths - AHEAD
    asked = [(user, n) for user in range(len(long_enough)) for n in range(known[user], until[user])]
    order = np.random.default_rng(seed).permutation(len(asked))[:MAX_EXAMPLES]
    lists = []
    for n in progress(order, "retrieving examples"):
        user, before = asked[int(n)]
        history = long_enough[user]
        each = list_for(retriever, history.before(before), int(history.rows[before]), AMONG)
        lists += [each] if each.truth >= 0 and len(each.rows) > 1 else []
    return tuple(lists)


def _batches(examples: Sequence[ValidationList], seed: int, epoch: int) -> list[TextBatch]:
    order = np.random.default_rng((seed, epoch)).permutation(len(examples))
    parts = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return [TextBatch(tuple(examples[n] for n in part)) for part in parts]


def _scores(loaded: LoadedTextReranker, catalogue: Catalogue, data: TrainingData) -> list[Floats]:
    loaded.reranker.eval()
    scorer = TextScorer(loaded, catalogue)
    with autocast(loaded.reranker.head.weight.device):
        return scorer.log_odds([each.history for each in data.validation], [each.rows for each in data.validation])
