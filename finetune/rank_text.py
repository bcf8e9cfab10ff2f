"""`python -m finetune rank --prompt words`: trains a text reranker, whose history and candidates are words.

Each example is a history with the item that came next and hard negatives, all retrieved by a retriever that was fitted
without that event; the history is encoded once for all of them. The model learns a correction of the fused score.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from agent.rerank.blend import Blend
from agent.rerank.data_fingerprint import fingerprint_of
from agent.rerank.sequence_prompt import Scale
from agent.rerank.text_prompt import candidate_text, history_text
from agent.rerank.text_reranker import (
    LoadedTextReranker,
    TextRerankerSettings,
    TextScorer,
    new_text_reranker,
    save_text_reranker,
)
from finetune.negatives import HARD_POOL, hard_negatives
from finetune.objective import autocast
from finetune.trainer import Trainer
from finetune.training_data import WHOLE_EFFORT, Effort
from finetune.training_job import TrainingJob, TrainingSetup
from finetune.validation import IsExpired, Validation, score_lists, validate
from finetune.validation_lists import ValidationList, ValidationPlan, list_for
from index.assemble import fit_retriever
from index.build.loading import DomainIndex
from index.data.domain import Catalogue, Histories
from index.data.splits import first_events
from index.embedding.backbones import count_layers
from index.parallel import map_in_order
from index.progress import progress
from index.types import Floats

HELD_OUT, POSITIONS = 2, 5  # events held out for validation and test; events before them that are predicted
MAX_EXAMPLES = 20_000
VALIDATION_USERS, CANDIDATES = 150, 100  # words cost more than items: fewer users, fewer candidates
BATCH = 8  # examples


@dataclass(frozen=True)
class TextBatch:
    """Some examples: retrieved candidates, with the place of the true one among them."""

    lists: tuple[ValidationList, ...]

    @property
    def n_events(self) -> int:
        """Number of examples."""
        return len(self.lists)


@dataclass(frozen=True)
class TextObjective:
    """Cross entropy of the item that came next among hard negatives, by fused scores plus the reranker's scores."""

    loaded: LoadedTextReranker
    catalogue: Catalogue

    def loss(self, reranker: nn.Module, batch: TextBatch, seed: int) -> Tensor:
        """The mean over a batch; `seed` draws the negatives."""
        random = np.random.default_rng(seed)
        device = self.loaded.reranker.head.weight.device
        with autocast(device):
            losses = [self._one(each, random) for each in batch.lists]
        return torch.stack(losses).mean()

    def _one(self, each: ValidationList, random: np.random.Generator) -> Tensor:
        reranker, tokenizer = self.loaded.reranker, self.loaded.tokenizer
        places = np.concatenate([[each.truth], hard_negatives(len(each.rows), each.truth, random)])
        texts = [candidate_text(self.catalogue.items[row]) for row in each.rows[places]]
        text = history_text(each.history, self.catalogue, self.loaded.settings.scale)
        prefix = reranker.read(tokenizer.history(text).to(reranker.head.weight.device))
        scores = reranker.judge(prefix, tokenizer.candidates(texts)).float()
        fused = torch.from_numpy(each.fused[places]).to(scores.device)
        return nn.functional.cross_entropy(
            (fused + scores)[None], torch.zeros(1, dtype=torch.long, device=scores.device)
        )


def prepare_text_job(setup: TrainingSetup) -> TrainingJob:
    """The training of a text reranker, made ready."""
    domain, settings = setup.domain, setup.settings
    layers = min(settings.layers, count_layers(setup.base.path) or settings.layers)
    reranker, tokenizer = new_text_reranker(setup.base.name, layers, settings.rank, settings.seed)
    reranker.to(setup.device).eval()
    fingerprint, scale = fingerprint_of(domain), Scale.of(domain.histories.values)
    made = TextRerankerSettings(setup.base.name, setup.base.sha256, layers, settings.rank, scale, data=fingerprint)
    loaded = LoadedTextReranker(reranker, made, tokenizer, domain.catalogue.ids, Path())
    objective = TextObjective(loaded, domain.catalogue)
    scorer = TextScorer(loaded, domain.catalogue)
    n_examples = min(MAX_EXAMPLES, POSITIONS * len(domain.histories))
    data = setup.training_data(ValidationPlan(VALIDATION_USERS, CANDIDATES), scorer, n_examples)
    examples = text_examples(setup.index, settings.seed, data.effort)

    def validation(is_expired: IsExpired) -> Validation | None:
        return validate(scorer, data.validation, setup.device, is_expired)

    def batches(_: Histories, epoch: int) -> list[TextBatch]:
        return _batches(examples, settings.seed, epoch)

    def save(folder: Path, blend: Blend) -> None:
        save_text_reranker(folder, replace(loaded, settings=replace(made, blend=blend)))

    def score(lists: Sequence[ValidationList]) -> list[Floats]:
        reranker.eval()
        return score_lists(scorer, lists, setup.device) or []

    about = {"base": setup.base.name, "rank": settings.rank, "layers": layers, "prompt": "words"}
    trainer = Trainer(reranker, objective.loss, validation, setup.schedule, setup.workers)
    return TrainingJob(setup, fingerprint, trainer, data, batches, save, about, score)


def text_examples(index: DomainIndex, seed: int, effort: Effort = WHOLE_EFFORT) -> tuple[ValidationList, ...]:
    """Candidates for the POSITIONS events before those that are held out, by a retriever fitted without them."""
    domain = index.domain
    cleaned, _ = first_events(domain.histories, len(domain.catalogue))
    long_enough = cleaned.select_users(np.flatnonzero(cleaned.lengths > HELD_OUT + 1))
    known = np.maximum(long_enough.lengths - HELD_OUT - POSITIONS, 1)
    retriever = fit_retriever(index, long_enough.truncate(known), seed, share=effort.fusion)
    until = long_enough.lengths - HELD_OUT
    places = [(user, n) for user in range(len(long_enough)) for n in range(known[user], until[user])]
    order = np.random.default_rng(seed).permutation(len(places))[: effort.count(min(MAX_EXAMPLES, len(places)))]

    def list_of(n: int) -> ValidationList:
        user, before = places[n]
        history = long_enough[user]
        return replace(list_for(retriever, history.before(before), int(history.rows[before]), HARD_POOL), features=None)

    lists = progress(map_in_order(list_of, order.tolist()), "retrieving examples", len(order))
    return tuple(each for each in lists if each.truth >= 0 and len(each.rows) > 1)


def _batches(examples: Sequence[ValidationList], seed: int, epoch: int) -> list[TextBatch]:
    order = np.random.default_rng((seed, epoch)).permutation(len(examples))
    parts = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return [TextBatch(tuple(examples[n] for n in part)) for part in parts]
