"""The row `train`: histories a second in training the reranker, against `transformers.Trainer` with PEFT.

Both train the same reranker (LoRA by PEFT, head, loss) on the same histories, each for one pass. The peer takes its own
defaults: batches of eight in random order, padded to their longest, in float32. Ours are the batches of
`finetune rank`: like lengths together, in bfloat16 where the processor has it.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from agent.rerank.adapters import LoadedReranker, RerankerSettings, new_reranker
from agent.rerank.sequence_prompt import MAX_EVENTS, PromptBatch, Scale, make_prompt, pad_prompts
from agent.rerank.sequence_reranker import RerankerShape, SequenceReranker
from agent.rerank.sequence_scorer import SequenceScorer
from eval.bench.peak import peak_flops
from eval.bench.ratio import Row, Seconds, significant
from index.data.domain import Domain, Histories
from index.data.records import History
from index.data.splits import sample_training
from index.embedding.backbones import count_layers
from index.embedding.model_files import ModelFolder
from index.errors import MendableError
from index.storage.home import CLONE
from index.types import Floats

LAYERS, RANK, ID_DIM = 3, 16, 96
HISTORIES, ROUNDS, WARM_UP = 400, 2, 3  # drawn at random; batches before the time is taken
PEER_BATCH = 8  # the peer's own default


@dataclass(frozen=True)
class TrainingTask:
    """What both sides train on."""

    domain: Domain
    vectors: Floats
    model: ModelFolder
    n: int = HISTORIES
    seed: int = 1

    @cached_property
    def histories(self) -> Histories:
        """Some of the domain's training histories, as `python -m finetune speed` draws them."""
        return sample_training(self.domain, self.n, self.seed)

    @property
    def scale(self) -> Scale:
        """The scale of the domain's values."""
        return Scale.of(self.domain.histories.values)

    def scorer(self) -> SequenceScorer:
        """A fresh reranker over the catalogue, the same each time."""
        layers = min(LAYERS, count_layers(self.model.path) or LAYERS)
        shape = RerankerShape(len(self.domain.catalogue), self.vectors.shape[1], ID_DIM, layers, 0.2)
        reranker = new_reranker(self.model.name, shape, RANK, self.seed)
        settings = RerankerSettings(self.model.name, self.model.sha256, "", shape, RANK, self.scale)
        loaded = LoadedReranker(reranker, settings, self.domain.catalogue.ids, Path())
        return SequenceScorer(loaded, self.domain.catalogue, self.vectors)


def train_row(task: TrainingTask, threads: int, rounds: int = ROUNDS) -> Row:
    """Seconds of one pass over the histories, the sides in turns; each warms up before it is timed."""
    mine, theirs = [], []
    for _ in range(rounds):
        theirs.append(_by_trainer(task))
        mine.append(_by_command(task, threads))
    seconds = Seconds(min(mine), min(theirs))
    precision = "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"
    n = len(task.histories)
    figures = {
        "histories": n,
        "model": task.model.name,
        "ours_per_s": significant(n / seconds.ours),
        "peer_per_s": significant(n / seconds.peer),
        "precision": precision,
        "peer_precision": "float32",
        "of_peak": significant(operations(task) / seconds.ours / peak_flops(precision)),
    }
    return Row(seconds, f"transformers.Trainer {version('transformers')} with PEFT {version('peft')}", figures)


def operations(task: TrainingTask) -> float:
    """Floating-point operations of the matrix products of one pass, forward and backward, without padding.

    A frozen weight takes 4 for a token (forward, and the gradient of its input), attention 12 d for a pair of tokens
    that attend to one another, and each token's softmax 6 d for an item.
    """
    reranker = task.scorer().loaded.reranker
    lengths = np.minimum(task.histories.lengths - 1, MAX_EVENTS).astype(np.float64)
    weights = sum(value.numel() for name, value in reranker.base.named_parameters() if value.ndim == 2)
    width = reranker.out.in_features
    products = 4 * weights * lengths.sum() + 12 * width * LAYERS * (lengths**2).sum() / 2
    return float(products + 6 * width * len(task.domain.catalogue) * lengths.sum())


