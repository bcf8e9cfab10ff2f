"""How much of a preparation is done within the minutes: all where it fits, else as much as does, and never nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.budget import Budget
from finetune.preparation import (
    FUSION_PART,
    LISTS_PART,
    MIN_LISTS,
    PER_FITTED_LIST,
    PER_FUSION_LIST,
    PER_LIST,
    VALIDATIONS,
    Cost,
)

SECONDS = st.floats(1e-5, 30)
COSTS = st.builds(
    Cost, fit=SECONDS, features=SECONDS, scores=SECONDS, busy=st.floats(1, 9), n_workers=st.integers(1, 16)
)
COUNTS = st.integers(1, 20_000)


def lists_seconds(cost: Cost, n_validation: int, n_more: int) -> float:
    return n_validation * (PER_LIST * cost.features + VALIDATIONS * cost.scores) + n_more * PER_LIST * cost.features


@given(cost=COSTS, n_fusion=COUNTS, n_validation=COUNTS, n_more=COUNTS, minutes=st.floats(0.01, 600))
def test_what_is_done_takes_its_part_of_the_minutes_or_the_least_that_there_is(
    cost: Cost, n_fusion: int, n_validation: int, n_more: int, minutes: float
) -> None:
    budget = Budget(minutes=minutes)
    effort = cost.effort(budget, n_fusion, n_validation, n_more)
    assert 0 <= effort.fusion <= 1 and 0 < effort.lists <= 1
    least = min(1.0, MIN_LISTS / n_validation)
    taken = effort.lists * lists_seconds(cost, n_validation, n_more)
    assert effort.lists == pytest.approx(least) or taken <= 1.001 * LISTS_PART * budget.seconds
    fits = 1 if effort.fusion < 1 else 4
    per_list = PER_FUSION_LIST + cost.n_workers * PER_FITTED_LIST
    taken = fits * cost.fit + effort.fusion * n_fusion * per_list * cost.features * cost.busy
    assert effort.fusion == 0 or taken <= 1.001 * FUSION_PART * budget.seconds


@given(cost=COSTS, n_fusion=COUNTS, n_validation=COUNTS, minutes=st.floats(0.01, 600))
def test_with_more_time_nothing_less_is_done(cost: Cost, n_fusion: int, n_validation: int, minutes: float) -> None:
    short, long = (cost.effort(Budget(minutes=m), n_fusion, n_validation, 0) for m in (minutes, 2 * minutes))
    assert short.fusion <= long.fusion and short.lists <= long.lists


def test_on_a_fast_machine_nothing_is_left_out() -> None:
    fast = Cost(fit=1e-4, features=1e-6, scores=1e-6)
    assert fast.effort(Budget(minutes=1), 7_000, 2_000, 0).is_whole
    assert not Cost(fit=60, features=0.1, scores=0.1).effort(Budget(minutes=1), 7_000, 2_000, 0).is_whole
