"""The vocabulary of a catalogue: how its titles, values and fields are called; built once, used by every message."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agent.constraints import Constraint
from agent.language.common_words import COMMON, FUNCTION_WORDS
from agent.language.synonyms import BLENDS, value_forms
from agent.language.word_lists import word_set
from agent.language.words import words_of
from agent.numbers import number_of
from agent.understanding.title_index import TitleIndex
from agent.weak_cache import WeakCache
from index.data.domain import Catalogue, Domain

MEANS_NOTHING = frozenset(("unknown", "other", "others", "none", "n a", "na", "misc", "no genres listed", "nv"))
MAX_KINDS = 300  # distinct values up to which a field is a set of kinds; above, it names people, places or makers
MAX_PLAIN_KINDS = 30  # distinct values up to which even an ordinary word is meant as one of them: "red"
_GRADES = word_set("high low medium light full small large good bad big yes no true false strong weak new old none all")
PEOPLE = word_set(
    "director directors writer writers cast actor actors actress stars author authors artist artists band composer"
)
_YEAR_WORDS = word_set("year vintage released published")
Parts = tuple[Constraint, ...]
Counts = dict[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of some words: all of `parts`; `needs` says what must stand beside the words for them to mean it."""

    parts: Parts
    needs: str = ""  # nothing; "noun": a noun for items, or "for"; "name": a capital, or "by"; "field"; "with": "with"


@dataclass(frozen=True)
class Lexicon:
    """The vocabulary of one catalogue: titles, the senses of words, fields of numbers and of text.

    Each part is made where it is first asked for: a list for someone who says nothing needs none of them.
    """

    catalogue: Catalogue
    popularity: Sequence[float] | None = None  # events of each item: decides between items of one title

    def prepare(self) -> None:
        """Make every part now, so that the first message is answered as fast as the others."""
        _ = self.titles, self.senses, self.surnames

    @cached_property
    def titles(self) -> TitleIndex:
        """The titles of all items."""
        return TitleIndex.of(self.catalogue, self.popularity)

    @cached_property
    def senses(self) -> Mapping[str, tuple[Sense, ...]]:
        """What words mean in this catalogue."""
        return _senses(self._values[0], len(self.catalogue))

    @cached_property
    def surnames(self) -> Mapping[str, tuple[Sense, ...]]:
        """The last names of people."""
        return _surnames(self._values[0])

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The fields that hold numbers, without those of years."""
        return tuple(name for name in self._values[1] if name not in (self.year_field, "decade"))

    @cached_property
    def years(self) -> tuple[int, int] | None:
        """The first and the last year of the catalogue."""
        years = self._values[1].get(self.year_field)
        return (int(min(years)), int(max(years))) if years else None

    @cached_property
    def year_field(self) -> str:
        """The field that holds the year of an item."""
        return _year_field(self._values[1])

    @cached_property
    def text_fields(self) -> tuple[str, ...]:
        """The fields that hold text."""
        return tuple(name for name in self._values[0] if name != "categories")

    @cached_property
    def _values(self) -> tuple[Counts, dict[str, list[float]]]:
        return _values(self.catalogue)

    @cached_property
    def max_words(self) -> int:
        """The number of words of the longest form of a value."""
        return max((form.count(" ") + 1 for form in self.senses), default=0)

    @cached_property
    def year_quarters(self) -> tuple[int, int]:
        """The years below which and above which a quarter of the items lie."""
        years = (number_of(item.value(self.year_field)) for item in self.catalogue.items)
        numbers = [float(year) for year in years if year is not None]
        low, high = np.quantile(numbers, (0.25, 0.75)) if numbers else (0, 0)
        return int(low), int(high)

    @property
    def year_in_words(self) -> str | None:
        """The field that is named after a year and holds text that is no number; None where there is none."""
        return next((name for name in self.text_fields if _YEAR_WORDS & set(_name_words(name))), None)

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The name of every field, by the words that say it."""
        years = (self.year_field,) if self.years else ()
        names = (*self.numbers, *years, *self.text_fields, "categories", "title")
        return {" ".join(_name_words(name)): name for name in names}


def popularity_of(domain: Domain) -> Sequence[float]:
    """How many events each item of a domain has, by row."""
    counts = np.bincount(domain.histories.rows, minlength=len(domain.catalogue)).astype(float)
    return list(map(float, counts))


lexicon_of: WeakCache[Domain, Lexicon] = WeakCache(lambda domain: Lexicon(domain.catalogue, popularity_of(domain)))


def _name_words(name: str) -> tuple[str, ...]:
    """The words of the name of a field."""
    return words_of(name.replace("_", " "))


