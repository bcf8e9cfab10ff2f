"""What the processor computes fast."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def has_fast_bfloat16(device: "torch.device") -> bool:
    """Whether the device multiplies bfloat16 itself; elsewhere it is slower than float32."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and "avx512_bf16" in flags.read_text()
