"""The small network of the fusion: its width and rates, and how it is fitted to training lists by gradient descent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from index.progress import progress
from index.retrieval.fusion import Fusion
from index.types import Floats

if TYPE_CHECKING:  # torch is needed to fit a fusion, not to build its training lists
    import torch

HIDDEN = 32  # width of both layers
MIN_SPREAD = 1e-6  # a feature that varies less is not stretched: any other value of it would drown all features
COLD_SHARE = 0.5  # of the items of a list are treated as cold, to fit how these are scored
EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 8, 128, 3e-3, 1e-4


@dataclass(frozen=True)
class TrainingList:
    """Features (candidates, columns), the true item first.

    `offsets` (candidates) are the logs of how many items each stands for, -inf for one that only fills the list.
    """

    features: Floats
    offsets: Floats


def fit_fusion(lists: Sequence[TrainingList], columns: tuple[str, ...], seed: int) -> Fusion:
    """Fit to lists of equal length.

    The loss is the cross entropy of a softmax over each list (listwise, Cao et al. 2007, doi:10.1145/1273496.1273513),
    in which a candidate that was drawn stands for those that were not (Bengio and Senecal 2003).
    """
    import torch

    stacked = np.stack([each.features for each in lists])
    offsets = torch.from_numpy(np.stack([each.offsets for each in lists]))
    flat = stacked.reshape(-1, len(columns))
    mean = flat.mean(0, dtype=np.float64).astype(np.float32)  # in float32 a sum over so many rows loses its last digits
    spread = flat.std(0, dtype=np.float64)
    spread = np.where(spread > MIN_SPREAD, spread, 1).astype(np.float32)
    features = torch.from_numpy((stacked - mean) / spread)
    truth = torch.zeros(len(lists), dtype=torch.int64)
    random = torch.Generator().manual_seed(seed)
    parameters = _draw_parameters(len(columns), random)
    optimizer = torch.optim.AdamW(parameters.values(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * -(-len(truth) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=max(steps, 2))
    for _ in progress(range(EPOCHS), f"fitting the fusion to {len(lists):,} lists, epochs"):
        for batch in torch.split(torch.randperm(len(truth), generator=random), BATCH):
            scores = _forward(parameters, features[batch]) + offsets[batch]
            loss = torch.nn.functional.cross_entropy(scores, truth[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimizer.step()
            schedule.step()
    learned = {name: value.detach().numpy().astype(np.float32) for name, value in parameters.items()}
    return Fusion(columns, {"mean": mean, "spread": spread, **learned})


def add_cold_items(fusion: Fusion, lists: Sequence[TrainingList], text_columns: Sequence[str], seed: int) -> Fusion:
    """The fusion with a linear part that scores cold items by the columns `text_columns` alone.

    It is fitted to the same lists, of which a random half of the items are treated as cold; the network's scores of
    the others stay as they are.
    """
    import torch

    stacked = np.stack([each.features for each in lists])
    flat = stacked.reshape(-1, len(fusion.columns))
    network = torch.from_numpy(fusion.score_as_warm(flat).reshape(stacked.shape[:2]))
    read = torch.from_numpy(np.isin(np.array(fusion.columns), text_columns).astype(np.float32))
    features = torch.from_numpy((stacked - fusion.weights["mean"]) / fusion.weights["spread"]) * read
    offsets = torch.from_numpy(np.stack([each.offsets for each in lists]))
    random = torch.Generator().manual_seed(seed)
    weights = torch.zeros(len(fusion.columns) + 1, requires_grad=True)
    optimizer = torch.optim.AdamW([weights], lr=10 * LEARNING_RATE, weight_decay=0.0)
    truth = torch.zeros(len(lists), dtype=torch.int64)
    for _ in progress(range(EPOCHS), "fitting the fusion to cold items, epochs"):
        for batch in torch.split(torch.randperm(len(truth), generator=random), BATCH):
            is_cold = torch.rand(len(batch), stacked.shape[1], generator=random) < COLD_SHARE
            cold = features[batch] @ weights[:-1] + weights[-1]
            scores = torch.where(is_cold, cold, network[batch]) + offsets[batch]
            loss = torch.nn.functional.cross_entropy(scores, truth[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimizer.step()
    learned = (weights.detach() * torch.cat([read, torch.ones(1)])).numpy().astype(np.float32)
    return Fusion(fusion.columns, {**fusion.weights, "cold": learned})


def _draw_parameters(n_columns: int, random: "torch.Generator") -> "dict[str, torch.Tensor]":
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
