"""Times as files write them: numbers whose unit is decided for the column as a whole, or dates."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from index.importers.values import NUMBER, BadValue, is_missing

LAST_SECOND = 10**10  # the year 2286: a column whose middle number is larger counts something shorter than seconds
NANOSECOND_SLACK = 3e-6  # seconds by which a float of nanoseconds may fall short of its whole second
DATES, OUT_OF_RANGE, NO_TIME = "time as a date", "time is out of range", "no time"
UNTIMED = "time left out: most rows have none"
DOUBTFUL = "time in the unit of its column, though it could be seconds"

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Unit:
    """What the numbers of a column count: `per_second` are a second (0: they are dates); `rule` is for the report."""

    per_second: int
    rule: str | None = None


UNITS = (
    Unit(1),
    Unit(10**3, "time in milliseconds"),
    Unit(10**6, "time in microseconds"),
    Unit(10**9, "time in nanoseconds"),
)
COMPACT_DATES = Unit(0, "time as a date, YYYYMMDD")


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
        given = ~np.isnan(numbers)
        return cls(_unit_of(np.abs(numbers[given & ~dates & (numbers != 0)])), bool(2 * given.sum() >= len(given)))

    def seconds(self, numbers: Numbers, dates: Mask) -> Numbers:
        """Whole Unix seconds, NaN where there is no time, infinity where it is out of range."""
        if self.unit is COMPACT_DATES:
            return np.where(dates | np.isnan(numbers), numbers, _midnights(numbers))
        slack = NANOSECOND_SLACK if self.unit.per_second == 10**9 else 0
        counted = np.floor(numbers / np.where(dates, 1, self.unit.per_second) + slack * ~dates)
        return np.where(~dates & (np.abs(counted) > LAST_SECOND), np.inf, counted)

    def doubtful(self, numbers: Numbers, dates: Mask) -> Mask:
        """By row: whether the number alone would rather be seconds than what its column counts."""
        early: Mask = (numbers != 0) & (np.abs(numbers) <= LAST_SECOND)
        return early & ~dates if self.unit.per_second > 1 else np.zeros(len(numbers), bool)


def _unit_of(sizes: Numbers) -> Unit:
    """What numbers above zero count, by their middle."""
    if not len(sizes):
        return UNITS[0]
    if (np.isin(sizes // 100 % 100, range(1, 13)) & np.isin(sizes % 100, range(1, 32))).all() and (
        sizes.min() >= 1900_01_01 and sizes.max() <= 2100_12_31
    ):
        return COMPACT_DATES
    half = (len(sizes) - 1) // 2
    middle = np.partition(sizes, half)[half]
    return next((unit for unit in UNITS if middle <= LAST_SECOND * unit.per_second), UNITS[-1])


def _midnights(numbers: Numbers) -> Numbers:
    """Unix seconds of dates that are written as numbers, 20140513 for the 13th of May 2014; 0 is no date."""
    whole = np.nan_to_num(numbers).astype(np.int64)
    months = ((whole // 10_000 - 1970) * 12 + whole // 100 % 100 - 1).astype("M8[M]")
    days = months.astype("M8[D]").astype(np.int64) + whole % 100 - 1
    return np.where(whole == 0, np.nan, days * 86_400.0)


def _seconds(when: date) -> int:
    """Unix seconds of a date or a time; one without a zone is UTC."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day)
    return math.floor((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
