"""`python -m finetune speed`: how many histories a second this machine trains on; nothing is written."""

import time
from typing import Any

import numpy as np
import torch

from agent.rerank.sequence_prompt import Scale
from finetune.batches import epoch_batches
from finetune.budget import Budget
from finetune.initial_weights import new_scorer
from finetune.objective import NextItemObjective
from finetune.settings import RankSettings
from finetune.trainer import Schedule, Trainer
from finetune.training_job import device_of
from finetune.validation import Validation
from index.build.loading import open_index
from index.data.domain import load_domain
from index.data.splits import sample_training
from index.embedding.backbones import BACKBONES
from index.embedding.model_files import resolve

WARM_UP = 3  # batches before the time is taken


def measure_speed(settings: RankSettings, n_histories: int, threads: int | None = None) -> dict[str, Any]:
    """Seconds of one pass over some training histories, the drawing of batches included, as in a training."""
    if threads:
        torch.set_num_threads(threads)
    index = open_index(load_domain(settings.domain))
    domain = index.domain
    histories = sample_training(domain, n_histories, settings.seed)
    scorer = new_scorer(settings, resolve(BACKBONES.get(settings.backbone, settings.backbone)), index, histories)
    scorer.loaded.reranker.to(device_of(settings.device))
    objective = NextItemObjective(
        scorer.texts, scorer.numbers, np.bincount(histories.rows, minlength=len(domain.catalogue))
    )
    schedule = Schedule(Budget(epochs=2), settings.learning_rate, settings.seed)
    trainer = Trainer(scorer.loaded.reranker, objective.loss, lambda _: Validation(0.0, 0.0), schedule)
    scale = Scale.of(domain.histories.values)
    for batch in epoch_batches(histories, scale, settings.seed, 0)[:WARM_UP]:
        trainer.learn(batch)
    began, before = time.perf_counter(), trainer.at.n_events
    for batch in epoch_batches(histories, scale, settings.seed, 1):
        trainer.learn(batch)
    seconds = time.perf_counter() - began
    tokens = trainer.at.n_events - before
    return {
        "histories": len(histories),
        "seconds": round(seconds, 4),
        "histories_per_s": round(len(histories) / seconds, 2),
        "tokens_per_s": round(tokens / seconds, 1),
    }
