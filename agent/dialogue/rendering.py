"""Words a reply as the person reads it: what was understood, what gave way, what comes now, what is asked back."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from agent.constraints import Constraint, State, Wish
from agent.language.constraint_text import listed, said, said_not, spoken_field, wish_texts
from agent.language.word_lists import word_set
from agent.recommendation import Recommendation, Reply
from agent.understanding import Lexicon, Understood
from index.data.records import Item, Value
from index.printable import printable

T = TypeVar("T")
QUESTION = "What have you liked before, or what are you in the mood for?"
CANNOT = "That I cannot do: I only recommend from this catalogue. What would you like to find in it?"
EMPTY = "You have said nothing yet. " + QUESTION
QUOTED = "I take what stands in quotation marks as somebody else's words. What would you like yourself?"
WELCOME = "You are welcome. Shall I show you more?"
MAX_NAMES = 6  # items named in one sentence
_LONGEST_TEXT = 240  # characters of a description
_ASKED = {
    "year": word_set("year when old released"),
    "director": word_set("directed director directs"),
    "cast": word_set("stars starring actors cast acts plays played actor actress"),
    "writer": word_set("wrote writer written"),
    "runtime": word_set("long runtime length minutes"),
    "categories": word_set("genre genres kind category categories type"),
    "description": word_set("about plot story happens"),
    "price": word_set("price cost costs expensive"),
    "country": word_set("country"),
}


def changes(before: State, after: State, lexicon: Lexicon) -> str:
    """What a turn changed in the state, as one sentence; empty where nothing changed."""
    parts = [
        *_named("you liked", _new(before.liked, after.liked), lexicon),
        *_named("you did not like", _new(before.disliked, after.disliked), lexicon),
        *_named("you know", _new(before.seen, after.seen), lexicon, " already"),
        *wish_texts(_new(before.must, after.must)),
        *(said_not(wish) for wish in _new(before.must_not, after.must_not)),
        *(_soft(wish) for wish in _new(before.prefer, after.prefer)),
        *(f"less {said(wish)}" for wish in _new(before.avoid, after.avoid)),
        *(f"no longer: {text}" for text in _dropped(before, after)),
    ]
    return _sentence("; ".join(parts)) if parts else ""


def summary(state: State, lexicon: Lexicon) -> str:
    """All that is held of a talk, as one sentence; empty where nothing is."""
    return changes(State(), state, lexicon)


def heard(understood: Understood, before: State, lexicon: Lexicon) -> str:
    """What was understood of a message, what was not, and what has to be said of it."""
    unknown = [printable(title) for title in dict.fromkeys(understood.unknown_titles)]
    lacking = [_sentence(f"I do not find {listed(unknown[:MAX_NAMES])} in this catalogue")] if unknown else []
    notes = [_sentence(note) for note in understood.notes]
    return " ".join(filter(None, (changes(before, understood.state, lexicon), *lacking, *notes)))


def introduction(reply: Reply, understood: Understood | None, has_ground: bool) -> str:
    """What gave way for the list, what the list is, and a question where there was nothing to go on."""
    gave_way = [_sentence(f"I gave up “{said(each.wish)}”: {each.because}") for each in reply.relaxed]
    n = len(reply.recommendations)
    more = understood is not None and understood.intent == "more"
    if n == 0:
        listing = "Nothing further fits: all that does you have had, judged or been shown." if more else _nothing(reply)
    else:
        count = "One suggestion" if n == 1 else f"{n} suggestions"
        listing = f"{n} more that you have not been shown:" if more else f"{count} for you:"
    if not has_ground:
        listing = f"{QUESTION} Until then, {listing[0].lower()}{listing[1:]}" if n else QUESTION
    return " ".join((*gave_way, listing))


def answer(understood: Understood, shown: Sequence[Recommendation], lexicon: Lexicon) -> str:
    """The answer to a question about items: a fact, a reason, a comparison."""
    items = [lexicon.catalogue.item(item_id) for item_id in understood.about]
    if understood.intent == "why":
        return _why(items, shown)
    if understood.intent == "compare":
        return _compared(items)
    return " ".join(_told(item, understood.asks, lexicon) for item in items[:MAX_NAMES])


def judged(item: Item, value: str) -> str:
    """What a judgement by button meant."""
    name = printable(item.name)
    return {"like": f"You liked {name}.", "dislike": f"You did not like {name}."}.get(
        value, f"You know {name} already."
    )


def unknown_item(item_id: str) -> str:
    """That there is no item of an id."""
    return f"There is no item {printable(item_id[:80])!r} in this catalogue, so nothing was changed."


def forgot(before: State, after: State, lexicon: Lexicon) -> str:
    """What was dropped by a wish to forget."""
    names = [*_names(before.liked, after.liked, lexicon), *_names(before.disliked, after.disliked, lexicon)]
    names += _names(before.seen, after.seen, lexicon)
    wishes = [*wish_texts(_new(after.must, before.must)), *(said_not(w) for w in _new(after.must_not, before.must_not))]
    wishes += [_soft(w) for w in _new(after.prefer, before.prefer)]
    wishes += [f"less {said(w)}" for w in _new(after.avoid, before.avoid)]
    return _sentence(f"Forgotten: {listed([*names[:MAX_NAMES], *wishes])}")


def nothing_to_forget(text: str) -> str:
    """That nothing is held of what should be forgotten."""
    return f"I hold nothing called “{printable(' '.join(text.split())[:80])}”, so nothing was changed."


def _names(before: tuple[str, ...], after: tuple[str, ...], lexicon: Lexicon) -> list[str]:
    return [printable(lexicon.catalogue.item(i).name) for i in before if i not in after]


def _nothing(reply: Reply) -> str:
    hard = bool(reply.state.must or reply.state.must_not)
    return "Nothing is left that fits your wishes. Which of them may go?" if hard else "There is nothing to recommend."


def _why(items: Sequence[Item], shown: Sequence[Recommendation]) -> str:
    reasons = {each.item.item_id: each.reason.text for each in shown}
    wanted = items or [each.item for each in shown[:1]]
    if not wanted:
        return f"I have not recommended anything yet. {QUESTION}"
    return " ".join(
        f"{printable(item.name)}: {reasons.get(item.item_id, 'I have not recommended that.')}" for item in wanted
    )


def _compared(items: Sequence[Item]) -> str:
    if len(items) < 2:
        return "Which two shall I compare? Name them, or say their numbers in the list."
    common = set(items[0].categories).intersection(*(item.categories for item in items[1:]))
    both = _sentence(f"what they share is {listed(sorted(kind.lower() for kind in common))}") if common else ""
    return " ".join(filter(None, (*(_facts(item) for item in items[:MAX_NAMES]), both)))


def _told(item: Item, words: str, lexicon: Lexicon) -> str:
    """What the catalogue says of an item, first what was asked for."""
    asked = set(words.split())
    wanted = [name for spoken, name in lexicon.fields.items() if spoken in words and name != "title"]
    wanted += [name for name, cues in _ASKED.items() if cues & asked]
    for name in dict.fromkeys(wanted):
        value = item.description if name == "description" else item.value(name)
        if value is not None:
            return _sentence(f"{printable(item.name)}: {spoken_field(name)} {_spoken(value)}")
    missing = f" The catalogue does not say more about its {spoken_field(wanted[0])}." if wanted else ""
    return _facts(item) + missing


def _facts(item: Item) -> str:
    year = item.value("year")
    facts = [listed(kind.lower() for kind in item.categories), f"from {_spoken(year)}" if year is not None else ""]
    known = ", ".join(filter(None, facts)) or "the catalogue has nothing but its title"
    return _sentence(f"{printable(item.name)}: {known}")


def _spoken(value: Value) -> str:
    text = listed(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
    text = printable(text)
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT].rsplit(" ", 1)[0] + " …"


def _new(before: tuple[T, ...], after: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(each for each in after if each not in before)


def _dropped(before: State, after: State) -> Iterator[str]:
    """Wishes that are held no longer, unless they were only turned into their opposite."""
    now = {*after.must, *after.must_not, *after.prefer, *after.avoid}
    yield from wish_texts([wish for wish in before.must if wish not in now])
    yield from (said_not(wish) for wish in before.must_not if wish not in now)


def _named(what: str, ids: Sequence[str], lexicon: Lexicon, tail: str = "") -> Iterator[str]:
    names = [printable(lexicon.catalogue.item(i).name) for i in ids if i in lexicon.catalogue.row_of]
    more = [f"{len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
    if names:
        yield f"{what} {listed([*names[:MAX_NAMES], *more])}{tail}"


def _soft(wish: Wish) -> str:
    if isinstance(wish, Constraint) and wish.field == "text":
        return f"looking for “{printable(str(wish.value))}”"
    return f"rather {said(wish)}"


def _sentence(text: str) -> str:
    """A text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text[-1:] in ".!?…:" else ".")
