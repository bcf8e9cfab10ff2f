"""Dropout a byte an element: the shares, the mean and the gradient of torch's own, the same for the same seed."""

import pytest
import torch
from torch import nn

from finetune.dropout import ByteDropout, with_fast_dropout


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.5])
def test_the_share_that_is_dropped_and_the_mean_are_those_asked_for(share: float) -> None:
    torch.manual_seed(0)
    found = ByteDropout(share).train()(torch.ones(400, 1001))
    assert float((found == 0).float().mean()) == pytest.approx(share, abs=0.004)
    assert float(found.mean()) == pytest.approx(1, abs=0.01)
    assert len(found.unique()) == 2


def test_neighbours_are_dropped_independently() -> None:
    """All eight bytes of a draw are as random as the first: shares by place, and of pairs of places."""
    torch.manual_seed(1)
    zero = (ByteDropout(0.5).train()(torch.ones(40_000, 8)) == 0).float()
    assert zero.mean(0).tolist() == pytest.approx([0.5] * 8, abs=0.015)
    together = zero.T @ zero / len(zero)
    assert (together - torch.diag(together.diag())).flatten().tolist() == pytest.approx(
        (0.25 * (1 - torch.eye(8))).flatten().tolist(), abs=0.015
    )


def test_outside_training_and_without_a_share_nothing_changes() -> None:
    given = torch.randn(5, 7)
    assert ByteDropout(0.5).eval()(given) is given
    assert ByteDropout(0.0).train()(given) is given
    assert not ByteDropout(1.0).train()(given).any()
    assert ByteDropout(0.3).train()(torch.zeros(0, 3)).shape == (0, 3)


def test_a_seed_repeats_it_and_the_gradient_goes_where_the_values_went() -> None:
    made = []
    for _ in range(2):
        torch.manual_seed(7)
        given = torch.randn(6, 33, requires_grad=True)
        found = ByteDropout(0.4).train()(given)
        found.sum().backward()
        assert given.grad is not None
        assert torch.equal(given.grad == 0, found == 0)
        made.append(found.detach())
    assert torch.equal(*made)


def test_every_dropout_of_a_model_is_exchanged_and_its_parameters_keep_their_names() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.1), nn.ModuleDict({"default": nn.Dropout(0.2)}), nn.Identity())
    before = list(model.state_dict())
    with_fast_dropout(model)
    shares = [module.p for module in model.modules() if isinstance(module, ByteDropout)]
    assert shares == [0.1, 0.2] and list(model.state_dict()) == before
    assert not [module for module in model.modules() if type(module) is nn.Dropout]
