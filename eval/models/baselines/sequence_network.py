"""What the sequence networks share: settings, training on windows of histories, scores of the next item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.models.baselines.user_histories import item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.types import Floats

if TYPE_CHECKING:  # torch is imported by the run that needs it
    from eval.models.baselines.networks import ItemNetwork
    from eval.models.baselines.next_item import Loss


@dataclass(eq=False)
class SequenceNetwork:
    """A network that reads a history item by item and predicts the next item, trained for a fixed number of epochs.

    A subclass names itself and says which network it is; by default each item is predicted from those before it.
    """

    name: ClassVar[str]
    search_space: ClassVar[Mapping[str, Sequence[Setting]]] = {
        "width": (64, 128),
        "dropout": (0.1, 0.2, 0.3, 0.5),
        "length": (30, 50, 100),
        "learning_rate": (0.001, 0.002, 0.004),
    }
    needs_index: ClassVar[bool] = False

    width: int = 64
    dropout: float = 0.2
    length: int = 50  # newest events that are read
    learning_rate: float = 0.004
    epochs: int = 40

    def network(self, n_items: int) -> "ItemNetwork":
        """A fresh network."""
        raise NotImplementedError

    def loss(self) -> "Loss":
        """What is minimised over a batch of windows."""
        from eval.models.baselines.next_item import next_item_loss

        return next_item_loss

    @property
    def n_predicted(self) -> int:
        """Number of events of a window of training that follow its first one."""
        return self.length

    def closing(self, n_items: int) -> int | None:
        """The row that is put behind a history to ask what comes next, None for none."""
        return None

    def fit(self, training: Training) -> None:
        """Train, beginning with the items' frequencies as their biases."""
        from eval.models.baselines import next_item
        from eval.models.baselines.gradient_descent import seeded

        self._counts = item_counts(training.histories, training.n_items)
        pace = next_item.Pace(self.name, self.n_predicted, self.epochs, self.learning_rate)
        with seeded(training.seed) as random:
            self._network = self.network(training.n_items)
            next_item.set_popularity(self._network, self._counts)
            next_item.train(self._network, training.histories, pace, self.loss(), random)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): logits of the item after the newest ones."""
        from eval.models.baselines import next_item

        closing = self.closing(len(self._counts))
        return next_item.score_next(self._network, histories, self._counts, self.length, closing)
