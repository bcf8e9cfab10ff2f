"""Times as files write them: numbers whose unit is decided for the column as a whole, or dates."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from index.importers.values import NUMBER, BadValue, is_missing

LAST_SECOND = 10**10  # the year 2286: a column whose middle number is larger counts something shorter than seconds
DATES, OUT_OF_RANGE, NO_TIME = "time as a date", "time is out of range", "no time"
UNTIMED = "time left out: most rows have none"
DOUBTFUL = "time in the unit of its column, though it could be seconds"

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Unit:
    """What the numbers of a column count: `per_second` of them are a second; `rule` names it in the report."""

    per_second: int
    rule: str | None = None


UNITS = (
    Unit(1),
    Unit(10**3, "time in milliseconds"),
    Unit(10**6, "time in microseconds"),
    Unit(10**9, "time in nanoseconds"),
)


@dataclass(frozen=True, slots=True)
class Time:
    """A time as it was read: Unix seconds where it was a date, else a number in the unit of its column."""

    number: float
    is_date: bool = False


def read_time(value: Any) -> Time | None:
    """The time that a value is, None where there is none. Raises BadValue."""
    if is_missing(value):
        return None
    try:
        if isinstance(value, str) and not NUMBER.fullmatch(value.strip()):
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, date):  # a datetime is one too
            return Time(_seconds(value), is_date=True)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise BadValue("time is no time")
        number = float(value)
    except (ValueError, OverflowError) as why:
        raise BadValue("time is no time") from why
    if math.isinf(number):
        raise BadValue(OUT_OF_RANGE)
    return Time(number)


@dataclass(frozen=True, slots=True)
class Clock:
    """How one column of times is read as a whole: in which unit, and whether its rows must have a time at all."""

    unit: Unit
    timed: bool

    @classmethod
    def of(cls, numbers: Numbers, dates: Mask) -> "Clock":
        """The clock of a column: NaN where a row has no time, `dates` where the number is Unix seconds already.

        The middle of the numbers decides, so that neither an early time nor a wild one moves the others.
        """
        sizes = np.abs(numbers[~dates & (numbers != 0)])
        sizes = sizes[~np.isnan(sizes)]
        middle = np.partition(sizes, len(sizes) // 2)[len(sizes) // 2] if len(sizes) else 0
        unit = next((unit for unit in UNITS if middle <= LAST_SECOND * unit.per_second), UNITS[-1])
        return cls(unit, 2 * np.count_nonzero(~np.isnan(numbers)) >= max(len(numbers), 1))

    def seconds(self, numbers: Numbers, dates: Mask) -> Numbers:
        """Whole Unix seconds, NaN where there is no time, infinity where it is out of range."""
        counted = np.floor(numbers / np.where(dates, 1, self.unit.per_second))
        return np.where(~dates & (np.abs(counted) > LAST_SECOND), np.inf, counted)

    def doubtful(self, numbers: Numbers, dates: Mask) -> Mask:
        """By row: whether the number alone would rather be seconds than what its column counts."""
        return ~dates & (self.unit.per_second > 1) & (numbers != 0) & (np.abs(numbers) <= LAST_SECOND)


def _seconds(when: date) -> int:
    """Unix seconds of a date or a time; one without a zone is UTC."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day)
    return math.floor((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
