"""Writes the reasons of recommendations from sentence templates, every sentence made of evidence alone."""

from collections.abc import Sequence

from agent.explain import templates
from agent.explain.evidence import FromAttribute, Reason
from agent.explain.links import Link
from agent.explain.plan import Plan
from agent.language.constraint_text import field_words, join_words
from index.data.records import Item, Value
from index.printable import printable


class TemplateWriter:
    """Writes reasons from the templates of `templates.py`; each says what its plan holds and nothing else."""

    def write(self, plan: Plan) -> Reason:
        """The reason of a plan."""
        parts = (_linked_text(plan) if plan.links else "", _own_text(plan) if plan.own else "", points_text(plan))
        text = " ".join(filter(None, parts))
        wished = templates.WISHED[plan.turn % len(templates.WISHED)]
        text += wished.format(wishes=join_words(plan.wishes)) if plan.wishes else ""
        return Reason(text.strip(), plan.evidence)


def reason_of_title(item: Item) -> Reason:
    """The reason for an item of which nothing but its title is known."""
    return Reason(templates.OF_TITLE.format(name=printable(item.name)), (FromAttribute("title", item.title),))


def _linked_text(plan: Plan) -> str:
    first, *others = plan.links
    return _first_text(first, plan) + "".join(_also_text(link, plan) for link in others)


def _first_text(link: Link, plan: Plan) -> str:
    choices = _choices(link, plan.liked)
    return choices[plan.turn % len(choices)].format(
        name=printable(link.source.name),
        names=join_words(printable(source.name) for source in plan.sources),
        known=templates.KNOWN[plan.liked],
        verb=templates.VERB[plan.liked],
        **_slots(link),
    )


def _choices(link: Link, liked: bool) -> Sequence[str]:
    """Templates that claim what the link is, of a source that the user likes or only has."""
    if link.relation is not None:
        return templates.OF_USERS[link.relation, liked]
    if link.kind == "time":
        return templates.SAME_YEAR if link.field == "year" else templates.SAME_DECADE
    if link.kind == "none":
        return templates.STRONGEST_LIKED if liked else templates.STRONGEST
    return templates.SAME_KINDS if link.kind == "categories" else templates.SAME_VALUE


def _also_text(link: Link, plan: Plan) -> str:
    if link.relation is not None:
        choices = templates.ALSO_OF_USERS[link.relation]
    else:
        choices = templates.ALSO_KINDS if link.kind == "categories" else templates.ALSO_VALUE
    return choices[plan.turn % len(choices)].format(**_slots(link))


def _slots(link: Link) -> dict[str, str]:
    """What the templates say of a link's values."""
    kinds = _kinds_text(link.values)
    value = printable(str(link.values[0])) if link.values else ""
    return {
        "field": field_words(link.field),
        "value": value,
        "kinds": kinds,
        "kinds_first": kinds[:1].upper() + kinds[1:],
    }


def _own_text(plan: Plan) -> str:
    """The item's own values, for a user of whose history nothing is told."""
    kinds = [value for name, value in plan.own if name == "categories"]
    year = next((value for name, value in plan.own if name == "year"), None)
    if kinds:
        dated = "" if year is None else templates.DATED.format(year=year)
        choices = templates.ALONE
        return choices[plan.turn % len(choices)].format(kinds=_kinds_text(kinds), dated=dated)
    if year is not None:
        return templates.OF_YEAR.format(year=year)
    values = (
        templates.OF_VALUE.format(field=field_words(n).capitalize(), value=printable(str(v))) for n, v in plan.own
    )
    return " ".join(values)


def points_text(plan: Plan) -> str:
    """What reviews praise and blame, in the words of one of them."""
    texts = []
    for point in plan.points:
        choices = templates.PRAISED if point.praises else templates.BLAMED
        said = " ".join(point.quote.text.split())
        texts.append(choices[plan.turn % len(choices)].format(aspect=printable(point.aspect), quote=said))
    return " ".join(texts)


def _kinds_text(kinds: Sequence[Value]) -> str:
    return join_words(printable(str(kind)).lower() for kind in kinds)
