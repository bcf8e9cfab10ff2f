"""One score out of many: a small network over the features of a candidate, learned from what people did next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index.types import Floats

if TYPE_CHECKING:  # torch is needed to learn a fusion, not to use one
    import torch

HIDDEN = 32
SAME = 1e-6  # spread of a feature that is the same everywhere: it is not stretched, or any other value would drown all
UNKNOWN = 0.5  # of the items of a list, made such to learn how they are judged
EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 8, 128, 3e-3, 1e-4


@dataclass(frozen=True)
class Fusion:
    """Linear part plus two GELU layers over standardised features; `columns` names the features in order.

    An item that nobody had (popularity 0) is judged by a linear part of its own, where there is one: to the network its
    missing views look like those of an item that nobody wants.
    """

    columns: tuple[str, ...]
    weights: Mapping[str, Floats]  # mean, spread, linear, first, first_bias, second, second_bias, last, [unknown]

    def score(self, features: Floats) -> Floats:
        """(n, columns) -> (n,): higher is better, differences are log odds."""
        w = self.weights
        known = self.score_known(features)
        if "unknown" not in w or "popularity" not in self.columns:
            return known
        x = (features - w["mean"]) / w["spread"]
        alone = x @ w["unknown"][:-1] + w["unknown"][-1]
        return np.asarray(np.where(features[:, self.columns.index("popularity")] == 0, alone, known), np.float32)

    def score_known(self, features: Floats) -> Floats:
        """The same by the network alone."""
        w = self.weights
        x = (features - w["mean"]) / w["spread"]
        hidden = _gelu(_gelu(x @ w["first"] + w["first_bias"]) @ w["second"] + w["second_bias"])
        return np.asarray(x @ w["linear"] + hidden @ w["last"], np.float32)


@dataclass(frozen=True)
class FusionList:
    """Features (candidates, columns), the true item first; `offsets` (candidates) are the logs of how many items each
    stands for, -inf for one that only fills the list."""

    features: Floats
    offsets: Floats


def fit_fusion(lists: Sequence[FusionList], columns: tuple[str, ...], seed: int) -> Fusion:
    """Learn from lists of equal length.

    The loss is the cross entropy of a softmax over each list (listwise, Cao et al. 2007, doi:10.1145/1273496.1273513),
    in which a candidate that was drawn stands for those that were not (Bengio and Senecal 2003).
    """
    import torch

    stacked = np.stack([each.features for each in lists])
    offsets = torch.from_numpy(np.stack([each.offsets for each in lists]))
    flat = stacked.reshape(-1, len(columns))
    mean = flat.mean(0, dtype=np.float64).astype(np.float32)  # in float32 a sum over so many rows loses its last digits
    spread = flat.std(0, dtype=np.float64)
    spread = np.where(spread > SAME, spread, 1).astype(np.float32)
    features = torch.from_numpy((stacked - mean) / spread)
    truth = torch.zeros(len(lists), dtype=torch.int64)
    random = torch.Generator().manual_seed(seed)
    parameters = _fresh(len(columns), random)
    optimizer = torch.optim.AdamW(parameters.values(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * -(-len(truth) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=max(steps, 2))
    for _ in range(EPOCHS):
        for batch in torch.split(torch.randperm(len(truth), generator=random), BATCH):
            scores = _forward(parameters, features[batch]) + offsets[batch]
            loss = torch.nn.functional.cross_entropy(scores, truth[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimizer.step()
            schedule.step()
    learned = {name: value.detach().numpy().astype(np.float32) for name, value in parameters.items()}
    return Fusion(columns, {"mean": mean, "spread": spread, **learned})


def add_cold_items(fusion: Fusion, lists: Sequence[FusionList], by_text: Sequence[str], seed: int) -> Fusion:
    """The fusion with a judge of items that nobody had, by the columns `by_text` alone.

    It learns from the same lists with half of their items made unknown at random, among which the network's scores of
    the others stay as they are.
    """
    import torch

    stacked = np.stack([each.features for each in lists])
    flat = stacked.reshape(-1, len(fusion.columns))
    network = torch.from_numpy(fusion.score_known(flat).reshape(stacked.shape[:2]))
    read = torch.from_numpy(np.isin(np.array(fusion.columns), by_text).astype(np.float32))
    features = torch.from_numpy((stacked - fusion.weights["mean"]) / fusion.weights["spread"]) * read
    offsets = torch.from_numpy(np.stack([each.offsets for each in lists]))
    random = torch.Generator().manual_seed(seed)
    weights = torch.zeros(len(fusion.columns) + 1, requires_grad=True)
    optimizer = torch.optim.AdamW([weights], lr=10 * LEARNING_RATE, weight_decay=0.0)
    truth = torch.zeros(len(lists), dtype=torch.int64)
    for _ in range(EPOCHS):
        for batch in torch.split(torch.randperm(len(truth), generator=random), BATCH):
            unknown = torch.rand(len(batch), stacked.shape[1], generator=random) < UNKNOWN
            alone = features[batch] @ weights[:-1] + weights[-1]
            scores = torch.where(unknown, alone, network[batch]) + offsets[batch]
            loss = torch.nn.functional.cross_entropy(scores, truth[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimizer.step()
    learned = (weights.detach() * torch.cat([read, torch.ones(1)])).numpy().astype(np.float32)
    return Fusion(fusion.columns, {**fusion.weights, "unknown": learned})


def untrained_fusion(columns: tuple[str, ...], weights: Mapping[str, float]) -> Fusion:
    """A plain weighted sum, for a domain with too few events to learn from."""
    n = len(columns)
    linear = np.array([weights.get(name, 0.0) for name in columns], np.float32)
    empty = {"first": (n, 1), "first_bias": (1,), "second": (1, 1), "second_bias": (1,), "last": (1,)}
    zeros = {name: np.zeros(shape, np.float32) for name, shape in empty.items()}
    return Fusion(
        columns, {"mean": np.zeros(n, np.float32), "spread": np.ones(n, np.float32), "linear": linear, **zeros}
    )


def _fresh(n_columns: int, random: "torch.Generator") -> "dict[str, torch.Tensor]":
    """Parameters before training; the last layer is zero, so that the network begins as its linear part."""
    import torch

    def drawn(*shape: int) -> torch.Tensor:
        return torch.div(torch.randn(*shape, generator=random), shape[0] ** 0.5)

    found = {
        "linear": torch.zeros(n_columns),
        "first": drawn(n_columns, HIDDEN),
        "first_bias": torch.zeros(HIDDEN),
        "second": drawn(HIDDEN, HIDDEN),
        "second_bias": torch.zeros(HIDDEN),
        "last": torch.zeros(HIDDEN),
    }
    return {name: value.requires_grad_() for name, value in found.items()}


def _forward(p: "dict[str, torch.Tensor]", x: "torch.Tensor") -> "torch.Tensor":
    import torch
    from torch.nn.functional import gelu as torch_gelu

    first = torch_gelu(x @ p["first"] + p["first_bias"], approximate="tanh")
    second = torch_gelu(first @ p["second"] + p["second_bias"], approximate="tanh")
    return torch.add(x @ p["linear"], second @ p["last"])


def _gelu(x: npt.NDArray[np.floating[Any]]) -> Floats:
    """GELU by its tanh form (Hendrycks & Gimpel 2016)."""
    return np.asarray(0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))), np.float32)
