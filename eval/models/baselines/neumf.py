"""NeuMF, neural collaborative filtering (He et al. 2017): a network over a user and an item predicts an event."""

from collections.abc import Mapping, Sequence

import numpy as np

from eval.models.baselines.user_histories import fill_cold_start, item_counts, places_in
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.data.splits import NO_USER
from index.progress import progress
from index.types import Floats

BATCH = 4096  # events; each brings its negatives
PAIRS = 1 << 18  # scored at a time


class NeuMF:
    """Binary cross entropy over events and `negatives` random items for each.

    It has embeddings of the users it was fitted on only; others get what is popular.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "width": (16, 32, 64),
        "dropout": (0.0, 0.2, 0.5),
        "negatives": (4, 8),
        "learning_rate": (0.002, 0.005),
        "weight_decay": (0.0, 1e-6, 1e-5),
        "epochs": (20, 40),
    }
    needs_index = False

    def __init__(
        self,
        width: int = 32,
        dropout: float = 0.2,
        negatives: int = 4,
        learning_rate: float = 0.005,
        weight_decay: float = 1e-6,
        epochs: int = 20,
    ) -> None:
        self.width, self.dropout, self.negatives = width, dropout, negatives
        self.learning_rate, self.weight_decay, self.epochs = learning_rate, weight_decay, epochs

    def fit(self, training: Training) -> None:
        """Train for a fixed number of epochs, the negatives drawn anew in each."""
        import torch

        from eval.models.baselines.gradient_descent import random_batches, seeded, step_down
        from eval.models.baselines.networks import PairNetwork

        self._fitted = training.histories
        self._counts = item_counts(training.histories, training.n_items)
        users = torch.from_numpy(self._fitted.owners)
        items = torch.from_numpy(self._fitted.rows)
        with seeded(training.seed):
            network = PairNetwork(len(self._fitted), training.n_items, self.width, self.dropout)
            optimizer = torch.optim.Adam(network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay)
            for _ in progress(range(self.epochs), "neumf"):
                for batch in random_batches(len(items), BATCH):
                    drawn = torch.randint(training.n_items, (len(batch), self.negatives))
                    pairs = torch.cat([items[batch, None], drawn], 1)
                    logits = network(users[batch, None], pairs)
                    truth = torch.zeros_like(logits)
                    truth[:, 0] = 1
                    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth)
                    step_down(optimizer, loss)
        self._network = network.eval()

    def scores(self, histories: Histories) -> Floats:
        """(users, items): logits."""
        import torch

        places = places_in(self._fitted, histories)
        items = torch.arange(len(self._counts))[None]
        step = max(1, PAIRS // len(self._counts))
        with torch.no_grad():
            parts = [
                self._network(torch.from_numpy(np.maximum(places[start : start + step], 0))[:, None], items).numpy()
                for start in range(0, len(places), step)
            ]
        return fill_cold_start(places == NO_USER, np.concatenate(parts), self._counts)
