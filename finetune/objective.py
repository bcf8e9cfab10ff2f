"""The training objective: at every event, which item comes next, among the whole catalogue or a sample of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from agent.rerank.sequence_reranker import SequenceReranker
from agent.rerank.sequence_scorer import inputs_of
from finetune.batches import Batch
from finetune.negatives import NEGATIVES, Negatives
from index.types import Rows

FULL_UP_TO = 4_000  # items; with 9,000 the softmax over all of them took two thirds of the time
FORGETTING = 1.0  # an item with so many training events is forgotten at half of the steps, docs/log.md has others
BARRED = -1e4  # a logit that counts for nothing, in half precision too


@dataclass(frozen=True)
class NextItemObjective:
    """Cross entropy of the next item; `texts` (n_items, dim), `numbers` (n_items) of known items.

    At each step some items are forgotten: they are read and scored as items without an embedding of their own, by what
    their text says, and the embedding that all unknown items share learns what may be expected of these. An item
    without training events is always one of them, and no candidate: that nobody had it tells nothing of it.
    """

    texts: Tensor
    numbers: Tensor
    counts: Rows  # training events of each item, by which negatives are drawn
    forgetting: float = FORGETTING

    @cached_property
    def _chances_of_forgetting(self) -> Tensor:
        kept = self.counts / np.maximum(self.counts + self.forgetting, 1e-12)
        return torch.from_numpy(np.where(self.counts > 0, 1 - kept, 1.0).astype(np.float32))

    @cached_property
    def _is_cold(self) -> Tensor:
        return torch.from_numpy(self.counts == 0).to(self.texts.device)

    def numbers_at(self, reranker: SequenceReranker, seed: int) -> Tensor:
        """(n_items) the numbers of a step: that of unknown items for those that are forgotten."""
        random = torch.Generator().manual_seed(seed)
        forgotten = torch.rand(len(self.counts), generator=random) < self._chances_of_forgetting
        return self.numbers.masked_fill(forgotten.to(self.numbers.device), reranker.shape.n_ids)

    @cached_property
    def _negatives(self) -> Negatives:
        return Negatives.of(self.counts)

    def loss(self, reranker: SequenceReranker, batch: Batch, seed: int) -> Tensor:
        """The mean over the events of a batch; `seed` draws the negatives of this step."""
        target = torch.from_numpy(batch.next_rows).to(self.texts.device)
        known = target >= 0
        numbers = self.numbers_at(reranker, seed)
        with autocast(self.texts.device):
            text, ids = inputs_of(batch.prompts, self.texts, numbers)
            states = reranker.states(text, ids, batch.prompts)[known]
            if len(self.texts) > FULL_UP_TO:
                return self._sampled(reranker, states, target[known], numbers, seed)
            items = reranker.items(self.texts, numbers)
            scores = reranker.scores(states, items, numbers).float()
        barred = _items_before(batch, len(self.texts)).to(scores.device) | self._is_cold
        return torch.nn.functional.cross_entropy(scores.masked_fill(barred, BARRED), target[known])

    def _sampled(
        self, reranker: SequenceReranker, states: Tensor, target: Tensor, numbers: Tensor, seed: int
    ) -> Tensor:
        """The same over a sample, each negative less the log of how often it is drawn (Jean et al. 2015, section 3)."""
        rows, log_expected = self._negatives.draw(NEGATIVES, seed)
        drawn, expected = (torch.from_numpy(each).to(target.device) for each in (rows, log_expected))
        ids = numbers[drawn]
        negative = reranker.scores(states, reranker.items(self.texts[drawn], ids), ids).float() - expected
        negative = negative.masked_fill(drawn[None] == target[:, None], BARRED)
        own_ids = numbers[target]
        own = reranker.paired_scores(states, reranker.items(self.texts[target], own_ids), own_ids).float()
        scores = torch.cat([own[:, None], negative], 1)
        return torch.nn.functional.cross_entropy(scores, torch.zeros_like(target))


def precision_on(device: torch.device) -> str:
    """What a training computes in: bfloat16 where the device has it, else float32."""
    on_cpu = device.type == "cpu"
    fast = torch.cpu._is_avx512_bf16_supported() if on_cpu else torch.cuda.is_bf16_supported()
    return "bfloat16" if fast else "float32"


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where the device computes in it, else nothing."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision_on(device) == "bfloat16")


def _items_before(batch: Batch, n_items: int) -> Tensor:
    """(tokens, n_items): items that lie at or before each token; they never come next."""
    rows, present = batch.prompts.rows, batch.prompts.present
    n, length = rows.shape
    first = np.full((n, n_items), length, np.int16)
    for place in range(length - 1, -1, -1):
        on = present[:, place]
        first[on, rows[on, place]] = place
    owners, places = np.nonzero(batch.next_rows >= 0)
    before = torch.from_numpy(first)[torch.from_numpy(owners)] <= torch.from_numpy(places)[:, None]
    before[torch.arange(len(owners)), torch.from_numpy(batch.next_rows[owners, places])] = False
    return before
