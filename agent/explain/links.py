"""Links between a recommended item and an item of the history: what is true of both, and how much that tells."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agent.explain.evidence import Evidence, FromAttribute, FromHistory, Ground, Relation
from agent.explain.value_shares import value_shares_of
from agent.language.words import words_of
from agent.understanding.lexicon import MEANS_NOTHING
from index.data.records import Item, Value

Kind = Literal["value", "users", "categories", "time", "none"]

RARE_SHARE = 0.05  # of a catalogue: a value that so few items have is told first
TELLING_SHARE = 0.125  # a value of more items connects no two of them
FEW_ITEMS = 3  # that have a value make it rare in the smallest catalogue
MAX_CATEGORIES = 3  # that a reason names
MAX_VALUE = 40  # characters of an attribute that a sentence still states
# How much each link tells; values that few items have tell more by up to 1, users in common by up to .4.
WEIGHTS: dict[Kind, float] = {"value": 3.0, "categories": 1.4, "time": 0.6, "none": 0.2}
OF_USERS: dict[Relation, float] = {
    "most like both": 2.6,
    "liked together": 2.2,
    "most have both": 2.0,
    "had together": 1.7,
}
COMMON_VALUE = 1.2  # of a value that more than RARE_SHARE of the items have


@dataclass(frozen=True, slots=True)
class Link:
    """One true thing that connects an item with a source: a value of `field`, users in common, or nothing."""

    kind: Kind
    source: Item
    weight: float
    field: str = ""
    values: tuple[Value, ...] = ()
    relation: Relation | None = None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the link rests on."""
        return (
            FromHistory(self.source.item_id, self.relation),
            *(FromAttribute(self.field, value) for value in self.values),
        )

    def holds_for(self, source: Item) -> bool:
        """Whether the link's values are those of another source too."""
        return bool(self.values) and all(value in values_of(source, self.field) for value in self.values)


def find_links(item: Item, source: Item, ground: Ground) -> tuple[Link, ...]:
    """All links, the most telling first; where there is none, the one that says that the source speaks for the item."""
    found = [*_values(item, source, ground), *_users(item, source, ground), *_kinds(item, source, ground)]
    found += _times(item, source, ground)
    return tuple(sorted(found, key=lambda link: -link.weight)) or (Link("none", source, WEIGHTS["none"]),)


def telling_categories(item: Item) -> tuple[str, ...]:
    """The categories of an item that describe it: not "unknown" or "other"."""
    return tuple(kind for kind in item.categories if " ".join(words_of(kind)) not in MEANS_NOTHING)


def values_of(item: Item, field: str) -> tuple[Value, ...]:
    """The values of a field as a tuple, empty where the item has none."""
    value = item.value(field)
    return value if isinstance(value, tuple) else () if value is None else (value,)


def stated_values(item: Item, ground: Ground) -> Iterator[tuple[str, str]]:
    """Short texts among the attributes that the domain's source itself states, by field."""
    for field in item.attributes:
        if field not in ground.enriched_fields:
            for value in values_of(item, field):
                if isinstance(value, str) and _is_sayable(value):
                    yield field, value


def stated_year(item: Item, ground: Ground) -> int | None:
    """The year of an item where the domain's source states it."""
    year = item.value("year")
    return int(year) if isinstance(year, int | float) and "year" not in ground.enriched_fields else None


def _values(item: Item, source: Item, ground: Ground) -> Iterator[Link]:
    shares = value_shares_of(ground.lexicon.catalogue)
    for field, value in stated_values(item, ground):
        share = shares.share(field, value)
        if value in values_of(source, field) and share <= _bound(TELLING_SHARE, ground):
            weight = WEIGHTS["value"] if share <= _bound(RARE_SHARE, ground) else COMMON_VALUE
            yield Link("value", source, weight + _rarity(share), field, (value,))


def _users(item: Item, source: Item, ground: Ground) -> Iterator[Link]:
    for relation, pair in list(ground.relations(source, item).items())[:1]:  # the first says more than the others
        yield Link("users", source, OF_USERS[relation] + min(math.log2(pair.lift), 4) / 10, relation=relation)


def _kinds(item: Item, source: Item, ground: Ground) -> Iterator[Link]:
    shared = tuple(kind for kind in telling_categories(item) if kind in source.categories)[:MAX_CATEGORIES]
    share = value_shares_of(ground.lexicon.catalogue).share_of_all(frozenset(shared))
    if shared and share <= _bound(TELLING_SHARE, ground):
        yield Link("categories", source, WEIGHTS["categories"] + _rarity(share) / 2, "categories", shared)


def _times(item: Item, source: Item, ground: Ground) -> Iterator[Link]:
    shares = value_shares_of(ground.lexicon.catalogue)
    year, decade = stated_year(item, ground), item.value("decade")
    if (
        year is not None
        and stated_year(source, ground) == year
        and shares.share("year", year) <= _bound(RARE_SHARE, ground)
    ):
        yield Link("time", source, WEIGHTS["time"], "year", (year,))
        return
    same_decade = year is not None and decade is not None and source.value("decade") == decade
    if same_decade and decade is not None and shares.share("decade", decade) <= _bound(TELLING_SHARE, ground):
        yield Link("time", source, WEIGHTS["time"] - 0.1, "decade", (decade,))


def _bound(share: float, ground: Ground) -> float:
    """A share of the catalogue, which is that of FEW_ITEMS at least."""
    return max(share, FEW_ITEMS / max(len(ground.lexicon.catalogue), 1))


def _rarity(share: float) -> float:
    """0 … 1: the bits that a value tells, in tenths."""
    return min(-math.log2(max(share, 1e-3)), 10) / 10


def _is_sayable(value: str) -> bool:
    return 1 < len(value) <= MAX_VALUE and "://" not in value and not any(map(str.isdigit, value))
