"""Whole columns of ids, numbers, times and words at once, where every value is plain; `values` reads the others."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from index.importers.values import DATES, LAST_SECOND, MILLISECONDS

UNPLAIN = (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError, ValueError)  # read it value by value then


def ids_at_once(values: Any) -> pa.Array:
    """A column of ids at once. Raises one of UNPLAIN where any is missing or odd."""
    array = _array(values)
    if pa.types.is_integer(array.type):
        array = array.cast(pa.string())
    array = pc.utf8_trim_whitespace(array)
    if array.null_count or pc.min(pc.utf8_length(array)).as_py() == 0:
        raise ValueError
    return array


def numbers_at_once(values: Any, n: int) -> pa.Array:
    """A column of numbers at once, null where none. Raises one of UNPLAIN where any is odd."""
    array = pa.nulls(n, pa.float64()) if values is None else _array(values)
    if pa.types.is_string(array.type):
        array = pc.utf8_trim_whitespace(array)
        array = pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
    elif not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_null(array.type)):
        raise ValueError
    numbers = array.cast(pa.float64())
    if not pc.all(pc.is_finite(numbers), min_count=0).as_py():
        raise ValueError
    return numbers


def times_at_once(values: Any) -> tuple[pa.Array, str | None]:
    """A column of times at once as Unix seconds, and the one rule that was applied. Raises one of UNPLAIN."""
    array = _array(values)
    if pa.types.is_temporal(array.type):
        return _of_dates(array)
    try:
        numbers = numbers_at_once(array, len(array))
    except pa.ArrowInvalid:
        return _of_dates(array)
    if numbers.null_count == len(numbers):
        return numbers.cast(pa.int64()), None
    if numbers.null_count:
        raise ValueError
    seconds = numbers.to_numpy()
    kind = None
    if np.abs(seconds).min() > LAST_SECOND:
        seconds, kind = seconds / 1000, MILLISECONDS
    if np.abs(seconds).max() > LAST_SECOND:
        raise ValueError
    return pa.array(np.floor(seconds).astype(np.int64)), kind


def _of_dates(array: pa.Array) -> tuple[pa.Array, str | None]:
    dates = array.cast(pa.timestamp("ns", tz="UTC") if _is_zoned(array.type) else pa.timestamp("ns"))
    return pc.floor_temporal(dates, unit="second").cast(pa.timestamp("s")).cast(pa.int64()), DATES


def _is_zoned(kind: Any) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None


def words_at_once(values: Any, n: int) -> pa.Array:
    """A column of words at once, null where none. Raises one of UNPLAIN where any is empty or has an entity."""
    array = pa.nulls(n, pa.string()) if values is None else pc.utf8_trim_whitespace(_array(values).cast(pa.string()))
    if not pc.all(pc.greater(pc.utf8_length(array), 0), min_count=0).as_py():
        raise ValueError
    if pc.any(pc.match_substring(array, "&"), min_count=0).as_py():
        raise ValueError
    return array


def _array(values: Any) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values)
