"""Drops from the state of a talk what a few words name: a title, a wish, all wishes on a field, or everything."""

from collections.abc import Callable
from dataclasses import replace

from agent.constraints import Constraint, State, Wish
from agent.language.word_lists import word_set
from agent.language.words import words_of
from agent.understanding.lexicon import Lexicon
from agent.understanding.state_update import fields_of, parts_of
from agent.understanding.understand import wishes_in

_EVERYTHING = word_set("everything all")
_LISTS = {"liked": word_set("likes liked"), "disliked": word_set("dislikes disliked"), "seen": word_set("seen watched")}
_WISHES = word_set("wishes constraints conditions filters limits")
_FIELD_WORDS = {"year": word_set("year years date age"), "categories": word_set("genre genres kind kinds category")}


def forget_named(text: str, state: State, lexicon: Lexicon) -> State:
    """The state without what `text` names; the same state where it names nothing that the state holds."""
    wishes, ids = wishes_in(text, lexicon)
    words = frozenset(words_of(text))
    if not wishes and not ids:
        return _forget_by_words(words, state, lexicon)
    parts = [part for each in wishes for part in parts_of(each.wish)]
    titles = {lexicon.catalogue.item(item_id).title for item_id in ids}
    state = _without_ids(state, set(ids))
    return _keep_wishes(state, lambda wish: not _is_named(wish, parts, titles))


def _is_named(wish: Wish, parts: list[Constraint], titles: set[str]) -> bool:
    own = parts_of(wish)
    same = any((a.field, a.value) == (b.field, b.value) for a in own for b in parts)
    return same or any(part.field == "title" and part.value in titles for part in own)


def _forget_by_words(words: frozenset[str], state: State, lexicon: Lexicon) -> State:
    if words & _EVERYTHING:
        return State()
    names = {name for name, spoken in _FIELD_WORDS.items() if spoken & words}
    names |= {name for spoken, name in lexicon.fields.items() if spoken in words}
    kept = {name: () if spoken & words else getattr(state, name) for name, spoken in _LISTS.items()}
    state = replace(state, liked=kept["liked"], disliked=kept["disliked"], seen=kept["seen"])
    searched = [w for w in state.prefer if isinstance(w, Constraint) and w.field == "text"]
    gone = {wish for wish in searched if words & set(str(wish.value).split())}
    drops_all = bool(words & _WISHES)
    return _keep_wishes(state, lambda wish: not (drops_all or wish in gone or fields_of(wish) & names))


def _without_ids(state: State, ids: set[str]) -> State:
    liked, disliked, seen = (
        tuple(i for i in each if i not in ids) for each in (state.liked, state.disliked, state.seen)
    )
    return replace(state, liked=liked, disliked=disliked, seen=seen)


def _keep_wishes(state: State, is_kept: Callable[[Wish], bool]) -> State:
    must, must_not, prefer, avoid = (
        tuple(wish for wish in each if is_kept(wish))
        for each in (state.must, state.must_not, state.prefer, state.avoid)
    )
    return replace(state, must=must, must_not=must_not, prefer=prefer, avoid=avoid)
