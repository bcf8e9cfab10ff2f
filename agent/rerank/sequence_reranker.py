"""The sequence reranker's model: a BERT or GPT with LoRA over a history of item tokens, which predicts the next item.

An item is one token: its text vector through a projection, an embedding of its own, its rating bucket and its time-gap
bucket. Attention is causal, so that in training every event of a history is predicted from those
before it (Kang & McAuley 2018, "Self-Attentive Sequential Recommendation").
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from agent.rerank.packed_scoring import Prefix, read
from agent.rerank.sequence_prompt import RATING_BUCKETS, TIME_GAP_BUCKETS, PromptBatch
from index.embedding.backbones import backbone_of

ID_SCALE = 4.0  # small embeddings then weigh as much as a text vector before the first layer norm


@dataclass(frozen=True)
class RerankerShape:
    """Sizes of the model beside its base: items known by id, width of text vectors and of ids, layers of the base."""

    n_ids: int
    text_dim: int
    id_dim: int
    layers: int
    dropout: float = 0.2


class SequenceReranker(nn.Module):
    """(B, T) prompts to scores of items; `base` is a Hugging Face model, its LoRA in place or not."""

    def __init__(self, base: nn.Module, shape: RerankerShape, width: int) -> None:
        super().__init__()
        self.base = base
        self.shape = shape
        self.text_in = nn.Linear(shape.text_dim, width)
        self.ids = nn.Embedding(shape.n_ids + 1, shape.id_dim)  # the last one is any item without an id of its own
        self.id_in = nn.Linear(shape.id_dim, width, bias=False)
        self.ratings = nn.Embedding(RATING_BUCKETS, width)
        self.time_gaps = nn.Embedding(TIME_GAP_BUCKETS, width)
        self.dropout = nn.Dropout(shape.dropout)
        self.out = nn.Linear(width, width)
        self.text_out = nn.Linear(shape.text_dim, width, bias=False)
        self.id_out = nn.Linear(shape.id_dim, width, bias=False)
        self.bias = nn.Embedding(shape.n_ids + 1, 1)
        self.register_buffer("centre", torch.zeros(shape.text_dim))  # mean text vector of the catalogue it learned on
        for table in (self.ids, self.ratings, self.time_gaps):
            nn.init.normal_(table.weight, std=0.02)
        nn.init.zeros_(self.bias.weight)

    def head_state(self) -> dict[str, Tensor]:
        """All trained tensors beside the base and its LoRA."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith("base.")}

    def states(self, text: Tensor, ids: Tensor, batch: PromptBatch) -> Tensor:
        """(B, T, width): the state after each prefix. `text` (B, T, text_dim), `ids` (B, T) numbers of known items."""
        device = text.device
        present = torch.from_numpy(batch.present).to(device)
        tokens = self._tokens(text, ids, batch)
        length = tokens.shape[1]
        seen = torch.ones(length, length, dtype=torch.bool, device=device).tril()[None] & present[:, None, :]
        barred = torch.zeros(seen.shape, device=device).masked_fill(~seen, torch.finfo(torch.float32).min)[:, None]
        read = self.base(
            inputs_embeds=self.dropout(tokens),
            attention_mask=barred,
            position_ids=torch.from_numpy(batch.positions).to(device),
        )
        found: Tensor = self.out(self.dropout(read.last_hidden_state))
        return found

    def read_on(self, text: Tensor, ids: Tensor, batch: PromptBatch, prefix: Prefix) -> Prefix:
        """The prefix of one prompt (1, T) behind that of its first events; its `last` is what `expected` takes."""
        return read(backbone_of(self.base), self._tokens(text, ids, batch), prefix)

    def expected(self, last: Tensor) -> Tensor:
        """The state after an output of the base: the same as `states` of a whole prompt at that place."""
        found: Tensor = self.out(last)
        return found

    def _tokens(self, text: Tensor, ids: Tensor, batch: PromptBatch) -> Tensor:
        """(B, T, width): items as inputs of the base."""
        ratings, time_gaps = (torch.from_numpy(part).to(text.device) for part in (batch.ratings, batch.time_gaps))
        found: Tensor = (
            self.text_in(text)
            + ID_SCALE * self.id_in(self.ids(ids))
            + self.ratings(ratings)
            + self.time_gaps(time_gaps)
        )
        return found

    def items(self, text: Tensor, ids: Tensor) -> Tensor:
        """(n, width): the vectors of items that states are compared with."""
        found: Tensor = self.text_out(text) + self.id_out(self.ids(ids))
        return found

    def scores(self, states: Tensor, items: Tensor, ids: Tensor) -> Tensor:
        """(…, n) log odds of items after states (…, width)."""
        found: Tensor = states @ items.T / math.sqrt(items.shape[1]) + self.bias(ids).squeeze(-1)
        return found

    def paired_scores(self, states: Tensor, items: Tensor, ids: Tensor) -> Tensor:
        """(n) log odds of each item after the state at its own place: states and items (n, width)."""
        found: Tensor = (states * items).sum(-1) / math.sqrt(items.shape[1]) + self.bias(ids).squeeze(-1)
        return found
