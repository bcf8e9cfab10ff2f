"""What a reranker begins with before any step, and what of it is trained."""

from pathlib import Path

import numpy as np
import torch

from agent.rerank.adapters import LoadedReranker, RerankerSettings, new_reranker
from agent.rerank.sequence_prompt import Scale
from agent.rerank.sequence_reranker import RerankerShape, SequenceReranker
from agent.rerank.sequence_scorer import SequenceScorer
from finetune.settings import VALIDATION_SEED, VALIDATION_USERS, RankSettings
from finetune.trainer import Trainer, parameter_groups
from index.build.loading import DomainIndex
from index.data.domain import Histories
from index.embedding.backbones import count_layers
from index.embedding.model_files import ModelFolder
from index.retrieval.transitions import Steps, latent_factors
from index.types import Floats, Rows

# Embeddings that begin as transition counts: with many users they learn more (games, NDCG@10 alone .060 to .067), with
# few they only repeat what retrieval knows (ml-latest-small: .065 to .060).
MIN_USERS_FOR_COUNTS, INITIAL_LENGTH = 5_000, 0.5  # users; length of a vector


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
            validated_users=0 if settings.fit == "train" else VALIDATION_USERS,
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


def share_unknown(reranker: SequenceReranker, counts: Rows) -> None:
    """Give items without training events what all unknown items share: their own embeddings were never trained."""
    cold = torch.from_numpy(np.flatnonzero(counts == 0))
    with torch.no_grad():
        for table in (reranker.ids, reranker.bias):
            table.weight[cold.to(table.weight.device)] = table.weight[-1].clone()


def freeze_lora(trainer: Trainer) -> None:
    """Train only what is beside the base: the LoRA stays at zero, as before training."""
    for name in [name for name in trainer.trained if "lora_" in name]:
        trainer.trained.pop(name).requires_grad = False
    trainer.optimizer = torch.optim.AdamW(
        parameter_groups(trainer.trained), lr=trainer.schedule.learning_rate, betas=(0.9, 0.98)
    )
    trainer.best = trainer.copied()
