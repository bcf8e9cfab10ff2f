"""Finds items that stand in a catalogue under several ids, so that one film is recommended once.

Two ids are one item where the title as it is spoken and the year are equal, and nothing else tells them apart: two
albums "Greatest Hits (1990)" of two artists are two items. A title alone proves nothing, since catalogues of products
give one title to several of them; without a year two ids are one item only where they have a description and all that
is stated of them is equal. Ids stay as they are: evaluation matches by id.
"""

import math
import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from index.data.domain import Catalogue
from index.data.fold_text import fold_text
from index.data.records import Item, Value, bare_title, spoken_title
from index.types import Mask, Rows

MAX_NAME = 60  # characters of a value that can name something; longer ones are prose, which sources word differently
_YEAR = re.compile(r"\((\d{4})\)\s*$")
_SAYS_NOTHING = re.compile(r"(?:^|_)(?:ids?|code|sku|asin|isbn|upc|ean|urls?|links?|image|poster|slug|date|time)$")
_NUMBERED = frozenset(("season", "episode", "volume", "issue", "part", "disc", "number", "edition"))


@dataclass(frozen=True)
class Duplicates:
    """The items of a catalogue that have several ids: for each of them its rows, the preferred one first."""

    groups: tuple[tuple[int, ...], ...] = ()

    def with_duplicates(self, rows: Rows) -> Rows:
        """The rows and all others of the same items, in ascending order."""
        others = [self.groups[n] for n in {self._group_of[row] for row in rows.tolist() if row in self._group_of}]
        return np.unique(np.concatenate([rows, *(np.array(group, np.int64) for group in others)])).astype(np.int64)

    def distinct(self, rows: Rows) -> Rows:
        """The rows in their order, without those of an item that stands before them."""
        first = {self._group_of.get(row, -1 - row): row for row in reversed(rows.tolist())}
        return rows[np.isin(rows, np.array(list(first.values()), np.int64))]

    def hide_repeats(self, allowed: Mask) -> Mask:
        """(n_items,) the mask with one row an item: the preferred one of those that it allows."""
        kept = allowed.copy()
        for group in self.groups:
            rows = [row for row in group if allowed[row]]
            kept[rows[1:]] = False
        return kept

    @cached_property
    def _group_of(self) -> dict[int, int]:
        return {row: n for n, group in enumerate(self.groups) for row in group}


def find_duplicates(catalogue: Catalogue, n_events: npt.NDArray[np.integer]) -> Duplicates:
    """The duplicates of a catalogue; of the rows of one item that with most events is preferred, then the first."""
    by_identity: dict[Hashable, list[int]] = defaultdict(list)
    for row, item in enumerate(catalogue.items):
        identity = _identity(item)
        if identity is not None:
            by_identity[identity].append(row)
    groups = (
        group for rows in by_identity.values() if len(rows) > 1 for group in _same_items(rows, catalogue) if group[1:]
    )
    preferred = (tuple(sorted(group, key=lambda row: (-int(n_events[row]), row))) for group in groups)
    return Duplicates(tuple(preferred))


def are_duplicates(a: Item, b: Item) -> bool:
    """Whether two ids are one item; an item is one with itself."""
    if a.item_id == b.item_id:
        return True
    identity = _identity(a)
    return identity is not None and identity == _identity(b) and not _differ(a, b)


def _same_items(rows: Sequence[int], catalogue: Catalogue) -> Iterator[list[int]]:
    """Rows of one title and year in groups of which no two rows differ."""
    groups: list[list[int]] = []
    for row in rows:
        item = catalogue.items[row]
        fitting = (group for group in groups if not any(_differ(item, catalogue.items[other]) for other in group))
        group = next(fitting, None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    return iter(groups)


def _identity(item: Item) -> Hashable | None:
    """What two ids of one item have in common, None where nothing shows that an item is one with another."""
    title, year = _folded(bare_title(spoken_title(item.title))), _year(item)
    if not title:
        return None
    if year is not None:
        return title, year
    if not item.description:
        return None
    return title, item.description, item.categories, frozenset(item.attributes.items())


def _year(item: Item) -> float | None:
    """The year of an item: of its attribute, else the one at the end of its title."""
    stated = item.value("year")
    if isinstance(stated, int | float):
        return float(stated) if math.isfinite(stated) else None
    found = _YEAR.search(item.title)
    return float(found[1]) if found else None


def _differ(a: Item, b: Item) -> bool:
    """Whether an attribute that both state tells two items of one title and year apart: another artist, season, format.

    Categories and measured numbers do not: sources disagree about them. Codes, links, dates and prose say nothing.
    """
    shared = (name for name in a.attributes if name in b.attributes and not _SAYS_NOTHING.search(name.casefold()))
    return any(_are_apart(name, a.attributes[name], b.attributes[name]) for name in shared)


def _are_apart(name: str, a: Value, b: Value) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return name.casefold() in _NUMBERED and a != b
    names, others = _names(a), _names(b)
    return bool(names) and bool(others) and not names & others


def _names(value: Value) -> frozenset[str]:
    """The values that can name something, without case."""
    values = value if isinstance(value, tuple) else (str(value),)
    return frozenset(_folded(each) for each in values if each and len(each) <= MAX_NAME and "://" not in each)


def _folded(text: str) -> str:
    """Text without case, accents, double blanks and the kinds of apostrophes, which are not spoken."""
    return " ".join(fold_text(text).replace("’", "'").split())
