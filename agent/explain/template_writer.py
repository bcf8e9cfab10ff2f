"""Says why an item is recommended: sentences made of evidence alone, each one checked before anybody sees it."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from agent.constraints import State
from agent.explain.checker import Ground, faults, met_wishes
from agent.language.constraint_text import listed, spoken_field
from agent.language.tokens import words_of
from agent.recommendation import Evidence, FromAttribute, FromConstraint, FromHistory, Reason
from agent.understanding.lexicon import MEANS_NOTHING
from index.data.records import Item
from index.printable import printable

MAX_SOURCES, MAX_CATEGORIES, MAX_WISHES = 2, 3, 2
MAX_NAME = 150  # characters of a name that is still said in a sentence
MAX_VALUE = 40

_LIKED = (
    "You liked {names}: {link}",
    "Because you liked {names}: {link}",
    "You liked {names}, so this may suit you: {link}",
    "Since you liked {names}: {link}",
    "It goes with {names}, which you liked: {link}",
    "Close to {names}, which you liked: {link}",
    "For your liking of {names}: {link}",
    "After {names}, which you liked, this could be next: {link}",
)
_HAD = (
    "You know {names}: {link}",
    "After {names}, which you know, this could be next: {link}",
    "It goes with {names} from your history: {link}",
    "Close to {names} in your history: {link}",
    "Following on from {names} in your history: {link}",
    "With {names} in your history, this may suit you: {link}",
    "{names} in your history speaks for it: {link}",
)
_SHARED = (
    "this is {kinds} too",
    "what they share is {kinds}",
    "{kinds} again",
    "more {kinds}",
    "what connects them is {kinds}",
    "here is {kinds} as well",
    "the common thread is {kinds}",
    "{kinds} once more",
)
_OWN = (
    "this one is {kinds}",
    "this time it is {kinds}",
    "it offers {kinds}",
    "here it is {kinds}",
    "it is listed as {kinds}",
)
_DATED = (", from {year}", "", ", of {year}")
_ALONE = (
    "This one is {kinds}{dated}.",
    "This is {kinds}{dated}.",
    "It is listed as {kinds}{dated}.",
    "It offers {kinds}{dated}.",
    "Here is {kinds}{dated}.",
    "A choice for {kinds}{dated}.",
    "For a taste of {kinds}{dated}.",
    "Worth a look for {kinds}{dated}.",
    "If {kinds} appeals, this may do{dated}.",
    "Something with {kinds}{dated}.",
)
_WISHED = (
    " As you asked: {wishes}.",
    " And it is what you asked for: {wishes}.",
    " It fits what you asked for: {wishes}.",
    " Your wish holds: {wishes}.",
)


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason, and what the checker refused before it."""

    reason: Reason
    refused: tuple[str, ...] = ()


def explain(item: Item, state: State, because: Sequence[Item], ground: Ground) -> Reason:
    """Why `item` is recommended; `because` are items of the history that speak for it, best first, or none."""
    return explain_fully(item, state, because, ground).reason


def explain_fully(item: Item, state: State, because: Sequence[Item], ground: Ground) -> Explained:
    """As `explain`, with the faults of fuller reasons that were refused: the plainest one that passes is taken."""
    refused: list[str] = []
    sources = _sources(item, because, ground)
    for reason in chain((_full(item, state, sources, ground),), _plainer(item, state, ground)):
        found = faults(reason, item, ground, state)
        if not found:
            return Explained(reason, tuple(refused))
        refused += found
    return Explained(_by_title(item), tuple(refused))


