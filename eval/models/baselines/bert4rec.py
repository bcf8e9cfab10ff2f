"""BERT4Rec: items of a history are hidden and guessed from both sides (Sun et al. 2019)."""

from collections.abc import Mapping, Sequence

from eval.models.baselines.user_histories import item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.types import Floats


class BERT4Rec:
    """A two-way Transformer; what comes next is guessed for a hidden item behind the newest ones.

    Of each window a share of `hidden` items is guessed, or, in a share of `last` windows, the last item alone: that is
    what it will be asked (the paper's fine-tuning, mixed into every epoch).
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "width": (64, 128),
        "dropout": (0.1, 0.2, 0.3),
        "hidden": (0.15, 0.3, 0.5),
        "last": (0.1, 0.3, 0.5),
        "length": (30, 50, 100),
        "learning_rate": (0.002, 0.004),
        "epochs": (40, 80),
    }
    needs_index = False

    def __init__(
        self,
        width: int = 64,
        dropout: float = 0.2,
        hidden: float = 0.3,
        last: float = 0.3,
        length: int = 50,
        learning_rate: float = 0.004,
        epochs: int = 80,
    ) -> None:
        self.width, self.dropout, self.hidden, self.last = width, dropout, hidden, last
        self.length, self.learning_rate, self.epochs = length, learning_rate, epochs

    def fit(self, training: Training) -> None:
        """Train for a fixed number of epochs."""
        from eval.models.baselines import next_item
        from eval.models.baselines.gradient_descent import seeded
        from eval.models.baselines.networks import LAYERS, Transformer

        self._counts = item_counts(training.histories, training.n_items)
        how = next_item.Pace("bert4rec", self.length - 1, self.epochs, self.learning_rate)
        with seeded(training.seed) as random:
            shape = (training.n_items, self.width, LAYERS, self.length, self.dropout)
            self._network = Transformer(*shape, causal=False)
            next_item.set_popularity(self._network, self._counts)
            loss = next_item.HiddenItemLoss(self.hidden, self.last)
            next_item.train(self._network, training.histories, how, loss, random)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): logits of the hidden item behind the newest ones."""
        from eval.models.baselines import next_item

        hidden = len(self._counts) + 1
        return next_item.ask(self._network, histories, self._counts, self.length, hidden)
