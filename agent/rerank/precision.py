"""The precision in which a reranker computes when it serves: as it was trained, in half precision, or in eight bits."""

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the names alone are wanted by commands that say what there is
    import torch

PRECISIONS = ("float32", "bfloat16", "int8")
DEFAULT = "float32"


def prepare_base(base: Any, precision: str) -> Any:
    """A base as it serves: for `int8` its LoRA is merged into its weights, and these are quantized to eight bits.

    That is torch's dynamic quantization: weights and activations of a product are in eight bits.
    """
    if precision != "int8":
        return base
    import torch

    quantize: Any = torch.ao.quantization.quantize_dynamic
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that another package will have this one day
        return quantize(base.merge_and_unload(), {torch.nn.Linear}, dtype=torch.qint8)


def autocast_for(precision: str, device: "torch.device") -> "torch.autocast":
    """The context in which a reranker scores."""
    import torch

    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")
