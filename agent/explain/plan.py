"""Plans what the reasons of a list say: of each item the strongest true link, and of ten items ten different things."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from agent.constraints import State
from agent.explain.aspect_points import Point, PointChooser
from agent.explain.constraint_evidence import met_wishes
from agent.explain.evidence import Evidence, FromAttribute, FromConstraint, FromHistory, FromReview, Ground
from agent.explain.links import Link, find_links, stated_values, stated_year, telling_categories
from index.data.duplicates import are_duplicates
from index.data.records import Item, Value

MAX_SOURCES, MAX_WISHES, MAX_CATEGORIES = 2, 2, 3
MAX_NAME = 150  # characters of a title that a sentence still names
N_STRONGEST = 3  # history items of which a reason names one: those that raise the score of the item most
# What a link loses where earlier reasons of the list say the like: the same thing, the same kind, the same source.
REPEATED, SAME_KIND, SAME_SOURCE, LATER_SOURCE = 2.0, 0.12, 0.35, 0.15
SAME_COMMON_KIND = 0.5  # of links by categories or time, which tell less each time


class Asked(NamedTuple):
    """An item whose reason is asked for, and the items of the history that speak for it, strongest first."""

    item: Item
    sources: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one reason says: links to `sources`, or the item's own values; wishes; `turn` varies the wording.

    `sources` are items of the history, all of them `liked` by the user or none known to be.
    """

    item: Item
    links: tuple[Link, ...] = ()
    sources: tuple[Item, ...] = ()
    liked: bool = False
    own: tuple[tuple[str, Value], ...] = ()  # values of the item by field, where no link to a source tells anything
    points: tuple[Point, ...] = ()  # what its reviews praise and blame
    wishes: tuple[str, ...] = ()
    turn: int = 0

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What all of it rests on, each thing once."""
        linked = [each for link in self.links for each in link.evidence]
        others = [FromHistory(source.item_id) for source in self.sources]
        own = [FromAttribute(name, value) for name, value in self.own]
        known = {each.item_id for each in linked if isinstance(each, FromHistory)}
        more = [each for each in others if each.item_id not in known]
        said = [FromReview(each.quote.review_id, each.quote.text, each.aspect, each.praises) for each in self.points]
        wishes = [FromConstraint(wish) for wish in self.wishes]
        found = list(dict.fromkeys([*linked, *more, *own, *said, *wishes]))
        related = {each.item_id for each in found if isinstance(each, FromHistory) and each.relation}
        return tuple(
            each
            for each in found
            if not (isinstance(each, FromHistory) and each.relation is None and each.item_id in related)
        )


@dataclass
class Planner:
    """Plans the reasons of one list, one item after another; what was told before counts against telling it again."""

    state: State
    ground: Ground
    points: PointChooser | None = None  # None where no review was judged
    _told: Counter[object] = field(default_factory=Counter)
    _n_planned: int = 0

    def plans(self, asked: Asked) -> Iterator[Plan]:
        """Plans for an item, best first and ever simpler: links, the item's own values, a single one, its title.

        The best is tried with what reviews say of the item, and without where the checker refuses their words.
        """
        points = self._points(asked.item)
        every = (replace(plan, turn=self._n_planned) for plan in self._without_points(asked))
        best = next(every, None)
        if best is None:
            return
        if points:
            yield replace(best, own=() if best.links else best.own, points=points)
            yield from (replace(best, points=(point,)) for point in points if len(points) > 1)
        yield best
        yield from every

    def _without_points(self, asked: Asked) -> Iterator[Plan]:
        wishes = met_wishes(self.state, asked.item)[:MAX_WISHES]
        options = sorted(self._options(asked), key=lambda option: -option.weight)
        yield from (self._linked(asked, option, wishes) for option in options)
        yield from self._own(asked.item, wishes)
        if wishes:
            yield from self._own(asked.item, ())
        yield Plan(asked.item)  # nothing but what reviews say

    def _points(self, item: Item) -> tuple[Point, ...]:
        row = self.ground.lexicon.catalogue.row_of.get(item.item_id)
        return () if self.points is None or row is None else self.points.choose(row)

    def settle(self, plan: Plan) -> None:
        """Take note of what a reason of the list says."""
        self._n_planned += 1
        for link in plan.links[:1]:
            self._told[link.kind] += 1
            self._told[_said(link)] += 1
        for source in plan.sources:
            self._told[source.item_id] += 1
        if self.points is not None:
            self.points.settle(plan.points)

    def _options(self, asked: Asked) -> Iterator["_Option"]:
        usable = [source for source in asked.sources if self._is_usable(source, asked.item)][:N_STRONGEST]
        for place, source in enumerate(usable):
            links = find_links(asked.item, source, self.ground)
            for link in links:
                if link.kind != "none" or not place:  # of the others it would not be true that none speaks more for it
                    weight = link.weight - self._penalty(link) - LATER_SOURCE * place
                    yield _Option(weight, link, links, tuple(usable))

    def _penalty(self, link: Link) -> float:
        per_kind = SAME_COMMON_KIND if link.kind in ("categories", "time") else SAME_KIND
        repeated = REPEATED * self._told[_said(link)]
        return repeated + per_kind * self._told[link.kind] + SAME_SOURCE * self._told[link.source.item_id]

    def _is_usable(self, source: Item, item: Item) -> bool:
        known = source.item_id in self.ground.known and not are_duplicates(source, item)
        return known and 0 < len(source.name) <= MAX_NAME

    def _linked(self, asked: Asked, option: "_Option", wishes: tuple[str, ...]) -> Plan:
        """The chosen link, one more thing that is true of its source, and another source that the link holds for."""
        first = option.link
        liked = first.source.item_id in self.ground.liked
        others = [
            source
            for source in option.usable
            if source is not first.source
            and source.name != first.source.name
            and (source.item_id in self.ground.liked) == liked
            and first.holds_for(source)
        ]
        second = _second(first, option.links) if not others else None
        links = (first,) if second is None else (first, second)
        sources = (first.source, *others[: MAX_SOURCES - 1])
        own = self._description(asked.item) if first.kind == "none" else ()
        return Plan(asked.item, links, sources, liked, own, wishes=wishes)

    def _own(self, item: Item, wishes: tuple[str, ...]) -> Iterator[Plan]:
        """Nothing of a history: categories and year, a single value of the item, its title."""
        described = self._description(item)
        if described:
            yield Plan(item, own=described, wishes=wishes)
        for name, value in stated_values(item, self.ground):
            yield Plan(item, own=((name, value),), wishes=wishes)
        if wishes:
            yield Plan(item, wishes=wishes)

    def _description(self, item: Item) -> tuple[tuple[str, Value], ...]:
        """The item's categories and year by field; else a value of its own, where it has one."""
        year, kinds = stated_year(item, self.ground), telling_categories(item)[:MAX_CATEGORIES]
        dated: tuple[tuple[str, Value], ...] = (("year", year),) if year is not None else ()
        return (*(("categories", kind) for kind in kinds), *dated) or tuple(stated_values(item, self.ground))[:1]


class _Option(NamedTuple):
    """A link that may be told, its worth in this list, all links to its source, the sources that it may be told of."""

    weight: float
    link: Link
    links: tuple[Link, ...]
    usable: tuple[Item, ...]


def _second(first: Link, links: tuple[Link, ...]) -> Link | None:
    """Another link to the same source, of another kind that tells something by itself."""
    return next((link for link in links if link.kind not in (first.kind, "none", "time")), None)


def _said(link: Link) -> tuple[object, ...]:
    """What a link says, whichever item it is said of."""
    return (link.kind, link.field, link.values) if link.values else (link.kind, link.relation, link.source.item_id)
