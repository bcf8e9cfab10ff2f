"""BERT4Rec: items of a history are hidden and predicted from both sides (Sun et al. 2019)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.models.baselines.sequence_network import SequenceNetwork

if TYPE_CHECKING:
    from eval.models.baselines.networks import ItemNetwork
    from eval.models.baselines.next_item import Loss


@dataclass(eq=False)
class BERT4Rec(SequenceNetwork):
    """A two-way Transformer; the next item is predicted for a hidden item behind the newest ones.

    Of each window a share of `hidden` items is predicted, or, in a share of `last` windows, the last item alone: that
    is what it will be asked (the paper's fine-tuning, mixed into every epoch).
    """

    name: ClassVar = "bert4rec"
    search_space: ClassVar = {
        "width": (64, 128),
        "dropout": (0.1, 0.2, 0.3),
        "hidden": (0.15, 0.3, 0.5),
        "last": (0.1, 0.3, 0.5),
        "length": (30, 50, 100),
        "learning_rate": (0.002, 0.004),
        "epochs": (40, 80),
    }

    epochs: int = 80
    hidden: float = 0.3
    last: float = 0.3

    def network(self, n_items: int) -> "ItemNetwork":
        """A Transformer in which every place sees all others."""
        from eval.models.baselines.networks import LAYERS, Transformer

        return Transformer(n_items, self.width, LAYERS, self.length, self.dropout, causal=False)

    def loss(self) -> "Loss":
        """Cross entropy of the hidden items."""
        from eval.models.baselines.next_item import HiddenItemLoss

        return HiddenItemLoss(self.hidden, self.last)

    @property
    def n_predicted(self) -> int:
        """One less than its length: it reads a whole window, where the others read all but the last item."""
        return self.length - 1

    def closing(self, n_items: int) -> int | None:
        """The hidden item."""
        return n_items + 1
