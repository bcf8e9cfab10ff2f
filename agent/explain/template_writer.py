"""Writes the reasons of recommendations from sentence templates, every sentence made of evidence alone."""

import zlib
from collections.abc import Iterator, Sequence

from agent.constraints import State
from agent.explain import templates
from agent.explain.constraint_evidence import met_wishes
from agent.explain.evidence import Evidence, FromAttribute, FromConstraint, FromHistory, Ground, Reason
from agent.language.constraint_text import field_words, join_words
from agent.language.words import words_of
from agent.understanding.lexicon import MEANS_NOTHING
from index.data.duplicates import are_duplicates
from index.data.records import Item
from index.printable import printable

MAX_SOURCES, MAX_CATEGORIES, MAX_WISHES = 2, 3, 2
MAX_NAME = 150  # characters of a title that a sentence still names
MAX_VALUE = 40  # characters of an attribute that a sentence still states


class TemplateWriter:
    """Writes reasons from the templates of `templates.py`."""

    def write(self, item: Item, state: State, support: Sequence[Item], ground: Ground) -> Iterator[Reason]:
        """Reasons of ever fewer claims: first history, attributes and constraints, last a single attribute."""
        yield _from_history(item, state, _sources(item, support, ground), ground)
        yield _from_attributes(item, state, ground)
        yield _from_attributes(item, State(), ground)
        for name, value in _stated_values(item, ground):
            yield Reason(_value_text(name, value), (FromAttribute(name, value),))


def reason_of_title(item: Item) -> Reason:
    """The reason for an item of which nothing but its title is known."""
    return Reason(templates.OF_TITLE.format(name=printable(item.name)), (FromAttribute("title", item.title),))


def _sources(item: Item, support: Sequence[Item], ground: Ground) -> list[Item]:
    """At most two items of the history that the reason names; those that share a category with the item come first."""
    usable = [
        each
        for each in support
        if each.item_id in ground.known and not are_duplicates(each, item) and len(each.name) <= MAX_NAME
    ]
    sharing = [each for each in usable if set(each.categories) & set(item.categories)]
    first = sharing[:1] or usable[:1]
    wanted = set(item.categories).intersection(*(each.categories for each in first)) if first else set()
    liked = bool(first) and first[0].item_id in ground.liked
    others = [
        each
        for each in sharing[1:]
        if wanted & set(each.categories) and (each.item_id in ground.liked) == liked and each.name != first[0].name
    ]
    return [*first, *others[: MAX_SOURCES - 1]]


def _from_history(item: Item, state: State, sources: Sequence[Item], ground: Ground) -> Reason:
    """The history items that speak for an item, what they share with it, and the constraints that it satisfies."""
    if not sources:
        return _from_attributes(item, state, ground)
    pick = _Picker(item.item_id)
    shared = [kind for kind in _telling(item) if all(kind in source.categories for source in sources)]
    kinds = (shared or _telling(item))[:MAX_CATEGORIES]
    link = templates.NO_LINK
    if kinds:
        link = pick(templates.SHARED if shared else templates.OWN).format(kinds=_kinds_text(kinds))
    dated, dates = _year_link(item, sources, pick, ground)
    same, sames = _value_link(item, sources, ground)
    lead = pick(templates.LIKED if sources[0].item_id in ground.liked else templates.IN_HISTORY)
    names = join_words(printable(source.name) for source in sources)
    wished, wishes = _constraints(item, state, pick)
    text = lead.format(names=names, link=f"{link}{dated}{same}.") + wished
    history = (FromHistory(source.item_id) for source in sources)
    return Reason(text, (*history, *_kinds_evidence(kinds), *dates, *sames, *wishes))


