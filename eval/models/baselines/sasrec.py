"""SASRec: self-attention over a history (Kang and McAuley 2018), trained with softmax cross entropy."""

from collections.abc import Mapping, Sequence

from eval.models.baselines.user_histories import item_counts
from eval.models.registry import Setting, Training
from index.data.domain import Histories
from index.types import Floats


class SASRec:
    """A causal Transformer that predicts at each place the next item of a history.

    Cross entropy instead of the paper's binary loss over one negative: that is what makes it strong (Klenitskiy and
    Vasilev 2023, "Turning Dross Into Gold Loss").
    """

    search_space: Mapping[str, Sequence[Setting]] = {
        "width": (64, 128),
        "dropout": (0.1, 0.2, 0.3, 0.5),
        "length": (30, 50, 100),
        "learning_rate": (0.001, 0.002, 0.004),
        "epochs": (20, 40, 60),
    }
    needs_index = False

    def __init__(
        self,
        width: int = 64,
        dropout: float = 0.2,
        length: int = 50,
        learning_rate: float = 0.004,
        epochs: int = 40,
    ) -> None:
        self.width, self.dropout, self.length = width, dropout, length
        self.learning_rate, self.epochs = learning_rate, epochs

    def fit(self, training: Training) -> None:
        """Train for a fixed number of epochs."""
        from eval.models.baselines import next_item
        from eval.models.baselines.gradient_descent import seeded
        from eval.models.baselines.networks import LAYERS, Transformer

        self._counts = item_counts(training.histories, training.n_items)
        how = next_item.Pace("sasrec", self.length, self.epochs, self.learning_rate)
        with seeded(training.seed) as random:
            shape = (training.n_items, self.width, LAYERS, self.length, self.dropout)
            self._network = Transformer(*shape, causal=True)
            next_item.set_popularity(self._network, self._counts)
            next_item.train(self._network, training.histories, how, next_item.next_item_loss, random)

    def scores(self, histories: Histories) -> Floats:
        """(users, items): logits of what comes after the newest items."""
        from eval.models.baselines import next_item

        return next_item.ask(self._network, histories, self._counts, self.length)
