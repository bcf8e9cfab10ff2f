"""Checks a reason: whatever it names or claims must stand in its evidence or in the item itself."""

import re
from collections.abc import Iterator

from agent.constraints import Constraint, State, holds
from agent.explain.aspect_points import is_told
from agent.explain.claims_of_others import unbacked_opinions
from agent.explain.constraint_evidence import met_wishes
from agent.explain.evidence import (
    Evidence,
    FromAttribute,
    FromConstraint,
    FromHistory,
    FromReview,
    Ground,
    Reason,
)
from agent.language.spoken_titles import spoken_forms
from agent.language.words import WORD, words_of
from agent.understanding.lexicon import Lexicon, Sense
from index.data.duplicates import are_duplicates
from index.data.records import Item

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?=s?\b)")


def faults(reason: Reason, item: Item, ground: Ground, state: State) -> list[str]:
    """What is wrong with a reason, whoever wrote it; empty where every claim stands in its evidence or in the item."""
    found = [] if reason.evidence else ["no evidence"]
    found += [fault for each in reason.evidence for fault in _evidence_faults(each, item, ground, state)]
    named = [item, *(_cited_items(reason, ground))]
    left = _without_names(reason.text, named)
    found += _stray_titles(left, named, ground.lexicon)
    found += _stray_numbers(left, reason, named)
    found += unbacked_opinions(left, reason.evidence)
    return found + _stray_values(left, reason, item, ground.lexicon)


def _evidence_faults(evidence: Evidence, item: Item, ground: Ground, state: State) -> Iterator[str]:
    if isinstance(evidence, FromHistory):
        cited = ground.item(evidence.item_id)
        if cited is None or evidence.item_id not in ground.known:
            yield f"{evidence.item_id} is not in the history"
        elif are_duplicates(cited, item):
            yield f"{evidence.item_id} is the item itself"
        elif evidence.relation and evidence.relation not in ground.relations(cited, item):
            yield f"{evidence.item_id} and the item are not {evidence.relation}"
    elif isinstance(evidence, FromAttribute):
        if evidence.field in ground.enriched_fields:
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
        elif evidence.aspect and not is_told(item, evidence.aspect, evidence.praises):
            yield f"the item's reviews do not {'praise' if evidence.praises else 'blame'} its {evidence.aspect}"


def _cited_items(reason: Reason, ground: Ground) -> list[Item]:
    cited = (ground.item(each.item_id) for each in reason.evidence if isinstance(each, FromHistory))
    return [item for item in cited if item is not None]


def _without_names(text: str, named: list[Item]) -> str:
    """The text without the names of the item and of its evidence."""
    forms = {form for item in named for form in (item.name, item.title, *spoken_forms(item.title))}
    for form in sorted(forms, key=len, reverse=True):
        text = _without(text, form)
    return text


def _without(text: str, form: str) -> str:
    """The text without a form where it stands as whole words."""
    start = text.find(form) if form else -1
    while start >= 0:
        end = start + len(form)
        is_whole = not text[max(start - 1, 0) : start].isalnum() and not text[end : end + 1].isalnum()
        text = f"{text[:start]} · {text[end:]}" if is_whole else text
        start = text.find(form, start + 3 if is_whole else end)
    return text


def _stray_titles(text: str, named: list[Item], lexicon: Lexicon) -> list[str]:
    """Titles of other items, spelled as in the catalogue; a single word that may be an ordinary one is not counted."""
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
    """Whether words are the item's title with its capitals, or a part by which it may be called."""
    written = WORD.findall(spelled)
    return any(_contains(WORD.findall(form), written) for form in spoken_forms(lexicon.catalogue.items[row].title))


def _contains(words: list[str], part: list[str]) -> bool:
    return any(words[n : n + len(part)] == part for n in range(len(words) - len(part) + 1))


def _is_ordinary(text: str, first: re.Match[str], last: re.Match[str]) -> bool:
    """Whether a title of one word may be an ordinary word: it begins a sentence, is lower case, or is a number."""
    if first.start() != last.start() or re.match(r"\s*\(\d{4}\)", text[last.end() :]):
        return False
    before = text[: first.start()].rstrip()
    return not before or before[-1] in ".!?:;·" or first[0][0].islower() or first[0].isdigit()


def _stray_numbers(text: str, reason: Reason, named: list[Item]) -> list[str]:
    """Numbers that stand neither in the evidence nor among the years of the named items."""
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
    """Values of the catalogue that the item does not have and no evidence states."""
    words = words_of(text)
    backed = [words_of(_content(each)) for each in reason.evidence]
    found, n = [], 0
    while n < len(words):
        end = next((e for e in range(min(len(words), n + lexicon.max_words), n, -1) if _sense(lexicon, words[n:e])), n)
        if end > n:
            said = words[n:end]
            true = any(all(holds(part, item) for part in sense.parts) for sense in _sense(lexicon, said))
            if not true and not any(_contains(list(each), list(said)) for each in backed):
                found.append(f"claims {' '.join(said)!r}")
        n = max(end, n + 1)
    return found


def _sense(lexicon: Lexicon, words: tuple[str, ...]) -> list[Sense]:
    return [sense for sense in lexicon.senses.get(" ".join(words), ()) if not sense.needs]