def _by_command(task: TrainingTask, threads: int) -> float:
    """Seconds by the project's own training, run by its command: `eval` does not import `finetune`."""
    options = {
        "--domain": task.domain.name,
        "--backbone": task.model.name,
        "--histories": task.n,
        "--seed": task.seed,
        "--threads": threads,
    }
    words = [str(word) for pair in options.items() for word in pair]
    command = [sys.executable, "-m", "finetune", "speed", *words, "--json"]
    done = subprocess.run(command, cwd=CLONE, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603  our own
    if done.returncode:
        raise MendableError("the training that is timed did not end well", " ".join(command[1:]), "Run it alone")
    return float(json.loads(done.stdout)["seconds"])


class RerankerWithLoss(nn.Module):
    """The reranker with its loss, in the form that the peer needs: tensors in, the loss out."""

    def __init__(self, scorer: SequenceScorer) -> None:
        super().__init__()
        self.reranker: SequenceReranker = scorer.loaded.reranker
        self.texts, self.numbers = scorer.texts, scorer.numbers

    def forward(
        self, rows: Tensor, ratings: Tensor, time_gaps: Tensor, present: Tensor, labels: Tensor
    ) -> dict[str, Tensor]:
        """The mean cross entropy of the next item; items of the history are left out of the softmax."""
        batch = PromptBatch(rows.numpy(), ratings.numpy(), time_gaps.numpy(), present.numpy())
        known = labels >= 0
        states = self.reranker.states(self.texts[rows], self.numbers[rows], batch)[known]
        scores = self.reranker.scores(states, self.reranker.items(self.texts, self.numbers), self.numbers)
        scores = scores.masked_fill(_seen_items(rows, present, len(self.texts))[known], -1e4)
        own = (states * self.reranker.items(self.texts[labels[known]], self.numbers[labels[known]])).sum(-1)
        scores = scores.scatter(1, labels[known][:, None], (own / states.shape[1] ** 0.5)[:, None])
        return {"loss": nn.functional.cross_entropy(scores, labels[known])}


def _seen_items(rows: Tensor, present: Tensor, n_items: int) -> Tensor:
    """(B, T, n_items): items that lie at or before each token."""
    ratings = torch.zeros(*rows.shape, n_items, dtype=torch.bool)
    ratings.scatter_(2, rows[..., None], present[..., None])
    return ratings.cummax(1).values


def collate(histories: Sequence[History], scale: Scale) -> dict[str, Tensor]:
    """Histories as the peer's batch, padded to their longest; `labels` are the items that came next, -1 for none."""
    prompts = pad_prompts([make_prompt(history.before(len(history) - 1), scale) for history in histories])
    labels = np.full(prompts.rows.shape, -1, np.int64)
    for place, history in enumerate(histories):
        n = min(len(history) - 1, MAX_EVENTS)
        labels[place, -n:] = history.rows[-n:]
    arrays = {
        "rows": prompts.rows,
        "ratings": prompts.ratings,
        "time_gaps": prompts.time_gaps,
        "present": prompts.present,
    }
    return {name: torch.from_numpy(array) for name, array in {**arrays, "labels": labels}.items()}


def _by_trainer(task: TrainingTask) -> float:
    """Seconds of one pass by the peer, after one over a few histories to warm up."""
    histories = [task.histories[n] for n in range(len(task.histories))]
    _epoch(task, histories[: WARM_UP * PEER_BATCH])
    return _epoch(task, histories)


def _epoch(task: TrainingTask, histories: Sequence[History]) -> float:
    from transformers import PrinterCallback, Trainer, TrainingArguments

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=1,
            per_device_train_batch_size=PEER_BATCH,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            remove_unused_columns=False,
            use_cpu=True,
            seed=1,
        )
        trainer: Any = Trainer(
            model=RerankerWithLoss(task.scorer()),
            args=arguments,
            train_dataset=histories,
            data_collator=lambda each: collate(each, task.scale),
        )
        trainer.remove_callback(PrinterCallback)
        began = time.perf_counter()
        trainer.train()
        return time.perf_counter() - began
