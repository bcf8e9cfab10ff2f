"""LightGCN: embeddings averaged along the graph of users and items (He et al. 2020), by torch-geometric."""

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from eval.models.baselines.user_histories import fill_cold_start, item_counts, places_in
from eval.models.registry import NeedsLibrary, Setting, Training, library
from index.data.domain import Histories
from index.data.splits import NO_USER
from index.progress import progress
from index.types import Floats

if TYPE_CHECKING:
    from torch import Tensor

BATCH = 8192  # events


class LightGCN(NeedsLibrary):
    """Pairwise ranking (BPR) of an item of the history over a random one, embeddings averaged over `layers` steps.

    It has embeddings of the users it was fitted on only; others get what is popular.
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "width": (32, 64, 128),
        "layers": (1, 2, 3),
        "learning_rate": (0.005, 0.01, 0.02),
        "regularization": (1e-5, 1e-4, 1e-3),
        "epochs": (50, 100),
    }
    needs_index = False
    needs_library = "torch_geometric"

    def __init__(
        self,
        width: int = 64,
        layers: int = 2,
        learning_rate: float = 0.01,
        regularization: float = 1e-4,
        epochs: int = 50,
    ) -> None:
        self.width, self.layers, self.epochs = width, layers, epochs
        self.learning_rate, self.regularization = learning_rate, regularization

    def fit(self, training: Training) -> None:
        """Train for a fixed number of epochs; every step averages over the whole graph."""
        import torch

        from eval.models.baselines.gradient_descent import random_batches, seeded, step_down

        self._fitted = training.histories
        self._counts = item_counts(training.histories, training.n_items)
        n_users = len(self._fitted)
        users = torch.from_numpy(self._fitted.owners)
        items = torch.from_numpy(self._fitted.rows) + n_users
        graph = _normalised_adjacency(users, items, n_users + training.n_items)
        with seeded(training.seed):
            model = library("torch_geometric.nn").LightGCN(
                n_users + training.n_items, self.width, self.layers, normalize=False
            )
            optimizer = torch.optim.Adam(model.parameters(), lr=self.learning_rate)
            for _ in progress(range(self.epochs), "lightgcn"):
                for batch in random_batches(len(items), BATCH):
                    others = torch.randint(n_users, n_users + training.n_items, (len(batch),))
                    smooth = model.get_embedding(graph)
                    own, taken, other = smooth[users[batch]], smooth[items[batch]], smooth[others]
                    nodes = torch.cat([users[batch], items[batch], others])
                    loss = model.recommendation_loss(
                        (own * taken).sum(1), (own * other).sum(1), nodes, lambda_reg=self.regularization
                    )
                    step_down(optimizer, loss)
            with torch.no_grad():
                smooth = model.get_embedding(graph).numpy()
        self._users, self._items = smooth[:n_users], smooth[n_users:]

    def scores(self, histories: Histories) -> Floats:
        """(users, items): inner products."""
        places = places_in(self._fitted, histories)
        return fill_cold_start(places == NO_USER, self._users[places] @ self._items.T, self._counts)


def _normalised_adjacency(users: "Tensor", items: "Tensor", n_nodes: int) -> "Tensor":
    """The symmetrically normalised adjacency matrix of the graph, sparse (n_nodes, n_nodes)."""
    import torch

    ends = torch.stack([torch.cat([users, items]), torch.cat([items, users])])
    degrees = torch.bincount(ends[0], minlength=n_nodes).float()
    weights = (degrees[ends[0]] * degrees[ends[1]]).rsqrt()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta", category=UserWarning)
        shape = (n_nodes, n_nodes)
        return torch.sparse_coo_tensor(ends, weights, shape, check_invariants=True).coalesce().to_sparse_csr()