def _from_attributes(item: Item, state: State, ground: Ground) -> Reason:
    """The item's own attributes and the constraints that it satisfies, for a user of whom nothing is known."""
    pick = _Picker(item.item_id)
    kinds = _telling(item)[:MAX_CATEGORIES]
    year = _year(item, ground)
    dated = pick(templates.DATED).format(year=year) if year is not None else ""
    wished, wishes = _constraints(item, state, pick)
    dates = (FromAttribute("year", year),) if year is not None and dated else ()
    if kinds:
        text = pick(templates.ALONE).format(kinds=_kinds_text(kinds), dated=dated)
        return Reason(text + wished, (*_kinds_evidence(kinds), *dates, *wishes))
    if year is not None:
        return Reason(templates.OF_YEAR.format(year=year) + wished, (FromAttribute("year", year), *wishes))
    own = next(_stated_values(item, ground), None)
    if own is not None:
        return Reason(_value_text(*own) + wished, (FromAttribute(*own), *wishes))
    return Reason(wished.strip(), wishes) if wishes else reason_of_title(item)


def _year_link(
    item: Item, sources: Sequence[Item], pick: "_Picker", ground: Ground
) -> tuple[str, tuple[Evidence, ...]]:
    """The year of an item in words, or that its sources are of the same year or decade."""
    year, decade = _year(item, ground), item.value("decade")
    if year is None:
        return "", ()
    if all(source.value("year") == year for source in sources):
        return templates.SAME_YEAR.format(year=year), (FromAttribute("year", year),)
    if isinstance(decade, int) and all(source.value("decade") == decade for source in sources):
        return templates.SAME_DECADE.format(decade=decade), (FromAttribute("decade", decade),)
    text = pick(templates.DATED).format(year=year)
    return text, (FromAttribute("year", year),) if text else ()


def _value_link(item: Item, sources: Sequence[Item], ground: Ground) -> tuple[str, tuple[Evidence, ...]]:
    """One further value that an item and all its sources have in common."""
    for name, value in _stated_values(item, ground):
        if all(value in _short_values(source, name) for source in sources):
            return templates.SAME_VALUE.format(field=field_words(name), value=value), (FromAttribute(name, value),)
    return "", ()


def _stated_values(item: Item, ground: Ground) -> Iterator[tuple[str, str]]:
    """Short texts among the attributes that the source itself states."""
    for name in item.attributes:
        if name not in ground.enriched_fields:
            yield from ((name, value) for value in _short_values(item, name))


def _short_values(item: Item, name: str) -> tuple[str, ...]:
    own = item.value(name)
    values = own if isinstance(own, tuple) else (own,) if isinstance(own, str) else ()
    return tuple(v for v in values if 1 < len(v) <= MAX_VALUE and "://" not in v and not any(map(str.isdigit, v)))


def _value_text(name: str, value: str) -> str:
    return templates.OF_VALUE.format(field=field_words(name).capitalize(), value=value)


def _constraints(item: Item, state: State, pick: "_Picker") -> tuple[str, tuple[Evidence, ...]]:
    wishes = met_wishes(state, item)[:MAX_WISHES]
    if not wishes:
        return "", ()
    return pick(templates.WISHED).format(wishes=join_words(wishes)), tuple(FromConstraint(wish) for wish in wishes)


def _year(item: Item, ground: Ground) -> int | None:
    year = item.value("year")
    return int(year) if isinstance(year, int | float) and "year" not in ground.enriched_fields else None


def _telling(item: Item) -> list[str]:
    """The categories of an item that describe it: not "unknown" or "other"."""
    return [kind for kind in item.categories if " ".join(words_of(kind)) not in MEANS_NOTHING]


def _kinds_text(kinds: Sequence[str]) -> str:
    return join_words(printable(kind).lower() for kind in kinds)


def _kinds_evidence(kinds: Sequence[str]) -> tuple[Evidence, ...]:
    return tuple(FromAttribute("categories", kind) for kind in kinds)


class _Picker:
    """Chooses among templates by the id of an item: the same each time, others for the next item."""

    def __init__(self, item_id: str) -> None:
        self._left = zlib.crc32(item_id.encode())

    def __call__(self, choices: Sequence[str]) -> str:
        """One of `choices`."""
        self._left, place = divmod(self._left, len(choices))
        return choices[place]
