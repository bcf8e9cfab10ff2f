"""A plan as a language model reads it: facts over slots, each a capital letter, and the exact words that fill them.

The model never sees a name, a value or a number, so that no text of the data can instruct it and none can be invented.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.explain.links import Link
from agent.explain.plan import Plan
from agent.language.constraint_text import field_words, join_words
from index.data.records import Value
from index.printable import printable

# One letter, as most tokenizers have it as one token: an item of the history, another one, categories, a value and the
# name of its field, a year, a decade, wishes.
SOURCE, OTHER, KINDS, VALUE, FIELD, YEAR, DECADE, WISHES = SLOTS = ("X", "Y", "K", "V", "F", "T", "D", "W")
EXACT = frozenset((SOURCE, OTHER, VALUE))  # never with another capital, even where they begin a sentence
OPTIONAL = frozenset(FIELD)  # the value says enough
# By link: the fact that stands in the prompt.
FACTS: Mapping[str, str] = {
    "liked together": "people who like X often like this",
    "most like both": "most people who like X like this",
    "had together": "people who have X often have this",
    "most have both": "most people who have X have this",
    "value": "the F of both is V",
    "categories": "both are K",
    "year": "both are from T",
    "decade": "both are from the D",
    "none": "X speaks most for this",
}
PEOPLE = frozenset(("people", "those", "others", "users"))  # one of them is said where other users are told of
PROMPT = "Facts: {facts}. Reason:"


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """What a text must say: its parts, by which the words are known that may be used, the facts, the slots' words."""

    parts: tuple[str, ...]
    facts: tuple[str, ...]
    fills: Mapping[str, str]

    @property
    def prompt(self) -> str:
        """What the model reads."""
        return PROMPT.format(facts="; ".join(self.facts))

    @property
    def required(self) -> frozenset[str]:
        """Slots that the text must have."""
        return frozenset(self.fills) - OPTIONAL


def slot_plan(plan: Plan) -> SlotPlan:
    """A plan over slots."""
    made = [*_linked(plan), *_own(plan)]
    if plan.wishes:
        made.append(("wishes", "you asked for: W", {WISHES: join_words(printable(wish) for wish in plan.wishes)}))
    fills = {slot: words for _, _, own in made for slot, words in own.items()}
    return SlotPlan(tuple(part for part, _, _ in made), tuple(fact for _, fact, _ in made), fills)


_Part = tuple[str, str, Mapping[str, str]]


def _linked(plan: Plan) -> Iterator[_Part]:
    for place, link in enumerate(plan.links):
        name = name_of_link(link)
        if place:
            yield f"also {name}", FACTS[name], _fills(link)
            continue
        names = {slot: printable(each.name) for slot, each in zip((SOURCE, OTHER), plan.sources, strict=False)}
        known = "you liked" if plan.liked else "you know"
        number = "two" if len(names) > 1 else "one"
        fact = f"{known} {' and '.join(names)}; {FACTS[name]}"
        yield f"{'liked' if plan.liked else 'known'} {number} {name}", fact, {**names, **_fills(link)}


def tells_of_people(part: str) -> bool:
    """Whether a part is of other users."""
    return "together" in part or "most" in part


def name_of_link(link: Link) -> str:
    """How a link is called among the parts: its relation, its field where it is of time, its kind."""
    return link.relation or (link.field if link.kind == "time" else link.kind)


def _fills(link: Link) -> Mapping[str, str]:
    if link.kind == "value":
        return {FIELD: field_words(link.field), VALUE: _words(link.values[0])}
    if link.kind == "categories":
        return {KINDS: _kinds(link.values)}
    if link.kind == "time":
        return {YEAR: _words(link.values[0])} if link.field == "year" else {DECADE: f"{_words(link.values[0])}s"}
    return {}


def _own(plan: Plan) -> Iterator[_Part]:
    """The item's own values: categories, year, or a single other one."""
    kinds = [value for name, value in plan.own if name == "categories"]
    year = next((value for name, value in plan.own if name == "year"), None)
    others = [(name, value) for name, value in plan.own if name not in ("categories", "year")]
    dated = {} if year is None else {YEAR: _words(year)}
    if kinds:
        name, fact = ("own categories, year", "this is K, from T") if dated else ("own categories", "this is K")
        yield name, fact, {KINDS: _kinds(kinds), **dated}
    elif dated:
        yield "own year", "this is from T", dated
    for name, value in others[:1]:
        yield "own value", "its F is V", {FIELD: field_words(name), VALUE: _words(value)}


def _kinds(kinds: tuple[Value, ...] | list[Value]) -> str:
    return join_words(_words(kind).lower() for kind in kinds)


def _words(value: Value) -> str:
    return printable(str(value))
