"""How common each value of a field is in a catalogue: what half of it has connects no two items."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from agent.weak_cache import WeakCache
from index.data.domain import Catalogue
from index.data.records import Item, Value


@dataclass(frozen=True)
class ValueShares:
    """Counts of values by field over a catalogue."""

    catalogue: Catalogue

    def share(self, field: str, value: Value) -> float:
        """The share of the catalogue that has this value of a field."""
        return self._counts[field, value] / max(len(self.catalogue), 1)

    def share_of_all(self, categories: frozenset[str]) -> float:
        """The share of the catalogue that has all of these categories."""
        if categories not in self._of_all:
            n = sum(count for own, count in self._kinds.items() if categories <= own)
            self._of_all[categories] = n / max(len(self.catalogue), 1)
        return self._of_all[categories]

    @cached_property
    def _of_all(self) -> dict[frozenset[str], float]:
        """What was asked for before: a catalogue of thousands is not counted again for each link."""
        return {}

    @cached_property
    def _counts(self) -> Counter[tuple[str, Value]]:
        return Counter(pair for item in self.catalogue.items for pair in set(_values(item)))

    @cached_property
    def _kinds(self) -> Counter[frozenset[str]]:
        return Counter(frozenset(item.categories) for item in self.catalogue.items)


def _values(item: Item) -> list[tuple[str, Value]]:
    fields = {"categories": item.categories, "decade": item.value("decade"), **item.attributes}
    return [
        (name, each)
        for name, value in fields.items()
        if value is not None
        for each in (value if isinstance(value, tuple) else (value,))
    ]


value_shares_of: WeakCache[Catalogue, ValueShares] = WeakCache(ValueShares)
