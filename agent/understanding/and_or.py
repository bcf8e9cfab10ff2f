"""Joins field matches to wishes, by "and" and "or": "a comedy or a thriller", "no dramas from the 80s"."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agent.constraints import Constraint, Joined, Wish
from agent.language.common_words import NOUNS
from agent.language.word_lists import word_set
from agent.understanding.field_matches import FieldMatch
from agent.understanding.message import Message
from agent.understanding.negation import WishModes

_CHAINED = NOUNS | word_set(
    "from of the in by with made set for about that are is were was starring directed any a an or more kind"
) - {"or"}
Link = Callable[[FieldMatch, FieldMatch], str]


@dataclass(frozen=True, slots=True)
class StatedWish:
    """A wish with its mode: it must, must not (not), should (prefer), should not (avoid) or may (permit) be.

    It is stated from word `start` on; `only` where nothing else of its field is wanted.
    """

    mode: str
    wish: Wish
    only: bool = False
    start: int = 0


def stated_wishes(modes: WishModes) -> tuple[StatedWish, ...]:
    """Every wish of a message, in its order."""
    stated: list[StatedWish] = []

    def link(a: FieldMatch, b: FieldMatch) -> str:
        return _link(modes.message, a, b)

    for group in _groups(modes):
        mode = modes.mode_of(group[0])
        wishes = _negative(group, link) if mode in ("not", "avoid") else _positive(group, mode, link)
        only = modes.is_only(group[0])
        stated.extend(StatedWish(mode, wish, only, _start(wish, group)) for wish in wishes)
    return tuple(stated)


def _groups(modes: WishModes) -> Iterator[tuple[FieldMatch, ...]]:
    """Neighbouring matches of one mode in one sentence."""
    sentence_of = [token.sentence for token in modes.message.tokens]
    group: list[FieldMatch] = []
    for match in modes.matches:
        is_same = group and modes.mode_of(group[-1]) == modes.mode_of(match)
        if group and not (is_same and sentence_of[group[-1].start] == sentence_of[match.start]):
            yield tuple(group)
            group = []
        group.append(match)
    if group:
        yield tuple(group)


def _link(message: Message, a: FieldMatch, b: FieldMatch) -> str:
    """How two matches are joined: "chain" as one phrase, "or", or "and"."""
    between = message.words[a.end : b.start]
    if "or" in between or "nor" in between:
        return "or"
    commas = any("," in message.gap(n) for n in range(a.end, b.start + 1))
    return "and" if commas or not all(word in _CHAINED for word in between) else "chain"


def _start(wish: Wish, group: Sequence[FieldMatch]) -> int:
    """The word from which on a wish of a group is stated."""
    parts = wish.parts if isinstance(wish, Joined) else (wish,)
    return next((match.start for match in group if set(match.parts) & set(parts)), group[0].start)


def _positive(group: Sequence[FieldMatch], mode: str, link: Link) -> Iterator[Wish]:
    """What must or should be: each match by itself, those joined by "or" as a choice."""
    rest = list(group)
    while rest:
        choices = [rest.pop(0)]
        while rest and _is_choice(choices[-1], rest[0], link):
            choices.append(rest.pop(0))
        if len(choices) > 1:
            yield Joined("any", tuple(part for match in choices for part in _one_part(match)))
            yield from (part for f in choices if not _decade(f) for part in f.parts if part not in _one_part(f))
        elif choices[0].any_of:
            yield Joined("any", choices[0].parts)
        elif mode == "prefer" and len(choices[0].parts) > 1:
            yield Joined("all", choices[0].parts)
        else:
            yield from choices[0].parts


def _is_choice(a: FieldMatch, b: FieldMatch, link: Link) -> bool:
    """Whether two matches are alternatives: joined by "or", or plurals of one field joined by "and"."""
    how = link(a, b)
    if a.fields != b.fields:
        return how == "or" and all(len(_one_part(each)) == len(each.parts) or _decade(each) for each in (a, b))
    return how == "or" or (how == "and" and a.is_plural and b.is_plural)


def _one_part(match: FieldMatch) -> tuple[Constraint, ...]:
    """What a match gives to a choice: a decade as one constraint, else the last of its parts."""
    return _decade(match) or (match.parts if match.any_of else match.parts[-1:])


def _decade(match: FieldMatch) -> tuple[Constraint, ...]:
    """The years of one whole decade as one constraint; nothing for other matches."""
    low, high = (part.value for part in match.parts) if len(match.parts) == 2 else (None, None)
    whole = match.fields == {"year"} and isinstance(low, int) and isinstance(high, int) and high == low + 9
    return (Constraint("decade", "=", low),) if whole and isinstance(low, int) and low % 10 == 0 else ()


def _negative(group: Sequence[FieldMatch], link: Link) -> Iterator[Wish]:
    """What must not be: each phrase by itself, its parts together; "comedies or dramas from the 80s" are two."""
    phrases: list[list[FieldMatch]] = []
    for n, match in enumerate(group):
        chained = n > 0 and link(group[n - 1], match) == "chain"
        phrases[-1].append(match) if chained else phrases.append([match])
    tail = phrases[-1][1:]
    for n, phrase in enumerate(phrases):
        shares = n < len(phrases) - 1 and len(phrase) == 1 and phrase[0].fields == phrases[-1][0].fields
        yield from _together([*phrase, *tail] if shares else phrase)


def _together(phrase: Sequence[FieldMatch]) -> Iterator[Wish]:
    if len(phrase) == 1 and phrase[0].any_of:
        yield Joined("any", phrase[0].parts)
        return
    parts = tuple(part for match in phrase for part in (match.parts[:1] if match.any_of else match.parts))
    yield parts[0] if len(parts) == 1 else Joined("all", parts)
