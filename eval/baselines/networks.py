"""The networks of the sequence models in PyTorch: a causal or two-way Transformer, and a GRU."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INITIAL = 0.02  # spread of fresh embeddings, as in BERT


class ItemNetwork(nn.Module):
    """Items in, states out: (B, L) rows -> (B, L, width). The row `n_items` is padding, `n_items + 1` the mask."""

    def __init__(self, n_items: int, width: int) -> None:
        super().__init__()
        self.n_items = n_items
        self.items = nn.Embedding(n_items + 2, width, padding_idx=n_items)
        self.bias = nn.Parameter(torch.zeros(n_items))
        nn.init.normal_(self.items.weight, std=INITIAL)

    def logits(self, states: Tensor, rows: Tensor | None = None) -> Tensor:
        """(N, width) -> (N, items), of all items or of some rows: inner products with the inputs' own embeddings."""
        if rows is None:
            return states @ self.items.weight[: self.n_items].T + self.bias
        return states @ self.items(rows).T + self.bias[rows]


class Transformer(ItemNetwork):
    """Self-attention over learned positions, layer norm first; `causal` where a place may not see what comes after."""

    def __init__(self, n_items: int, width: int, layers: int, length: int, dropout: float, causal: bool) -> None:
        super().__init__(n_items, width)
        self.places = nn.Embedding(length, width)
        nn.init.normal_(self.places.weight, std=INITIAL)
        self.blocks = nn.ModuleList(Block(width, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.dropout, self.causal = nn.Dropout(dropout), causal

    def forward(self, rows: Tensor) -> Tensor:
        """(B, L) -> (B, L, width); padding stands at the end."""
        x = self.dropout(self.items(rows) + self.places.weight[: rows.shape[1]])
        seen = None if self.causal else (rows != self.n_items)[:, None, None, :]
        for block in self.blocks:
            x = block(x, seen)
        normed: Tensor = self.norm(x)
        return normed


class Block(nn.Module):
    """One layer of a Transformer with heads of 32; `seen` (B, 1, 1, L) marks what is attended to, None: the past."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.heads = max(1, width // 32)
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inputs, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, seen: Tensor | None) -> Tensor:
        """(B, L, width) -> the same shape."""
        n, length, width = x.shape
        parts = self.inputs(self.before(x)).view(n, length, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # each (B, heads, L, width / heads)
        rate = self.dropout.p if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=seen is None, dropout_p=rate)
        x = x + self.dropout(self.output(mixed.transpose(1, 2).reshape(n, length, width)))
        return x + self.dropout(self.narrow(F.gelu(self.wide(self.between(x)))))


class Recurrent(ItemNetwork):
    """A GRU over embedded items."""

    def __init__(self, n_items: int, width: int, layers: int, dropout: float) -> None:
        super().__init__(n_items, width)
        self.gru = nn.GRU(width, width, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor) -> Tensor:
        """(B, L) -> (B, L, width); padding stands at the end."""
        states, _ = self.gru(self.dropout(self.items(rows)))
        normed: Tensor = self.norm(self.dropout(states))
        return normed
