"""Dropout whose masks take one random byte an element: on a CPU torch's own took over a third of a training step."""

import torch
from torch import Tensor, nn

LEVELS = 256  # of a byte: a probability is rounded to one of these


class ByteDropout(nn.Dropout):
    """As `nn.Dropout`, its probability rounded to 1/256; from torch's own random state, so that a seed repeats it."""

    def forward(self, input: Tensor) -> Tensor:
        """Zeros at random places, the others scaled up so that the mean stays; the input itself outside training."""
        dropped = round(LEVELS * self.p)
        if not self.training or not dropped or not input.numel():
            return input
        if dropped == LEVELS:
            return input * 0
        drawn = torch.empty(-(-input.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
        kept = drawn.view(torch.uint8)[: input.numel()].view(input.shape) >= dropped
        return input * (kept.to(input.dtype) * (LEVELS / (LEVELS - dropped)))


def with_fast_dropout(model: nn.Module) -> None:
    """Exchange each `nn.Dropout` of a model that is on the CPU; parameters and their names stay."""
    if any(value.device.type != "cpu" for value in model.parameters()):
        return
    for parent in list(model.modules()):
        for name, module in list(parent.named_children()):
            if type(module) is nn.Dropout:
                parent.add_module(name, ByteDropout(module.p).train(module.training))
