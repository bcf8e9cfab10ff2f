"""In which numbers a reader computes when it is asked: as it was taught, in half precision, or in eight bits."""

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the names alone are wanted by commands that say what there is
    import torch

PRECISIONS = ("float32", "bfloat16", "int8")
DEFAULT = "float32"


def prepared(base: Any, precision: str) -> Any:
    """A base as it is asked: for `int8` its LoRA is added into its weights, and these are eight bits wide.

    That is torch's dynamic way: products take weights and what they are multiplied with in eight bits.
    """
    if precision != "int8":
        return base
    import torch

    quantize: Any = torch.ao.quantization.quantize_dynamic
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that another package will have this one day
        return quantize(base.merge_and_unload(), {torch.nn.Linear}, dtype=torch.qint8)


def computing(precision: str, device: "torch.device") -> "torch.autocast":
    """What to ask a reader within."""
    import torch

    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")