def _year_field(numbers: Mapping[str, Sequence[float]]) -> str:
    """The field that holds the year of an item: "year", else one that is named after one and holds years."""
    named = (name for name in numbers if _YEAR_WORDS & set(_name_words(name)))
    holding = (name for name in named if 1000 < np.median(numbers[name]) < 2200)
    return "year" if "year" in numbers else next(holding, "year")


def _values(catalogue: Catalogue) -> tuple[Counts, dict[str, list[float]]]:
    """How often each text value of each field stands in the catalogue, and the numbers of the others.

    A field of text that holds numbers in most of its values, as "6,99 €", is one of numbers.
    """
    counts: Counts = defaultdict(Counter)
    numbers: dict[str, list[float]] = defaultdict(list)
    lists = {"categories"}
    for item in catalogue.items:
        counts["categories"].update(item.categories)
        for name, value in item.attributes.items():
            if isinstance(value, str):
                counts[name][value] += 1
            elif isinstance(value, tuple):
                counts[name].update(value)
                lists.add(name)
            else:
                numbers[name].append(float(value))
    for name in [name for name in counts if name not in lists]:
        read = {value: number for value in counts[name] if (number := number_of(value)) is not None}
        written = [float(number) for value, number in read.items() for _ in range(counts[name][value])]
        n_known = len(numbers.get(name, ())) + len(written)
        if 2 * n_known > len(numbers.get(name, ())) + sum(counts[name].values()):
            numbers[name] += written
            del counts[name]
        else:
            numbers.pop(name, None)
    return counts, numbers


def _is_spoken(name: str, values: Counter[str], n_items: int) -> bool:
    """Whether people would say the values of a field: it holds no links, codes, long texts or ids of single items."""
    if name == "categories":
        return True
    sample = [value for value, _ in values.most_common(200)]
    odd = sum("://" in value or len(value) <= 2 or len(value) > 60 or value[:1].isdigit() for value in sample)
    return odd * 2 < len(sample) and not (
        len(values) > 100 and len(values) > 0.98 * sum(values.values()) > 0.9 * n_items
    )


def _senses(counts: Counts, n_items: int) -> dict[str, tuple[Sense, ...]]:
    found: dict[str, list[Sense]] = defaultdict(list)
    for name, values in counts.items():
        if not _is_spoken(name, values, n_items):
            continue
        for value in values:
            parts = (Constraint(name, "=", value),)
            for form, weak in value_forms(value) if " ".join(words_of(value)) not in MEANS_NOTHING else ():
                sense = Sense(parts, "noun" if weak else _needs(name, form, len(values)))
                if not any(each.parts == parts for each in found[form]):
                    found[form].append(sense)
        if len(values) <= MAX_KINDS and name not in PEOPLE:
            _add_last_words(found, name, values)
    categories = {" ".join(words_of(value)): value for value in counts["categories"]}
    for form, names in BLENDS.items():
        if all(name in categories for name in names):
            found[form].append(Sense(tuple(Constraint("categories", "=", categories[name]) for name in names)))
    return {form: tuple(_strongest(senses)) for form, senses in found.items()}


def _add_last_words(found: dict[str, list[Sense]], name: str, values: Iterable[str]) -> None:
    """Values by their last word: "for fish" means rich fish and lean fish."""
    for value in values:
        words = words_of(value)
        if len(words) > 1 and not any(sense.needs != "with" for sense in found.get(words[-1], ())):
            found[words[-1]].append(Sense((Constraint(name, "=", value),), "with"))


def _needs(name: str, form: str, n_values: int) -> str:
    if name == "categories":
        return ""
    if form in _GRADES:
        return "field"
    if n_values <= MAX_KINDS and name not in PEOPLE:
        if form in FUNCTION_WORDS:
            return "name"
        return "with" if form in COMMON and n_values > MAX_PLAIN_KINDS else ""
    return "" if " " in form and not all(word in COMMON for word in form.split()) else "name"


def _strongest(senses: Iterable[Sense]) -> Iterable[Sense]:
    """The senses of a word; where it is a category too, only that."""
    each = list(senses)
    return [sense for sense in each if sense.parts[0].field == "categories"] or each


def _surnames(counts: Counts) -> dict[str, tuple[Sense, ...]]:
    """People by their last names: those of one field together, the most frequent first."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in PEOPLE & set(counts):
        for value, _ in counts[name].most_common():
            words = words_of(value)
            if len(words) > 1 and len(words[-1]) > 2:
                found[words[-1]][name].append(value)
    return {
        last: tuple(Sense((Constraint(name, "=", values[0]),), "name") for name, values in by_field.items())
        for last, by_field in found.items()
    }
