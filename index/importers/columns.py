"""Whole columns of ids, numbers, times and words at once, where every value is plain; `values` reads the others."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from index.importers.values import MISSING_WORDS
from index.printable import SURROGATES, UNPRINTABLE

UNPLAIN = (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError, ValueError)  # read it value by value then

_RANGES = [pair for pair in UNPRINTABLE if pair != SURROGATES]  # RE2 knows no surrogates: Arrow's texts hold none
_UNPRINTABLE = "[" + "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in _RANGES) + "]"
_MISSING = pa.array(sorted(MISSING_WORDS))


@dataclass(frozen=True)
class TimeArrays:
    """A column of times that was read at once: numbers, or Unix seconds where they were dates."""

    numbers: pa.Array
    are_dates: bool = False


def ids_at_once(values: Any) -> pa.Array:
    """A column of ids at once. Raises one of UNPLAIN where any is missing or odd."""
    array = _array(values)
    if pa.types.is_integer(array.type):
        return _without_null(array.cast(pa.string()))
    array = _without_null(pc.utf8_trim_whitespace(array))
    different = array.unique()
    if (
        pc.min(pc.utf8_length(different), min_count=0).as_py() == 0
        or pc.any(pc.is_in(different, _MISSING)).as_py()
        or pc.any(pc.match_substring_regex(different, _UNPRINTABLE)).as_py()
    ):
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
    numbers = array.cast(pa.float64(), safe=False)  # of a whole number beyond 2 ** 53 the nearest float
    if not pc.all(pc.is_finite(numbers), min_count=0).as_py():
        raise ValueError
    return numbers


def times_at_once(values: Any, n: int) -> TimeArrays:
    """A column of times at once, null where none. Raises one of UNPLAIN where any is odd."""
    array = pa.nulls(n, pa.float64()) if values is None else _array(values)
    if pa.types.is_temporal(array.type):
        return _of_dates(array)
    try:
        return TimeArrays(numbers_at_once(array, len(array)))
    except pa.ArrowInvalid:
        return _of_dates(array)


def words_at_once(values: Any, n: int) -> pa.Array:
    """A column of words at once, null where none. Raises one of UNPLAIN where any is missing or has an entity."""
    array = pa.nulls(n, pa.string()) if values is None else pc.utf8_trim_whitespace(_array(values).cast(pa.string()))
    if not pc.all(pc.greater(pc.utf8_length(array), 0), min_count=0).as_py():
        raise ValueError
    if pc.any(pc.match_substring(array, "&"), min_count=0).as_py() or pc.any(pc.is_in(array, _MISSING)).as_py():
        raise ValueError
    if pc.any(pc.match_substring(array, "\0"), min_count=0).as_py():
        raise ValueError
    return array


def _of_dates(array: pa.Array) -> TimeArrays:
    dates = array.cast(pa.timestamp("ns", tz="UTC") if _is_zoned(array.type) else pa.timestamp("ns"))
    seconds = pc.floor_temporal(dates, unit="second").cast(pa.timestamp("s")).cast(pa.int64())
    return TimeArrays(seconds.cast(pa.float64()), are_dates=True)


def _is_zoned(kind: Any) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None


def _without_null(array: pa.Array) -> pa.Array:
    if array.null_count:
        raise ValueError
    return array


def _array(values: Any) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values)
