"""Plans to learn from: what the planner says to a domain's own users, and what it would say in other domains."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.constraints import Constraint, State
from agent.explain.checker import faults
from agent.explain.evidence import Ground, Reason, Relation
from agent.explain.explainer import explain_list
from agent.explain.ground import ground_of
from agent.explain.links import WEIGHTS, Link
from agent.explain.plan import Asked, Plan
from agent.explain.shared_users import Pair
from index.data.domain import Domain
from index.data.records import Item

K = 5  # items of a list that is planned
WISHING, ALONE, WIDENED = 0.25, 0.15, 0.5  # shares: lists with wishes, without a history; plans that are changed
TWO_LINKS = 0.4  # of the changed plans
RELATIONS: tuple[Relation, ...] = ("liked together", "most like both", "had together", "most have both")
# Fields of other domains and a value each; a text never sees the value.
FIELDS = tuple(
    dict(
        director="Ann Lee",
        author="Ann Lee",
        brand="Sonata",
        artist="Ann Lee",
        cast="Ann Lee",
        writer="Ann Lee",
        publisher="Sonata",
        country="Ruritania",
        grape="Sonata",
        winery="Sonata",
        platform="Sonata",
        developer="Sonata",
    ).items()
)


class AnyRelation(Ground):
    """A ground on which everything may be said of other users: what is judged on it is the wording."""

    def relations(self, source: Item, item: Item) -> dict[Relation, Pair]:
        """All of them."""
        return dict.fromkeys(RELATIONS, Pair(9, 10, 10, 100))


@dataclass(frozen=True)
class Planned:
    """A plan with what its texts are checked against; `is_real`: it is as the planner made it for this domain."""

    plan: Plan
    state: State
    ground: Ground
    is_real: bool = True

    def faults(self, text: str) -> list[str]:
        """What the checker says of a text."""
        ground = self.ground if self.is_real else AnyRelation(**{n: getattr(self.ground, n) for n in _FIELDS})
        return faults(Reason(text, self.plan.evidence, "model"), self.plan.item, ground, self.state)


_FIELDS = ("lexicon", "known", "liked", "enriched_fields", "reviews", "users")


def draw_plans(domain: Domain, n: int, random: np.random.Generator, widened: float = WIDENED) -> list[Planned]:
    """So many plans; a share of them is changed to what other domains know: values, other users, years."""
    found: list[Planned] = []
    while len(found) < n:
        for each in _of_a_list(domain, random):
            found.append(_widened(each, random) if random.random() < widened else each)
    return found[:n]


def _of_a_list(domain: Domain, random: np.random.Generator) -> Iterator[Planned]:
    """The plans of one user's list of items drawn by how often they are chosen."""
    history = domain.histories[int(random.integers(len(domain.histories)))]
    items, known = domain.catalogue.items, set(map(int, history.rows))
    counts = np.bincount(domain.histories.rows, minlength=len(items)) + 1.0
    counts[list(known)] = 0
    rows = random.choice(len(items), size=min(K, int((counts > 0).sum())), replace=False, p=counts / counts.sum())
    sources = [] if random.random() < ALONE else list(known)
    state = _wishes(items[int(rows[0])], random) if len(rows) and random.random() < WISHING else State()
    ground = ground_of(domain, state, history)
    asked = [Asked(items[int(row)], [items[n] for n in _some(sources, random)]) for row in rows]
    for explained in explain_list(asked, state, ground):
        if explained.plan is not None:
            yield Planned(explained.plan, state, ground)


def _some(rows: Sequence[int], random: np.random.Generator) -> list[int]:
    return [rows[int(n)] for n in random.permutation(len(rows))[:3]]


def _wishes(item: Item, random: np.random.Generator) -> State:
    """What somebody may have asked for who is shown this item."""
    wishes = [Constraint("categories", "=", kind) for kind in item.categories[:1]]
    year = item.value("year")
    if isinstance(year, int | float):
        is_newer = bool(random.integers(2))
        wishes.append(Constraint("year", ">" if is_newer else "<", int(year) + (-5 if is_newer else 5)))
    n = 1 + int(random.integers(2))
    return State(must=tuple(wishes[int(place)] for place in random.permutation(len(wishes))[:n]))


def _widened(each: Planned, random: np.random.Generator) -> Planned:
    """The plan with other links, of a value, of other users, of time, where it tells of a source."""
    plan = each.plan
    name, value = FIELDS[int(random.integers(len(FIELDS)))]
    item = replace(plan.item, attributes={**plan.item.attributes, name: value})
    ground = replace(each.ground, enriched_fields=each.ground.enriched_fields - {name})
    if not plan.sources:
        own = replace(plan, item=item, own=((name, value),))
        return replace(each, plan=own, ground=ground, is_real=False)
    usable = _links_to(plan.sources[0], item, Link("value", plan.sources[0], WEIGHTS["value"], name, (value,)))
    first = usable[int(random.integers(len(usable)))]
    others = [link for link in usable if link.kind not in (first.kind, "none", "time")]
    two = bool(others) and first.kind != "none" and random.random() < TWO_LINKS
    links = (first, others[int(random.integers(len(others)))]) if two else (first,)
    kinds = tuple(("categories", kind) for kind in item.categories[:2]) or ((name, value),)
    made = replace(
        plan,
        item=item,
        links=links,
        sources=plan.sources if first.values and not two else plan.sources[:1],
        liked=bool(random.integers(2)),
        own=(plan.own or kinds) if first.kind == "none" else (),
    )
    return replace(each, plan=made, ground=ground, is_real=False)


def _links_to(source: Item, item: Item, by_value: Link) -> list[Link]:
    found = [by_value, Link("none", source, WEIGHTS["none"])]
    found += [Link("users", source, WEIGHTS["value"], relation=relation) for relation in RELATIONS]
    if item.categories:
        found.append(Link("categories", source, WEIGHTS["categories"], "categories", item.categories[:3]))
    for name in ("year", "decade"):
        value = item.value(name)
        if value is not None and not isinstance(value, tuple):
            found.append(Link("time", source, WEIGHTS["time"], name, (value,)))
    return found
