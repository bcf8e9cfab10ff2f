"""eSASRec: SASRec with gated layers and a softmax over sampled items (Tikhonovich et al. 2025, arXiv:2508.06450)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from eval.models.baselines.sequence_network import SequenceNetwork

if TYPE_CHECKING:
    from eval.models.baselines.networks import ItemNetwork


@dataclass(eq=False)
class ESASRec(SequenceNetwork):
    """A causal Transformer of LiGR layers (Borisyuk et al. 2024) that predicts at each place the next item.

    The softmax is over the whole catalogue where that is small, which a sample can only approach.
    """

    name: ClassVar = "esasrec"
    search_space: ClassVar = {**SequenceNetwork.search_space, "epochs": (20, 40, 60)}

    def network(self, n_items: int) -> "ItemNetwork":
        """A Transformer in which a place sees the places before it."""
        from eval.models.baselines.networks import LAYERS, GatedBlock, Transformer

        return Transformer(n_items, self.width, LAYERS, self.length, self.dropout, causal=True, block=GatedBlock)
