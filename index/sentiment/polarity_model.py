"""The polarity model: the states of a tuned BERT, pooled as their mean and as the first token's, and a small head."""

from typing import Any

import torch
from torch import Tensor, nn

WIDTH, DROPOUT = 64, 0.1


class PolarityModel(nn.Module):
    """Log odds that what a passage says is good."""

    def __init__(self, base: Any, dim: int) -> None:
        super().__init__()
        self.base = base
        self.head = nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(2 * dim, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 1))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Tokens and their mask (B, T) to log odds (B)."""
        states = self.base(input_ids=tokens, attention_mask=mask)[0]
        present = mask[..., None].to(states.dtype)
        mean = (states * present).sum(1) / present.sum(1).clamp(min=1)
        found: Tensor = self.head(torch.cat([mean, states[:, 0]], 1))[:, 0]
        return found.float()
