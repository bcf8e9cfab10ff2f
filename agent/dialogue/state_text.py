"""Says in words what the state of a talk holds, and what a turn changed in it."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from agent.constraints import Constraint, State, Wish
from agent.dialogue.actions import Remarks
from agent.dialogue.reply_texts import MAX_NAMES, as_sentence
from agent.dialogue.unknown_titles import describe_unknown_titles
from agent.language.constraint_text import describe_exclusion, describe_wish, describe_wishes, join_words
from agent.understanding import Lexicon
from index.printable import printable

T = TypeVar("T")


def describe_changes(before: State, after: State, lexicon: Lexicon) -> str:
    """What a turn changed in the state, as one sentence; empty where nothing changed."""
    parts = [
        *_named("you liked", _added(before.liked, after.liked), lexicon),
        *_named("you did not like", _added(before.disliked, after.disliked), lexicon),
        *_named("you know", _added(before.seen, after.seen), lexicon, " already"),
        *describe_wishes(_added(before.must, after.must)),
        *(describe_exclusion(wish) for wish in _added(before.must_not, after.must_not)),
        *(_soft(wish) for wish in _added(before.prefer, after.prefer)),
        *(f"less {describe_wish(wish)}" for wish in _added(before.avoid, after.avoid)),
        *(f"no longer: {text}" for text in _dropped(before, after)),
    ]
    return as_sentence("; ".join(parts)) if parts else ""


def describe_state(state: State, lexicon: Lexicon) -> str:
    """All that the state of a talk holds, as one sentence; empty where it holds nothing."""
    return describe_changes(State(), state, lexicon)


def describe_message(before: State, after: State, remarks: Remarks, lexicon: Lexicon) -> str:
    """What was understood of a message, which titles are unknown, and notes; empty where there is nothing to say."""
    notes = [as_sentence(note) for note in remarks.notes]
    lacking = describe_unknown_titles(remarks.unknown_titles)
    return " ".join(filter(None, (describe_changes(before, after, lexicon), lacking, *notes)))


def describe_forgotten(before: State, after: State, lexicon: Lexicon) -> str:
    """What the state no longer holds, as one sentence."""
    names = [
        printable(lexicon.catalogue.item(item_id).name)
        for held, left in (
            (before.liked, after.liked),
            (before.disliked, after.disliked),
            (before.seen, after.seen),
        )
        for item_id in held
        if item_id not in left
    ]
    wishes = [
        *describe_wishes(_added(after.must, before.must)),
        *(describe_exclusion(wish) for wish in _added(after.must_not, before.must_not)),
        *(_soft(wish) for wish in _added(after.prefer, before.prefer)),
        *(f"less {describe_wish(wish)}" for wish in _added(after.avoid, before.avoid)),
    ]
    return as_sentence(f"Forgotten: {join_words([*names[:MAX_NAMES], *wishes])}")


def _added(before: tuple[T, ...], after: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(each for each in after if each not in before)


def _dropped(before: State, after: State) -> Iterator[str]:
    """Hard constraints that are held no longer, unless they were only turned into their opposite."""
    now = {*after.must, *after.must_not, *after.prefer, *after.avoid}
    yield from describe_wishes([wish for wish in before.must if wish not in now])
    yield from (describe_exclusion(wish) for wish in before.must_not if wish not in now)


def _named(what: str, ids: Sequence[str], lexicon: Lexicon, tail: str = "") -> Iterator[str]:
    names = [printable(lexicon.catalogue.item(i).name) for i in ids if i in lexicon.catalogue.row_of]
    more = [f"{len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
    if names:
        yield f"{what} {join_words([*names[:MAX_NAMES], *more])}{tail}"


def _soft(wish: Wish) -> str:
    if isinstance(wish, Constraint) and wish.field == "text":
        return f"looking for “{printable(str(wish.value))}”"
    return f"rather {describe_wish(wish)}"
