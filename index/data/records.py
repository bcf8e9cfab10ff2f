"""The records that every room uses: item, event, review, and a user's history as columns."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from index.types import Floats, Rows

ASPECT = "aspect:"  # before the name of an aspect where it stands for a field
Value = int | float | str | tuple[str, ...]

_YEAR_AT_END = re.compile(r"\s*\((\d{4})\)\s*$")
_ARTICLES = "The|A|An|La|Le|Les|L'|Il|El|Das|Der|Die|Det|O|Los|Las"
_INVERTED = re.compile(rf"(?P<rest>.+), (?P<article>{_ARTICLES})(?P<tail>(?: \(.*)?)$")


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be recommended; `attributes` are numbers, texts or tuples of texts by column name.

    A number that is not finite (NaN, an infinity, more than a float can hold) is missing. `aspects` are what reviews
    say of its aspects, -1 to 1 by name, where an opened index tells it; no table has them.
    """

    item_id: str
    title: str
    description: str | None = None
    categories: tuple[str, ...] = ()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    aspects: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not all(map(_is_finite, self.attributes.values())):
            finite = {name: value for name, value in self.attributes.items() if _is_finite(value)}
            object.__setattr__(self, "attributes", finite)

    def value(self, name: str) -> Value | None:
        """The value of a field: `title`, `categories`, an attribute, `aspect:NAME`, `decade` where there is a year."""
        if name == "title":
            return self.title
        if name == "categories":
            return self.categories or None
        if name == "decade" and "decade" not in self.attributes:
            year = self.attributes.get("year")
            return int(year) // 10 * 10 if isinstance(year, int | float) else None
        if name.startswith(ASPECT):
            return self.aspects.get(name.removeprefix(ASPECT))
        return self.attributes.get(name)

    @property
    def name(self) -> str:
        """The title in spoken order, with its year: "Matrix, The (1999)" is "The Matrix (1999)"."""
        return spoken_title(self.title)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that one user did with one item; `timestamp` in Unix seconds UTC, `value` stars or strength."""

    user_id: str
    item_id: str
    timestamp: int | None = None
    value: float | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A text that a user wrote of an item."""

    review_id: str
    item_id: str
    text: str
    user_id: str | None = None
    rating: float | None = None
    timestamp: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """One user's events, oldest first: catalogue rows, values (NaN where none), times (None where none).

    `user` is whose they are, None where nobody's id is known.
    """

    rows: Rows
    values: Floats
    times: Rows | None = None
    user: str | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def before(self, n: int) -> "History":
        """The first `n` events."""
        return self.at(slice(n))

    def newest(self, n: int) -> "History":
        """The last `n` events, of which there must be one at least."""
        return self.at(slice(-n, None))

    def without(self, places: Rows) -> "History":
        """All events but those at these places."""
        return self.at(np.delete(np.arange(len(self)), places))

    def at(self, places: Rows | slice) -> "History":
        """The events at these places, in this order."""
        times = None if self.times is None else self.times[places]
        return History(self.rows[places], self.values[places], times, self.user)


def _is_finite(value: Value) -> bool:
    return not isinstance(value, int | float) or abs(value) <= sys.float_info.max


def spoken_title(title: str) -> str:
    """A title in spoken order, its article first, its year kept."""
    year = _YEAR_AT_END.search(title)
    bare = title[: year.start()] if year else title
    inverted = _INVERTED.fullmatch(bare)
    if inverted:
        glue = "" if inverted["article"].endswith("'") else " "
        bare = f"{inverted['article']}{glue}{inverted['rest']}{inverted['tail']}"
    return f"{bare} ({year[1]})" if year else bare


def bare_title(title: str) -> str:
    """A title without its year."""
    return _YEAR_AT_END.sub("", title)
