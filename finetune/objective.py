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

FULL_UP_TO = 10_000  # items; with more, the softmax over all of them takes most of the time
BARRED = -1e4  # a logit that counts for nothing, in half precision too


@dataclass(frozen=True)
class NextItemObjective:
    """Cross entropy of the next item; `texts` (n_items, dim), `numbers` (n_items) of known items."""

    texts: Tensor
    numbers: Tensor
    counts: Rows  # training events of each item, by which negatives are drawn

    @cached_property
    def _negatives(self) -> Negatives:
        return Negatives.of(self.counts)

    def loss(self, reranker: SequenceReranker, batch: Batch, seed: int) -> Tensor:
        """The mean over the events of a batch; `seed` draws the negatives of this step."""
        target = torch.from_numpy(batch.next_rows).to(self.texts.device)
        known = target >= 0
        with autocast(self.texts.device):
            text, ids = inputs_of(batch.prompts, self.texts, self.numbers)
            states = reranker.states(text, ids, batch.prompts)[known]
            if len(self.texts) > FULL_UP_TO:
                return self._sampled(reranker, states, target[known], seed)
            items = reranker.items(self.texts, self.numbers)
            scores = reranker.scores(states, items, self.numbers).float()
        barred = _items_before(batch, len(self.texts)).to(scores.device)
        return torch.nn.functional.cross_entropy(scores.masked_fill(barred, BARRED), target[known])

    def _sampled(self, reranker: SequenceReranker, states: Tensor, target: Tensor, seed: int) -> Tensor:
        """The same over a sample, each negative less the log of how often it is drawn (Jean et al. 2015, section 3)."""
        rows, log_expected = self._negatives.draw(NEGATIVES, seed)
        drawn, expected = (torch.from_numpy(each).to(target.device) for each in (rows, log_expected))
        ids = self.numbers[drawn]
        negative = reranker.scores(states, reranker.items(self.texts[drawn], ids), ids).float() - expected
        negative = negative.masked_fill(drawn[None] == target[:, None], BARRED)
        own_ids = self.numbers[target]
        own = reranker.paired_scores(states, reranker.items(self.texts[target], own_ids), own_ids).float()
        scores = torch.cat([own[:, None], negative], 1)
        return torch.nn.functional.cross_entropy(scores, torch.zeros_like(target))


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where the device computes in it, else nothing."""
    on_cpu = device.type == "cpu"
    fast = torch.cpu._is_avx512_bf16_supported() if on_cpu else torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=bool(fast))


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
