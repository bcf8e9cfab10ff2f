"""Refuses a reason that names or claims anything that is not in its evidence or in the item itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agent.constraints import Constraint, State, Wish, holds
from agent.language.constraint_text import said_not, wish_groups
from agent.language.tokens import WORD, words_of
from agent.recommendation import Evidence, FromAttribute, FromConstraint, FromHistory, FromReview, Reason
from agent.understanding.lexicon import Lexicon, Sense
from agent.understanding.title_index import spoken_forms
from index.data.records import Item, Review

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?=s?\b)")
_UNNAMED = frozenset(("title", "text"))  # wishes on these would name what is no evidence


@dataclass(frozen=True)
class Ground:
    """What the reasons of one request may rest on.

    `known` are the ids of the history and of what was liked in the talk; `liked` those of them that are known to be
    liked; `enriched` the fields that the domain's source does not state itself; `reviews` what may be quoted, by id.
    """

    lexicon: Lexicon
    known: frozenset[str] = frozenset()
    liked: frozenset[str] = frozenset()
    enrich_items: frozenset[str] = frozenset()
    reviews: Mapping[str, Review] = field(default_factory=dict)

    def item(self, item_id: str) -> Item | None:
        """The item of an id, None where the catalogue lacks it."""
        row = self.lexicon.catalogue.row_of.get(item_id)
        return None if row is None else self.lexicon.catalogue.items[row]


def faults(reason: Reason, item: Item, ground: Ground, state: State) -> list[str]:
    """What is wrong with a reason; nothing where every claim stands in its evidence or in the item."""
    found = [] if reason.evidence else ["no evidence"]
    found += [fault for each in reason.evidence for fault in _untrue(each, item, ground, state)]
    named = [item, *(_cited(reason, ground))]
    left = _less_names(reason.text, named)
    found += _stray_titles(left, named, ground.lexicon)
    found += _stray_numbers(left, reason, named)
    return found + _stray_values(left, reason, item, ground.lexicon)


def met_wishes(state: State, item: Item) -> tuple[str, ...]:
    """The wishes of a talk that an item meets in words: what must be, what must not, the rest."""
    wanted = [text for text, wishes in wish_groups(_sayable(state.must)) if all(holds(w, item) for w in wishes)]
    unwanted = [said_not(wish) for wish in _sayable(state.must_not) if not holds(wish, item)]
    soft = [text for text, wishes in wish_groups(_sayable(state.prefer)) if all(holds(w, item) for w in wishes)]
    return tuple(dict.fromkeys((*wanted, *unwanted, *soft)))


def _sayable(wishes: tuple[Wish, ...]) -> list[Wish]:
    return [wish for wish in wishes if not (isinstance(wish, Constraint) and wish.field in _UNNAMED)]


def _untrue(evidence: Evidence, item: Item, ground: Ground, state: State) -> Iterator[str]:
    if isinstance(evidence, FromHistory):
        if evidence.item_id not in ground.known - {item.item_id} or ground.item(evidence.item_id) is None:
            yield f"{evidence.item_id} is not in the history"
    elif isinstance(evidence, FromAttribute):
        if evidence.field in ground.enrich_items:
            yield f"the source does not state {evidence.field}"
        elif not holds(Constraint(evidence.field, "=", evidence.value), item):
            yield f"{evidence.field} is not {evidence.value}"
    elif isinstance(evidence, FromConstraint):
        if evidence.text not in met_wishes(state, item):
            yield f"nobody wished {evidence.text!r}, or the item does not meet it"
    elif isinstance(evidence, FromReview):
        review = ground.reviews.get(evidence.review_id)
        if review is None or review.item_id != item.item_id or evidence.quote not in review.text:
            yield f"review {evidence.review_id} of the item does not say that"


def _cited(reason: Reason, ground: Ground) -> list[Item]:
    cited = (ground.item(each.item_id) for each in reason.evidence if isinstance(each, FromHistory))
    return [item for item in cited if item is not None]


def _less_names(text: str, named: list[Item]) -> str:
    """The text without the names of the item and of its evidence."""
    forms = {form for item in named for form in (item.name, item.title, *spoken_forms(item.title))}
    for form in sorted(forms, key=len, reverse=True):
        text = _less(text, form)
    return text


def _less(text: str, form: str) -> str:
    """The text without a form where it stands as whole words."""
    start = text.find(form) if form else -1
    while start >= 0:
        end = start + len(form)
        is_whole = not text[max(start - 1, 0) : start].isalnum() and not text[end : end + 1].isalnum()
        text = f"{text[:start]} · {text[end:]}" if is_whole else text
        start = text.find(form, start + 3 if is_whole else end)
    return text


def _stray_titles(text: str, named: list[Item], lexicon: Lexicon) -> list[str]:
    """Titles of other items, written as the catalogue writes them; a word that may be an ordinary one is none."""
    tokens = list(WORD.finditer(text))
    words = words_of(text)
    own = {item.item_id for item in named}
    found, n = [], 0
    while n < len(tokens):
        after = n + 1
        for hit in lexicon.titles.at(words, n):
            first, last = tokens[hit.start], tokens[hit.end - 1]
            spelled = text[first.start() : last.end()]
            ids = {lexicon.catalogue.items[row].item_id for row in hit.rows if _is_written(spelled, lexicon, row)}
            if ids and not ids & own and not _is_ordinary(text, first, last):
                found.append(f"names {spelled!r}")
            if ids:
                after = hit.end
                break
        n = after
    return found


def _is_written(spelled: str, lexicon: Lexicon, row: int) -> bool:
    """Whether words are a title in its own capitals, or a part of it that it may be called by."""
    written = WORD.findall(spelled)
    return any(_contains(WORD.findall(form), written) for form in spoken_forms(lexicon.catalogue.items[row].title))


def _contains(words: list[str], part: list[str]) -> bool:
    return any(words[n : n + len(part)] == part for n in range(len(words) - len(part) + 1))


def _is_ordinary(text: str, first: re.Match[str], last: re.Match[str]) -> bool:
    """Whether a title of one word need not be one: it begins a sentence, or is small, or a number."""
    if first.start() != last.start() or re.match(r"\s*\(\d{4}\)", text[last.end() :]):
        return False
    before = text[: first.start()].rstrip()
    return not before or before[-1] in ".!?:;·" or first[0][0].islower() or first[0].isdigit()


def _stray_numbers(text: str, reason: Reason, named: list[Item]) -> list[str]:
    """Numbers that stand neither in the evidence nor among the years of what is named."""
    allowed = {number for each in reason.evidence for number in _NUMBER.findall(_content(each))}
    for item in named:
        for value in (item.value("year"), item.value("decade")):
            if isinstance(value, int | float):
                allowed |= {str(int(value)), str(int(value) % 100)}
    return [f"the number {number}" for number in _NUMBER.findall(text) if number not in allowed]


def _content(evidence: Evidence) -> str:
    if isinstance(evidence, FromAttribute):
        value = evidence.value
        return " ".join(value) if isinstance(value, tuple) else str(value)
    if isinstance(evidence, FromConstraint):
        return evidence.text
    return evidence.quote if isinstance(evidence, FromReview) else ""


def _stray_values(text: str, reason: Reason, item: Item, lexicon: Lexicon) -> list[str]:
    """Values of the catalogue that the item does not have and no evidence speaks of."""
    words = words_of(text)
    backed = [words_of(_content(each)) for each in reason.evidence]
    found, n = [], 0
    while n < len(words):
        end = next((e for e in range(min(len(words), n + lexicon.longest), n, -1) if _sense(lexicon, words[n:e])), n)
        if end > n:
            said = words[n:end]
            true = any(all(holds(part, item) for part in sense.parts) for sense in _sense(lexicon, said))
            if not true and not any(_contains(list(each), list(said)) for each in backed):
                found.append(f"claims {' '.join(said)!r}")
        n = max(end, n + 1)
    return found


def _sense(lexicon: Lexicon, words: tuple[str, ...]) -> list[Sense]:
    return [sense for sense in lexicon.senses.get(" ".join(words), ()) if not sense.needs]
