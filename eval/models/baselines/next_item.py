"""Training of sequence networks and their scores: windows, batches, cross entropy, the state after the newest item."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from eval.models.baselines.networks import ItemNetwork
from index.data.domain import Histories
from index.progress import progress
from index.types import Floats, Rows

MAX_FULL_ITEMS = 4096  # up to which the softmax is over the whole catalogue; above it, over the target and a sample
SAMPLED = 1024  # items of that sample
MAX_PLACES = 4096  # places of a batch, padding included
WEIGHT_DECAY = 0.01
SPARE = 1.02  # windows are cut anew each epoch, which may make a few more batches

Loss = Callable[[ItemNetwork, Tensor], Tensor]  # of a batch (B, L) of rows, padding at the end


@dataclass(frozen=True)
class Pace:
    """How long and how fast a model is trained; a window has one event more than `length`."""

    name: str
    length: int
    epochs: int
    learning_rate: float


def train(network: ItemNetwork, histories: Histories, pace: Pace, loss: Loss, random: np.random.Generator) -> None:
    """Adam over the windows of all histories, the rate growing for a tenth of the steps and falling to 0 after."""
    steps = sum(1 for _ in batches(histories, pace.length, network.n_items, np.random.default_rng(0)))
    total = math.ceil(pace.epochs * steps * SPARE)
    optimizer = torch.optim.AdamW(network.parameters(), lr=pace.learning_rate, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_up_and_fall(step, total))
    network.train()
    for _ in progress(range(pace.epochs), pace.name):
        for batch in batches(histories, pace.length, network.n_items, random):
            optimizer.zero_grad()
            loss(network, batch).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    network.eval()


def next_item_loss(network: ItemNetwork, batch: Tensor) -> Tensor:
    """Cross entropy of each item given those before it, the mean over all places of (B, L)."""
    targets = batch[:, 1:]
    real = targets != network.n_items
    return item_loss(network, network(batch[:, :-1])[real], targets[real])


@dataclass(frozen=True)
class HiddenItemLoss:
    """Cross entropy of hidden items: a share `hidden` of each window, in a share `last` of windows the last alone."""

    hidden: float
    last: float

    def __call__(self, network: ItemNetwork, batch: Tensor) -> Tensor:
        """Of (B, L) rows, hidden by drawing; each window has at least one hidden item."""
        real = batch != network.n_items
        ends = torch.nn.functional.one_hot(real.sum(1) - 1, batch.shape[1]).bool()
        drawn = (torch.rand(batch.shape) < self.hidden) & real
        only_last = torch.rand(len(batch), 1) < self.last
        hidden = torch.where(only_last | ~drawn.any(1, keepdim=True), ends, drawn)
        states = network(batch.masked_fill(hidden, network.n_items + 1))
        return item_loss(network, states[hidden], batch[hidden])


def item_loss(network: ItemNetwork, states: Tensor, targets: Tensor) -> Tensor:
    """Softmax cross entropy of (N,) targets given (N, width) states.

    Over a large catalogue it is estimated by items drawn evenly, weighted to stand for all (Bengio and Senécal 2003);
    Klenitskiy and Vasilev 2023 show that this, not the binary loss, makes SASRec strong.
    """
    if network.n_items <= MAX_FULL_ITEMS:
        return F.cross_entropy(network.logits(states), targets)
    rows = torch.randint(network.n_items, (SAMPLED,))
    others = network.logits(states, rows) + math.log(network.n_items / SAMPLED)
    others = others.masked_fill(rows == targets[:, None], -torch.inf)
    own = (states * network.items(targets)).sum(1) + network.bias[targets]
    return F.cross_entropy(torch.cat([own[:, None], others], 1), torch.zeros_like(targets))


def score_next(
    network: ItemNetwork, histories: Histories, counts: Floats, length: int, closing: int | None = None
) -> Floats:
    """(users, n_items): logits at the last place of each newest window, with `closing` put behind it where given.

    A cold-start user gets the counts of the items.
    """
    scores = np.tile(counts, (len(histories), 1))
    asked = [n for n, (start, end) in enumerate(_spans(histories)) if end > start]
    if not asked:
        return scores
    room = length - (closing is not None)
    spans = [_spans(histories)[n] for n in asked]
    windows = [histories.rows[max(start, end - room) : end] for start, end in spans]
    if closing is not None:
        windows = [np.append(window, closing) for window in windows]
    last = torch.tensor([len(window) - 1 for window in windows])
    with torch.no_grad():
        states = network(pad_windows(windows, network.n_items))[torch.arange(len(last)), last]
        scores[asked] = network.logits(states).numpy()
    return scores


def batches(histories: Histories, length: int, padding: int, random: np.random.Generator) -> Iterator[Tensor]:
    """All windows of `length` + 1 items once, each sharing its first item with the last of the one before; (B, L).

    Cut at a random place each time, put together by length, in random order.
    """
    windows = [window for start, end in _spans(histories) for window in _cut(start, end, length, random)]
    lengths = np.array([end - start for start, end in windows], np.int64)
    order = np.lexsort((random.random(len(windows)), lengths))
    groups: list[list[int]] = []
    for n in order:
        if not groups or (len(groups[-1]) + 1) * lengths[n] > MAX_PLACES:
            groups.append([])
        groups[-1].append(int(n))
    for place in random.permutation(len(groups)):
        yield pad_windows([histories.rows[slice(*windows[n])] for n in groups[place]], padding)


def pad_windows(windows: list[Rows], padding: int) -> Tensor:
    """(B, L) of the windows, `padding` behind the shorter ones."""
    rows = np.full((len(windows), max(map(len, windows))), padding, np.int64)
    for place, window in enumerate(windows):
        rows[place, : len(window)] = window
    return torch.from_numpy(rows)


def set_popularity(network: ItemNetwork, counts: Floats) -> None:
    """Begin with the items' frequencies as the bias: what an epoch or two would find out."""
    shares = (counts + 0.5) / (counts + 0.5).sum()
    with torch.no_grad():
        network.bias.copy_(torch.from_numpy(np.log(shares).astype(np.float32)))


def _cut(start: int, end: int, length: int, random: np.random.Generator) -> list[tuple[int, int]]:
    """Windows of at most `length` + 1 events that cover a history, of two events or more."""
    if end - start <= length + 1:
        return [(start, end)] if end - start > 1 else []
    first = start + int(random.integers(1, length + 1))
    edges = [start, *range(first, end - 1, length)]
    return [(edge, min(end, until + 1)) for edge, until in zip(edges, [*edges[1:], end], strict=True)]


def _spans(histories: Histories) -> list[tuple[int, int]]:
    return list(zip(histories.starts[:-1].tolist(), histories.starts[1:].tolist(), strict=True))


def _warm_up_and_fall(step: int, total: int) -> float:
    """The learning rate's factor: up to 1 in the first tenth, then down to 0."""
    warm = max(1, total // 10)
    return min((step + 1) / warm, max(0.0, (total - step) / max(1, total - warm)))
