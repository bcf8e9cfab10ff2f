"""Batches of examples, and what is learned of them: the next token of a text among the words of the writer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agent.explain.gpt.model import LoadedWriter, WordingModel
from agent.explain.gpt.slot_text import SlotText
from finetune.objective import autocast
from finetune.reasons.examples import Example
from index.types import Floats

MAX_ROWS = 8  # of a batch: many small steps train better than few large ones
BARRED = -1e4  # a logit that counts for nothing
NOT_LEARNED = -100  # a place that is no part of a text


@dataclass(frozen=True)
class ReasonBatch:
    """Tokens and mask (B, T); what comes after each token among the writer's words, (B, T), elsewhere -100.

    `allowed` (n_events, words): what could have come, row after row.
    """

    tokens: Tensor
    mask: Tensor
    targets: Tensor
    allowed: Tensor

    @property
    def n_events(self) -> int:
        """Number of tokens that are predicted."""
        return len(self.allowed)


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
        rows = [(self.loaded.encode(each.plan.prompt), words.encode(each.text)) for each in examples]
        length = max(len(prompt) + len(text) - 1 for prompt, text in rows)
        tokens = torch.zeros(len(rows), length, dtype=torch.int64)
        mask, targets = torch.zeros_like(tokens), torch.full_like(tokens, NOT_LEARNED)
        for n, (prompt, text) in enumerate(rows):
            own = [*prompt, *words.tokens(text[:-1])]
            tokens[n, : len(own)], mask[n, : len(own)] = torch.tensor(own), 1
            targets[n, len(prompt) - 1 : len(own)] = torch.tensor(text)
        allowed = [self._allowed(each, text) for each, (_, text) in zip(examples, rows, strict=True)]
        return ReasonBatch(tokens, mask, targets, torch.cat(allowed))

    def _allowed(self, example: Example, text: Sequence[int]) -> Tensor:
        """(tokens of the text, words) what could be written at each place."""
        words = self.loaded.vocabulary
        written = SlotText(example.plan, self.loaded.table, words.spelled, words.end)
        found = torch.zeros(len(text), len(words.ids), dtype=torch.bool)
        for n, token in enumerate(text):
            found[n, sorted(written.allowed())] = True
            written.take(token)
        return found


def reason_loss(model: WordingModel, batch: ReasonBatch, seed: int) -> Tensor:
    """The mean cross entropy of the tokens of all texts, among those that could be written in their places."""
    return _token_losses(model, batch).mean()


def token_likelihoods(model: WordingModel, batches: Sequence[ReasonBatch]) -> Iterator[Floats]:
    """Of each batch the log likelihoods of its tokens."""
    for batch in batches:
        with torch.inference_mode():
            yield -_token_losses(model, batch).cpu().numpy()


def _token_losses(model: WordingModel, batch: ReasonBatch) -> Tensor:
    """(n_events) minus the log likelihood of each token, row after row."""
    device = model.head.weight.device
    learned = (batch.targets != NOT_LEARNED).to(device)
    with autocast(device):
        inputs = {"input_ids": batch.tokens.to(device), "attention_mask": batch.mask.to(device)}
        logits = model.head(model.states(**inputs, use_cache=False).last_hidden_state[learned])
    logits = logits.float().masked_fill(~batch.allowed.to(device), BARRED)
    return torch.nn.functional.cross_entropy(logits, batch.targets.to(device)[learned], reduction="none")
