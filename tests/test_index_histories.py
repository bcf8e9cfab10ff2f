"""Histories from tables: numbers of any width, missing values, slices of a longer column."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.data.domain import Catalogue, histories_of
from index.data.records import Item

ITEMS = Catalogue((Item("a", "A"), Item("b", "B")))
KINDS = [pa.int8(), pa.int32(), pa.int64(), pa.uint64(), pa.float32(), pa.float64(), pa.bool_(), pa.decimal128(9, 2)]


def values_of(values: Any, *others: Any) -> list[float]:
    """The values of one user's events with item a, in chunks as they are given."""
    column = pa.chunked_array([values, *others])
    n = len(column)
    events = pa.table({"user_id": ["u"] * n, "item_id": ["a"] * n, "value": column})
    return [float(value) for value in histories_of(events, ITEMS)[0].values]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_values_of_any_numeric_column_are_read_and_missing_ones_are_nan(kind: pa.DataType) -> None:
    column = pa.array([1, 0, None, 1, 0, None, None, 1, 1, 0], pa.float64()).cast(kind)
    wanted = [1, 0, np.nan, 1, 0, np.nan, np.nan, 1, 1, 0]
    assert values_of(column) == pytest.approx(wanted, nan_ok=True)
    assert values_of(column.slice(3, 5)) == pytest.approx(wanted[3:8], nan_ok=True)
    assert values_of(column.slice(0, 2), column.slice(2)) == pytest.approx(wanted, nan_ok=True)


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=40))
def test_values_are_those_of_the_table(values: list[float | None]) -> None:
    wanted = [np.nan if value is None else value for value in values]
    assert values_of(pa.array(values, pa.float64())) == pytest.approx(wanted, nan_ok=True)


def test_events_of_items_that_the_catalogue_lacks_are_counted_and_left_out() -> None:
    events = pa.table({"user_id": ["u", "v", "u"], "item_id": ["b", "x", "a"], "timestamp": [9, 1, 3]})
    histories, n_unknown = histories_of(events, ITEMS)
    assert (histories.users, n_unknown) == (("u", "v"), 1)
    assert [history.rows.tolist() for history in histories] == [[0, 1], []]
    assert histories.times is not None and histories.times.tolist() == [3, 9]


def test_no_event_at_all_is_no_history() -> None:
    events = pa.table({"user_id": pa.array([], pa.string()), "item_id": pa.array([], pa.string())})
    assert histories_of(events, ITEMS)[0].users == ()