def _sources(item: Item, because: Sequence[Item], ground: Ground) -> list[Item]:
    """At most two items of the history, those that share a category with the item before the others."""
    usable = [
        each
        for each in because
        if each.item_id in ground.known and each.item_id != item.item_id and len(each.name) <= MAX_NAME
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


def _full(item: Item, state: State, sources: Sequence[Item], ground: Ground) -> Reason:
    """What of the history speaks for an item, what they share, and the wishes that it meets."""
    if not sources:
        return _from_attributes(item, state, ground)
    pick = _Picker(item.item_id)
    shared = [kind for kind in _telling(item) if all(kind in source.categories for source in sources)]
    kinds = (shared or _telling(item))[:MAX_CATEGORIES]
    link = pick(_SHARED if shared else _OWN).format(kinds=_kinds(kinds)) if kinds else "it comes next to that"
    dated, dates = _dated(item, sources, pick, ground)
    same, sames = _same(item, sources, ground)
    lead = pick(_LIKED if sources[0].item_id in ground.liked else _HAD)
    names = listed(printable(source.name) for source in sources)
    wished, wishes = _wished(item, state, pick)
    text = lead.format(names=names, link=f"{link}{dated}{same}.") + wished
    history = (FromHistory(source.item_id) for source in sources)
    return Reason(text, (*history, *_of_kinds(kinds), *dates, *sames, *wishes))


def _plainer(item: Item, state: State, ground: Ground) -> Iterator[Reason]:
    """Reasons of ever fewer claims: attributes and wishes, attributes, one attribute at a time."""
    yield _from_attributes(item, state, ground)
    yield _from_attributes(item, State(), ground)
    for name, value in _own_values(item, ground):
        yield Reason(f"{spoken_field(name).capitalize()}: {value}.", (FromAttribute(name, value),))


def _from_attributes(item: Item, state: State, ground: Ground) -> Reason:
    """What an item is, for somebody of whom nothing is known, and the wishes that it meets."""
    pick = _Picker(item.item_id)
    kinds = _telling(item)[:MAX_CATEGORIES]
    year = _year(item, ground)
    dated = pick(_DATED).format(year=year) if year is not None else ""
    wished, wishes = _wished(item, state, pick)
    dates = (FromAttribute("year", year),) if year is not None and dated else ()
    if kinds:
        return Reason(
            pick(_ALONE).format(kinds=_kinds(kinds), dated=dated) + wished, (*_of_kinds(kinds), *dates, *wishes)
        )
    if year is not None:
        return Reason(f"This one is from {year}." + wished, (FromAttribute("year", year), *wishes))
    own = next(_own_values(item, ground), None)
    if own is not None:
        return Reason(f"{spoken_field(own[0]).capitalize()}: {own[1]}." + wished, (FromAttribute(*own), *wishes))
    return Reason(wished.strip(), wishes) if wishes else _by_title(item)


def _by_title(item: Item) -> Reason:
    """The last resort for an item of which nothing but its title is known."""
    return Reason(f"This is {printable(item.name)}.", (FromAttribute("title", item.title),))


def _dated(item: Item, sources: Sequence[Item], pick: "_Picker", ground: Ground) -> tuple[str, tuple[Evidence, ...]]:
    """The year of an item in words, or that it is of the year or decade of what speaks for it."""
    year, decade = _year(item, ground), item.value("decade")
    if year is None:
        return "", ()
    if all(source.value("year") == year for source in sources):
        return f", from {year} as well", (FromAttribute("year", year),)
    if isinstance(decade, int) and all(source.value("decade") == decade for source in sources):
        return f", also from the {decade}s", (FromAttribute("decade", decade),)
    said = pick(_DATED).format(year=year)
    return said, (FromAttribute("year", year),) if said else ()


def _same(item: Item, sources: Sequence[Item], ground: Ground) -> tuple[str, tuple[Evidence, ...]]:
    """One further value that an item and all that speaks for it have in common."""
    for name, value in _own_values(item, ground):
        if all(value in _values(source, name) for source in sources):
            return f", the same {spoken_field(name)} too ({value})", (FromAttribute(name, value),)
    return "", ()


def _own_values(item: Item, ground: Ground) -> Iterator[tuple[str, str]]:
    """Short texts among the attributes that the source itself states."""
    for name in item.attributes:
        if name not in ground.enrich_items:
            yield from ((name, value) for value in _values(item, name))


def _values(item: Item, name: str) -> tuple[str, ...]:
    own = item.value(name)
    values = own if isinstance(own, tuple) else (own,) if isinstance(own, str) else ()
    return tuple(v for v in values if 1 < len(v) <= MAX_VALUE and "://" not in v and not any(map(str.isdigit, v)))


def _wished(item: Item, state: State, pick: "_Picker") -> tuple[str, tuple[Evidence, ...]]:
    wishes = met_wishes(state, item)[:MAX_WISHES]
    if not wishes:
        return "", ()
    return pick(_WISHED).format(wishes=listed(wishes)), tuple(FromConstraint(wish) for wish in wishes)


def _year(item: Item, ground: Ground) -> int | None:
    year = item.value("year")
    return int(year) if isinstance(year, int | float) and "year" not in ground.enrich_items else None


def _telling(item: Item) -> list[str]:
    """The categories of an item that say something of it."""
    return [kind for kind in item.categories if " ".join(words_of(kind)) not in MEANS_NOTHING]


def _kinds(kinds: Sequence[str]) -> str:
    return listed(printable(kind).lower() for kind in kinds)


def _of_kinds(kinds: Sequence[str]) -> tuple[Evidence, ...]:
    return tuple(FromAttribute("categories", kind) for kind in kinds)


class _Picker:
    """Chooses among wordings by the id of an item: the same each time, another for the next item."""

    def __init__(self, item_id: str) -> None:
        self._left = zlib.crc32(item_id.encode())

    def __call__(self, choices: Sequence[str]) -> str:
        """One of `choices`."""
        self._left, place = divmod(self._left, len(choices))
        return choices[place]
