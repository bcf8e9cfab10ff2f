"""The networks of the sequence models in PyTorch: a causal or two-way Transformer, and a GRU."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LAYERS = 2
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
            every: Tensor = states @ self.items.weight[: self.n_items].T + self.bias
            return every
        some: Tensor = states @ self.items(rows).T + self.bias[rows]
        return some


class AttentionBlock(nn.Module):
    """What the layers of a Transformer have in common: layer norm first, attention with heads of 32, dropout."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.heads = max(1, width // 32)
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inputs, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def attend(self, x: Tensor, seen: Tensor | None) -> Tensor:
        """(B, L, width) of what each place finds; `seen` (B, 1, 1, L) marks what is attended to, None: the past."""
        n, length, width = x.shape
        parts = self.inputs(self.before(x)).view(n, length, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # each (B, heads, L, width / heads)
        rate = self.dropout.p if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=seen is None, dropout_p=rate)
        found: Tensor = self.dropout(self.output(mixed.transpose(1, 2).reshape(n, length, width)))
        return found


class Block(AttentionBlock):
    """One layer of a Transformer."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, seen: Tensor | None) -> Tensor:
        """(B, L, width) -> the same shape."""
        x = x + self.attend(x, seen)
        wider: Tensor = x + self.dropout(self.narrow(F.gelu(self.wide(self.between(x)))))
        return wider


class GatedBlock(AttentionBlock):
    """A layer whose attention and network are added as far as a gate of the input lets them (Borisyuk et al. 2024).

    The network is a SwiGLU (Shazeer 2020).
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.first_gate, self.second_gate = nn.Linear(width, width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 8 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, seen: Tensor | None) -> Tensor:
        """(B, L, width) -> the same shape."""
        x = x + torch.sigmoid(self.first_gate(x)) * self.attend(x, seen)
        gate, value = self.wide(self.between(x)).chunk(2, -1)
        wider: Tensor = x + torch.sigmoid(self.second_gate(x)) * self.dropout(self.narrow(F.silu(gate) * value))
        return wider


class Transformer(ItemNetwork):
    """Self-attention over learned positions, layer norm first; `causal` where a place may not see what comes after."""

    def __init__(
        self,
        n_items: int,
        width: int,
        layers: int,
        length: int,
        dropout: float,
        causal: bool,
        block: type[AttentionBlock] = Block,
    ) -> None:
        super().__init__(n_items, width)
        self.places = nn.Embedding(length, width)
        nn.init.normal_(self.places.weight, std=INITIAL)
        self.blocks = nn.ModuleList(block(width, dropout) for _ in range(layers))
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


class Recurrent(ItemNetwork):
    """One layer of a GRU over embedded items."""

    def __init__(self, n_items: int, width: int, dropout: float) -> None:
        super().__init__(n_items, width)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor) -> Tensor:
        """(B, L) -> (B, L, width); padding stands at the end."""
        states, _ = self.gru(self.dropout(self.items(rows)))
        normed: Tensor = self.norm(self.dropout(states))
        return normed


class PairNetwork(nn.Module):
    """NeuMF: a product of embeddings and a network over another pair of them, added up to one logit."""

    def __init__(self, n_users: int, n_items: int, width: int, dropout: float) -> None:
        super().__init__()
        self.users, self.items = nn.Embedding(n_users, 2 * width), nn.Embedding(n_items, 2 * width)
        self.bias = nn.Embedding(n_items, 1)
        nn.init.zeros_(self.bias.weight)
        for table in (self.users, self.items):
            nn.init.normal_(table.weight, std=INITIAL * 5)
        self.width = width
        self.of_user, self.of_item = nn.Linear(width, 2 * width), nn.Linear(width, 2 * width, bias=False)
        self.deep = nn.Sequential(nn.ReLU(), nn.Dropout(dropout), nn.Linear(2 * width, width), nn.ReLU())
        self.product, self.last = nn.Linear(width, 1, bias=False), nn.Linear(width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Logits of pairs; the shapes of users and items may differ, as (B, 1) and (1, N): the result is (B, N)."""
        p, i = self.dropout(self.users(users)), self.dropout(self.items(items))
        w = self.width
        product = self.product(p[..., :w] * i[..., :w])
        deep = self.last(self.deep(self.of_user(p[..., w:]) + self.of_item(i[..., w:])))
        logits: Tensor = (product + deep + self.bias(items)).squeeze(-1)
        return logits


class Autoencoder(nn.Module):
    """Mult-VAE: a history as a vector of length one, by way of a small normal variable, to logits of all items."""

    def __init__(self, n_items: int, width: int, latent: int, dropout: float) -> None:
        super().__init__()
        self.encoder, self.moments = nn.Linear(n_items, width), nn.Linear(width, 2 * latent)
        self.decoder, self.output = nn.Linear(latent, width), nn.Linear(width, n_items)
        self.dropout = nn.Dropout(dropout)

    def forward(self, interactions: Tensor) -> tuple[Tensor, Tensor]:
        """(B, n_items) -> logits (B, n_items) and the divergence from the standard normal (B,)."""
        hidden = torch.tanh(self.encoder(self.dropout(F.normalize(interactions))))
        mean, log_variance = self.moments(hidden).chunk(2, 1)
        drawn = mean + torch.randn_like(mean) * (log_variance / 2).exp() if self.training else mean
        divergence = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(1)
        return self.output(torch.tanh(self.decoder(drawn))), divergence
