"""Updates the state of a talk by what a message says: of two wishes that contradict each other the newest counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.constraints import Constraint, Joined, Op, State, Verdict, Wish
from agent.filters import count_satisfying
from agent.language.constraint_text import describe_wish, join_words
from agent.understanding.and_or import StatedWish
from agent.understanding.mentions import Mention
from index.data.domain import Catalogue
from index.data.duplicates import are_duplicates

MIN_ITEMS = 5  # that wishes of several turns must leave together; with fewer, a new one replaces the older ones
MAX_TEXTS = 2  # searches in free words that are kept
_VERDICTS: dict[str | None, Verdict] = {"like": "like", "pattern": "like", "dislike": "dislike", "seen": "seen"}
_OPPOSITE: dict[Op, Op] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True, slots=True)
class StateUpdate:
    """The new state, and notes on what was dropped for it."""

    state: State
    notes: tuple[str, ...] = ()


def apply_mentions(state: State, mentions: Iterable[Mention], catalogue: Catalogue) -> State:
    """The state after mentions of items; the last that is said of each counts."""
    for mention in mentions:
        for item_id in mention.ids:
            verdict = _VERDICTS.get(mention.role)
            if verdict:
                state = state.with_verdict(item_id, verdict)
            elif mention.role == "unseen":
                state = replace(state, seen=tuple(i for i in state.seen if not _is_item(i, item_id, catalogue)))
            elif mention.role == "bar":
                title = Constraint("title", "=", catalogue.item(item_id).title)
                state = replace(state, must_not=_append(state.must_not, title))
    return state


def _is_item(held_id: str, item_id: str, catalogue: Catalogue) -> bool:
    """Whether two ids are of one item; False where the catalogue no longer has the first."""
    held = catalogue.row_of.get(held_id)
    return held is not None and are_duplicates(catalogue.items[held], catalogue.item(item_id))


def apply_wishes(
    state: State, wishes: Sequence[StatedWish], catalogue: Catalogue, corrected_at: int | None
) -> StateUpdate:
    """The state after new wishes; those from word `corrected_at` on replace older ones on the same fields."""
    wishes = [_positive_bound(each) for each in _without_corrected(wishes, corrected_at)]
    old = state
    if corrected_at is not None or any(each.only for each in wishes):
        state = _without_fields(
            state, {name for each in wishes if each.mode == "must" for name in fields_of(each.wish)}
        )
    state = _without_contradictions(state, [each.wish for each in wishes if each.mode == "must"])
    for each in wishes:
        state = _make_place(state, each)
    for each in wishes:  # what contradicts itself in one message stays so, and gives way in the open
        state = _add(state, each)
    return _drop_older(state, old, wishes, catalogue)


def _without_corrected(wishes: Sequence[StatedWish], at: int | None) -> list[StatedWish]:
    """The wishes of a message without those that it corrects itself: "a western, no wait, a comedy"."""
    later = {name for each in wishes if at is not None and each.start >= at for name in fields_of(each.wish)}
    return [each for each in wishes if at is None or each.start >= at or not fields_of(each.wish) & later]


def apply_free_words(state: State, wanted: str, unwanted: str, corrects: bool) -> State:
    """The state after free words: the newest MAX_TEXTS searches are kept as soft wishes."""
    if wanted:
        new = Constraint("text", "like", wanted)
        kept = () if corrects else tuple(wish for wish in state.prefer if _is_text(wish) and wish != new)
        others = tuple(wish for wish in state.prefer if not _is_text(wish))
        state = replace(state, prefer=(*others, *(*kept, new)[-MAX_TEXTS:]))
    if unwanted:
        state = replace(state, avoid=_append(state.avoid, Constraint("text", "like", unwanted)))
    return state


def text_of(state: State) -> str:
    """The free words of the state, to search for."""
    return " ".join(str(wish.value) for wish in state.prefer if isinstance(wish, Constraint) and _is_text(wish))


def fields_of(wish: Wish) -> frozenset[str]:
    """The fields of a wish."""
    return frozenset(part.field for part in parts_of(wish))


def parts_of(wish: Wish) -> tuple[Constraint, ...]:
    """The single constraints of a wish."""
    return wish.parts if isinstance(wish, Joined) else (wish,)


def remove_wishes(state: State, gone: Iterable[Wish]) -> State:
    """The state without some wishes, and without those that they are parts of."""
    bare = set(gone)

    def left(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
        return tuple(wish for wish in wishes if wish not in bare and not bare & set(parts_of(wish)))

    return replace(
        state, must=left(state.must), must_not=left(state.must_not), prefer=left(state.prefer), avoid=left(state.avoid)
    )


def _is_text(wish: Wish) -> bool:
    return isinstance(wish, Constraint) and wish.field == "text"


def _append(wishes: tuple[Wish, ...], new: Wish) -> tuple[Wish, ...]:
    return (*(wish for wish in wishes if wish != new), new)


def _positive_bound(each: StatedWish) -> StatedWish:
    """ "Nothing newer than 1990" as "up to 1990": one kind of bound, which a newer one can replace."""
    wish = each.wish
    if each.mode in ("not", "avoid") and isinstance(wish, Constraint) and wish.op in _OPPOSITE:
        turned = Constraint(wish.field, _OPPOSITE[wish.op], wish.value)
        return replace(each, mode="must" if each.mode == "not" else "prefer", wish=turned)
    return each


def _make_place(state: State, each: StatedWish) -> State:
    """The state without what a new wish replaces."""
    wish = each.wish
    if each.mode == "permit":
        return remove_wishes(state, parts_of(wish))
    if each.mode == "must":
        return replace(
            _stop_excluding(state, wish), must=tuple(own for own in state.must if not _is_replaced(own, wish))
        )
    if each.mode == "prefer":
        return replace(
            _stop_excluding(state, wish), prefer=tuple(own for own in state.prefer if not _is_replaced(own, wish))
        )
    prefer = tuple(own for own in state.prefer if own != wish)
    if each.mode == "avoid":
        return replace(state, prefer=prefer)
    return replace(
        state, prefer=prefer, must=tuple(w for w in (_without_choice(own, wish) for own in state.must) if w is not None)
    )


def _add(state: State, each: StatedWish) -> State:
    """The state with a new wish."""
    if each.mode == "must":
        return replace(state, must=_append(state.must, each.wish))
    if each.mode == "not":
        return replace(state, must_not=_append(state.must_not, each.wish))
    if each.mode == "prefer":
        return replace(state, prefer=_append(state.prefer, each.wish))
    return replace(state, avoid=_append(state.avoid, each.wish)) if each.mode == "avoid" else state


def _stop_excluding(state: State, wish: Wish) -> State:
    """The state in which a wish is neither excluded nor avoided."""
    parts = set(parts_of(wish))

    def left(wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
        return tuple(w for w in wishes if w != wish and not (isinstance(w, Constraint) and w in parts))

    return replace(state, must_not=left(state.must_not), avoid=left(state.avoid))


def _without_choice(own: Wish, excluded: Wish) -> Wish | None:
    """A hard wish after a value of it was excluded: None, or the rest of the choice."""
    if own == excluded:
        return None
    if isinstance(own, Joined) and own.how == "any" and isinstance(excluded, Constraint):
        left = tuple(part for part in own.parts if part != excluded)
        return None if not left else left[0] if len(left) == 1 else Joined("any", left)
    return own


def _is_replaced(old: Wish, new: Wish) -> bool:
    """Whether a newer bound replaces an older one: it bounds the same side, or nothing lies between the two."""
    if isinstance(new, Joined):
        return any(_is_replaced(old, part) for part in new.parts) if new.how == "all" else _are_years(old, new)
    if isinstance(old, Joined):
        return _are_years(old, new) and any(_is_replaced(part, new) for part in old.parts)
    if old == new or old.field != new.field or isinstance(old.value, str | tuple) or isinstance(new.value, str | tuple):
        return False
    if "=" in (old.op, new.op):
        return True
    if old.op[0] == new.op[0]:
        return True
    low, high = (old, new) if old.op[0] == ">" else (new, old)
    strict = low.op == ">" or high.op == "<"
    return float(_value(low)) > float(_value(high)) - (1 if strict else 0)


def _value(bound: Constraint) -> float:
    return float(bound.value) if isinstance(bound.value, int | float) else 0.0


def _are_years(old: Wish, new: Wish) -> bool:
    return fields_of(old) | fields_of(new) <= {"decade", "year"}


def _without_fields(state: State, names: set[str]) -> State:
    kept = tuple(wish for wish in state.must if not fields_of(wish) & names)
    soft = tuple(wish for wish in state.prefer if not fields_of(wish) & names)
    return replace(state, must=kept, prefer=soft)


def _without_contradictions(state: State, new: Sequence[Wish]) -> State:
    """Drop an exclusion where the new wishes ask for just that: "no comedies of the 80s", then comedies of the 80s."""
    wanted = {part for wish in new for part in parts_of(wish)}
    kept = tuple(w for w in state.must_not if not (isinstance(w, Joined) and w.how == "all" and set(w.parts) <= wanted))
    return replace(state, must_not=kept)


def _drop_older(state: State, old: State, wishes: Sequence[StatedWish], catalogue: Catalogue) -> StateUpdate:
    """Drop older wishes on the same field where hardly anything satisfies them together with the new ones."""
    names = {name for each in wishes if each.mode == "must" for name in fields_of(each.wish)} - {
        "year",
        "decade",
        "text",
    }
    new = {each.wish for each in wishes}
    older = [wish for wish in state.must if wish in old.must and wish not in new and fields_of(wish) & names]
    if not older or count_satisfying(state, catalogue) >= MIN_ITEMS:
        return StateUpdate(state)
    kept, soft = [w for w in state.must if w not in older], [w for w in state.prefer if not _is_text(w)]
    freed = replace(state, must=tuple(kept), prefer=tuple(soft))
    if count_satisfying(freed, catalogue) <= count_satisfying(state, catalogue):
        return StateUpdate(state)
    return StateUpdate(
        freed, (f"I let go of {join_words(describe_wish(wish) for wish in older)}: hardly anything is that too",)
    )
