"""The processor's matrix-product peak, measured: what a share of the peak is a share of."""

from typing import TYPE_CHECKING

from eval.bench.ratio import seconds_of

if TYPE_CHECKING:
    import torch

SIDE, ROUNDS = 2048, 10


def peak_flops(precision: str, side: int = SIDE, rounds: int = ROUNDS) -> float:
    """Floating-point operations a second of the best of several square products, in "float32" or "bfloat16".

    By torch with the threads and on the device that it uses now; a product of side n takes 2 n³ operations.
    """
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    random = torch.Generator().manual_seed(0)
    a, b = (torch.rand((side, side), generator=random).to(device, getattr(torch, precision)) for _ in range(2))
    _product(a, b)
    return 2.0 * side**3 / min(seconds_of(lambda: _product(a, b)) for _ in range(rounds))


def _product(a: "torch.Tensor", b: "torch.Tensor") -> None:
    import torch

    torch.mm(a, b)
    if a.is_cuda:
        torch.cuda.synchronize()
