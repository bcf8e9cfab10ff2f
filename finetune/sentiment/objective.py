"""Batches of labelled passages, and what is learned of them: the log odds that their label asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from finetune.objective import autocast
from finetune.sentiment.labelled import LabelledText, labels_of
from index.sentiment.passages import passages_of
from index.sentiment.polarity import padded, tokens_of
from index.types import Floats

MAX_TOKENS = 1_280  # of a batch, padding included
MAX_LINES = 32  # of a batch: many small steps train better than few large ones
SMOOTHING = 0.05  # a label of 1 asks for a probability of .975: stars and raters err
MIN_WEIGHT, MAX_WEIGHT = 0.5, 3.0  # of the rarer and commoner polarity


@dataclass(frozen=True)
class PolarityBatch:
    """Tokens and mask (B, T), the probabilities that the labels ask for (B), the weights of the lines (B)."""

    tokens: Tensor
    mask: Tensor
    targets: Tensor
    weights: Tensor

    @property
    def n_events(self) -> int:
        """Number of lines."""
        return len(self.targets)


@dataclass(frozen=True)
class PolarityBatches:
    """Draws the batches of an epoch: of each line one passage, in batches of like length."""

    tokenizer: Any
    seed: int

    def draw(self, lines: Sequence[LabelledText], epoch: int) -> list[PolarityBatch]:
        """All lines once, in an order of this epoch's own."""
        random = np.random.default_rng((self.seed, epoch))
        ids = tokens_of(self.tokenizer, [_drawn_passage(each, random) for each in lines])
        labels = labels_of(lines)
        weights = sign_weights(labels)
        order = np.argsort([len(each) + 3 * random.random() for each in ids], kind="stable")
        groups = list(_groups([len(ids[n]) for n in order]))
        return [self._batch(order[groups[n]], ids, labels, weights) for n in random.permutation(len(groups))]

    def _batch(self, rows: Any, ids: list[list[int]], labels: Floats, weights: Floats) -> PolarityBatch:
        tokens, mask = padded([ids[row] for row in rows], self.tokenizer.pad_token_id or 0)
        targets = 0.5 + (0.5 - SMOOTHING / 2) * labels[rows]
        return PolarityBatch(tokens, mask, torch.from_numpy(targets), torch.from_numpy(weights[rows]))


def polarity_loss(model: Any, batch: PolarityBatch, seed: int) -> Tensor:
    """Cross entropy of the labels' probabilities, rarer polarities weighing more."""
    device = next(model.parameters()).device
    with autocast(device):
        found = model(batch.tokens.to(device), batch.mask.to(device))
    targets, weights = batch.targets.to(device), batch.weights.to(device)
    return torch.nn.functional.binary_cross_entropy_with_logits(found, targets, weight=weights)


def sign_weights(labels: Floats) -> Floats:
    """A weight a line, so that the rarer sign weighs more: the root of how much rarer it is, mean near 1."""
    signs = np.sign(labels)
    counts = {sign: max(1, int((signs == sign).sum())) for sign in (-1, 1)}
    mean = sum(counts.values()) / 2
    by_sign = {s: float(np.clip(np.sqrt(mean / n), MIN_WEIGHT, MAX_WEIGHT)) for s, n in counts.items()}
    return np.array([by_sign.get(int(sign), 1.0) for sign in signs], np.float32)


def _drawn_passage(line: LabelledText, random: np.random.Generator) -> str:
    """One of the passages that a judge reads of the text, by their weights."""
    passages = passages_of(line.text, line.aspect or None)
    if len(passages) == 1:
        return passages[0].text
    weights = np.array([max(each.weight, 1e-6) for each in passages])
    return passages[int(random.choice(len(passages), p=weights / weights.sum()))].text


def _groups(lengths: Sequence[int]) -> Iterator[slice]:
    """Places of ascending lengths in groups that fill MAX_TOKENS when padded to their longest."""
    start = 0
    for place, length in enumerate(lengths):
        if place > start and (length * (place - start + 1) > MAX_TOKENS or place - start >= MAX_LINES):
            yield slice(start, place)
            start = place
    if len(lengths) > start:
        yield slice(start, len(lengths))
