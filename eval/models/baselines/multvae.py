"""Mult-VAE: a variational autoencoder with a multinomial likelihood (Liang et al. 2018)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval.models.baselines.user_histories import decayed_matrix, fill_cold_start, item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.progress import progress
from index.types import Floats

BATCH = 128  # users
WEIGHT_DECAY = 1e-4


class MultVAE:
    """A history is encoded as a normal variable of `latent` dimensions and decoded to logits of all items.

    The weight of the divergence grows from 0 to `beta` over the first half of the steps; where it scores, the events
    of a history are weighted by `decay`, in newer events.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "width": (200, 600),
        "latent": (32, 64, 200),
        "dropout": (0.3, 0.5, 0.7),
        "beta": (0.05, 0.2, 0.5),
        "decay": (0.0, 10.0, 30.0),
        "learning_rate": (0.001, 0.003),
        "epochs": (50, 100, 200),
    }
    needs_index = False

    def __init__(
        self,
        width: int = 200,
        latent: int = 64,
        dropout: float = 0.5,
        beta: float = 0.2,
        decay: float = 10.0,
        learning_rate: float = 0.003,
        epochs: int = 100,
    ) -> None:
        self.width, self.latent, self.dropout = width, latent, dropout
        self.beta, self.decay = beta, decay
        self.learning_rate, self.epochs = learning_rate, epochs

    def fit(self, training: Training) -> None:
        """Train for a fixed number of epochs."""
        import torch

        from eval.models.baselines.gradient_descent import seeded, step_down
        from eval.models.baselines.networks import Autoencoder

        self._counts = item_counts(training.histories, training.n_items)
        interactions = decayed_matrix(training.histories, training.n_items, 0.0)
        interactions = interactions[np.flatnonzero(training.histories.lengths)]
        steps = self.epochs * -(-interactions.shape[0] // BATCH)
        with seeded(training.seed) as random:
            network = Autoencoder(training.n_items, self.width, self.latent, self.dropout)
            optimizer = torch.optim.AdamW(network.parameters(), lr=self.learning_rate, weight_decay=WEIGHT_DECAY)
            done = 0
            for _ in progress(range(self.epochs), "multvae"):
                for users in np.array_split(
                    random.permutation(interactions.shape[0]), -(-interactions.shape[0] // BATCH)
                ):
                    batch = torch.from_numpy(interactions[users].toarray())
                    logits, divergence = network(batch)
                    beta = self.beta * min(1.0, 2 * done / steps)
                    fit = -(torch.log_softmax(logits, 1) * batch).sum(1)
                    step_down(optimizer, (fit + beta * divergence).mean())
                    done += 1
        self._network: Any = network.eval()

    def scores(self, histories: Histories) -> Floats:
        """(users, items): logits, the latent variable at its mean."""
        import torch

        weighted = decayed_matrix(histories, len(self._counts), self.decay).toarray()
        with torch.no_grad():
            logits, _ = self._network(torch.from_numpy(weighted))
        return fill_cold_start(histories.lengths == 0, logits.numpy(), self._counts)
