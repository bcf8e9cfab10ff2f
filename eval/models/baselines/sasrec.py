"""SASRec: self-attention over a history (Kang and McAuley 2018), trained with softmax cross entropy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.models.baselines.sequence_network import SequenceNetwork

if TYPE_CHECKING:
    from eval.models.baselines.networks import ItemNetwork


@dataclass(eq=False)
class SASRec(SequenceNetwork):
    """A causal Transformer that predicts at each place the next item of a history.

    Cross entropy instead of the paper's binary loss over one negative: that is what makes it strong (Klenitskiy and
    Vasilev 2023, "Turning Dross Into Gold Loss").
    """

    name: ClassVar = "sasrec"
    search_space: ClassVar = {**SequenceNetwork.search_space, "epochs": (20, 40, 60)}

    def network(self, n_items: int) -> "ItemNetwork":
        """A Transformer in which a place sees the places before it."""
        from eval.models.baselines.networks import LAYERS, Transformer

        return Transformer(n_items, self.width, LAYERS, self.length, self.dropout, causal=True)
