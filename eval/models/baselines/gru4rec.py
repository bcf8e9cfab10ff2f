"""GRU4Rec: a recurrent network over a history (Hidasi et al. 2016), trained with softmax cross entropy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.models.baselines.sequence_network import SequenceNetwork

if TYPE_CHECKING:
    from eval.models.baselines.networks import ItemNetwork


@dataclass(eq=False)
class GRU4Rec(SequenceNetwork):
    """A GRU that predicts at each place the next item of a history."""

    name: ClassVar = "gru4rec"
    search_space: ClassVar = {**SequenceNetwork.search_space, "epochs": (15, 30, 60)}

    epochs: int = 30

    def network(self, n_items: int) -> "ItemNetwork":
        """One layer."""
        from eval.models.baselines.networks import Recurrent

        return Recurrent(n_items, self.width, self.dropout)
