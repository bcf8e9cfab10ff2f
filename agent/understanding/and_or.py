"""Decides whether values in one message mean either or both: "comedies and thrillers", "a comedy or a thriller"."""

from collections.abc import Callable

from agent.constraints import Constraint
from agent.language.common_words import NOUNS
from agent.language.tokens import Message
from agent.language.word_lists import word_set
from agent.understanding.field_matches import FieldMatch

_CHAINED = NOUNS | word_set(
    "from of the in by with made set for about that are is were was starring directed any a an or more kind"
) - {"or"}
Link = Callable[[FieldMatch, FieldMatch], str]


def link_of(message: Message, a: FieldMatch, b: FieldMatch) -> str:
    """How two matches are joined: "chain" as one phrase, "or", or "and"."""
    between = message.words[a.end : b.start]
    if "or" in between or "nor" in between:
        return "or"
    commas = any("," in message.gap(n) for n in range(a.end, b.start + 1))
    return "and" if commas or not all(word in _CHAINED for word in between) else "chain"


def is_choice(a: FieldMatch, b: FieldMatch, link: Link) -> bool:
    """Whether two matches are alternatives: joined by "or", or plurals of one field joined by "and"."""
    how = link(a, b)
    if a.fields != b.fields:
        return how == "or" and all(len(one_part(each)) == len(each.parts) or decade_of(each) for each in (a, b))
    return how == "or" or (how == "and" and a.is_plural and b.is_plural)


def one_part(match: FieldMatch) -> tuple[Constraint, ...]:
    """What a match gives to a choice: a decade as one constraint, else the last of its parts."""
    return decade_of(match) or (match.parts if match.any_of else match.parts[-1:])


def decade_of(match: FieldMatch) -> tuple[Constraint, ...]:
    """The years of one whole decade as one constraint; nothing for other matches."""
    low, high = (part.value for part in match.parts) if len(match.parts) == 2 else (None, None)
    whole = match.fields == {"year"} and isinstance(low, int) and isinstance(high, int) and high == low + 9
    return (Constraint("decade", "=", low),) if whole and isinstance(low, int) and low % 10 == 0 else ()
