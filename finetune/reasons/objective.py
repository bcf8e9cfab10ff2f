"""Batches of examples, and what is learned of them: the next token of a text among the words of the writer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agent.explain.gpt.model import LoadedWriter
from finetune.objective import autocast
from finetune.reasons.examples import Example
from index.embedding.backbones import backbone_of
from index.types import Floats

MAX_ROWS = 8  # of a batch: many small steps train better than few large ones
NOT_LEARNED = -100  # a place that is no part of a text


@dataclass(frozen=True)
class ReasonBatch:
    """Tokens and mask (B, T), and what comes after each token among the writer's words, (B, T); elsewhere -100."""

    tokens: Tensor
    mask: Tensor
    targets: Tensor

    @property
    def n_events(self) -> int:
        """Number of tokens that are predicted."""
        return int((self.targets != NOT_LEARNED).sum())


@dataclass(frozen=True)
class ReasonBatches:
    """Draws the batches of an epoch, of examples of like length."""

    loaded: LoadedWriter
    seed: int

    def draw(self, examples: Sequence[Example], epoch: int) -> list[ReasonBatch]:
        """All examples once, in an order of this epoch's own."""
        random = np.random.default_rng((self.seed, epoch))
        order = np.argsort([len(each.text) + 30 * random.random() for each in examples], kind="stable")
        groups = [order[start : start + MAX_ROWS] for start in range(0, len(order), MAX_ROWS)]
        return [self.batch([examples[int(row)] for row in groups[n]]) for n in random.permutation(len(groups))]

    def batch(self, examples: Sequence[Example]) -> ReasonBatch:
        """Some examples, padded on the right."""
        words = self.loaded.vocabulary
        rows = [(self.loaded.encode(each.prompt), words.encode(each.text)) for each in examples]
        length = max(len(prompt) + len(text) - 1 for prompt, text in rows)
        tokens = torch.zeros(len(rows), length, dtype=torch.int64)
        mask, targets = torch.zeros_like(tokens), torch.full_like(tokens, NOT_LEARNED)
        for n, (prompt, text) in enumerate(rows):
            own = [*prompt, *words.tokens(text[:-1])]
            tokens[n, : len(own)], mask[n, : len(own)] = torch.tensor(own), 1
            targets[n, len(prompt) - 1 : len(own)] = torch.tensor(text)
        return ReasonBatch(tokens, mask, targets)


@dataclass(frozen=True)
class ReasonObjective:
    """Cross entropy over the writer's words alone: no other token can be written."""

    head: Tensor

    def loss(self, model: Any, batch: ReasonBatch, seed: int) -> Tensor:
        """The mean over the tokens of all texts."""
        return self.token_losses(model, batch).mean()

    def token_losses(self, model: Any, batch: ReasonBatch) -> Tensor:
        """(n_events) minus the log likelihood of each token, row after row."""
        device = self.head.device
        learned = batch.targets != NOT_LEARNED
        with autocast(device):
            inner = backbone_of(model).base_model
            found = inner(input_ids=batch.tokens.to(device), attention_mask=batch.mask.to(device), use_cache=False)
            logits = found.last_hidden_state[learned.to(device)] @ self.head.T
        return torch.nn.functional.cross_entropy(logits.float(), batch.targets[learned].to(device), reduction="none")

    def likelihoods(self, model: Any, batches: Sequence[ReasonBatch]) -> Iterator[Floats]:
        """Of each batch the log likelihoods of its tokens."""
        for batch in batches:
            with torch.inference_mode():
                yield -self.token_losses(model, batch).cpu().numpy()
