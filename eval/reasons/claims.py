"""Finds what a reason claims, in the JSON of a reply, and holds each claim against the domain's tables.

It shares no code with the checker that the reasons passed: a fault of one would not be seen by the same.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from agent.language.spoken_titles import spoken_forms
from index.data.domain import Domain
from index.data.records import Item, Review, bare_title
from index.storage.json_text import json_text

Json = Mapping[str, Any]
WORD = re.compile(r"\w+")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?=s?\b)")
QUOTED = re.compile(r"[“\"«„]([^“”\"«»„]{3,}?)[”\"»“]")
MIN_QUOTED_WORDS = 4  # that make words in quotation marks a quotation
WISHES = ("must", "must_not", "prefer", "avoid")
MIN_BOTH = 5  # users whom two items must have in common


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a reason says, and why it is false (None: it is true)."""

    kind: str
    fault: str | None


@dataclass(frozen=True)
class ClaimJudge:
    """Judges replies over one domain; `reviews` are what may be quoted, by id."""

    domain: Domain
    reviews: Mapping[str, Review]

    def claims(self, reply: Json, each: Json) -> Iterator[Claim]:
        """All claims of the reason of one recommendation: its evidence, then titles, numbers, quotes of the text."""
        item, reason = self.domain.catalogue.item(each["item_id"]), each["reason"]
        for entry in reason["evidence"]:
            yield Claim(f"evidence {entry['kind']}", self._untrue(entry, item, reply))
        cited = [e["item_id"] for e in reason["evidence"] if e["kind"] == "history"]
        own = [item, *(self.domain.catalogue.item(i) for i in cited if i in self.domain.catalogue.row_of)]
        text = reason["text"]
        for quote in (found[1] for found in QUOTED.finditer(text)):
            if len(quote.split()) >= MIN_QUOTED_WORDS:
                known = any(_one_line(quote) in _one_line(str(e.get("quote", ""))) for e in reason["evidence"])
                yield Claim("quote", None if known else f"{quote!r} is in no review that is cited")
        for entry in reason["evidence"]:
            text = text.replace(str(entry.get("quote") or "\0"), " ")
        yield from self._titles(text, own)
        yield from _numbers(_less_titles(text, own), own, each)

    # evidence

    def _untrue(self, entry: Json, item: Item, reply: Json) -> str | None:
        kind = entry["kind"]
        if kind == "history":
            return self._untrue_history(entry, item, reply)
        if kind == "attribute":
            return None if self._has(item, entry["field"], entry["value"]) else f"{entry['field']} is another"
        if kind == "review":
            review = self.reviews.get(entry["review_id"])
            told = review is not None and review.item_id == item.item_id and entry["quote"].strip()
            is_said = told and review is not None and entry["quote"] in review.text
            return None if is_said else f"review {entry['review_id']} does not say so"
        if kind == "constraint":
            wished = json_text([reply["state"][name] for name in WISHES])
            strange = [number for number in NUMBER.findall(entry["text"]) if number not in wished]
            return None if wished != "[[], [], [], []]" and not strange else "nobody wished that"
        return f"evidence of kind {kind!r}"

    def _untrue_history(self, entry: Json, item: Item, reply: Json) -> str | None:
        ids = self.domain.catalogue.ids
        history = None if reply["user"] is None else self.domain.history(reply["user"])
        known = set(reply["state"]["liked"]) | ({ids[row] for row in history.rows} if history is not None else set())
        if entry["item_id"] not in known - {item.item_id}:
            return f"{entry['item_id']} is not in the history"
        relation = entry.get("relation")
        return None if relation is None else self._untrue_relation(relation, entry["item_id"], item.item_id)

    def _untrue_relation(self, relation: str, source: str, other: str) -> str | None:
        """Counts again who likes or has both, from the events."""
        liked = "like" in relation
        first, second = (self._users(self.domain.catalogue.row_of[each], liked) for each in (source, other))
        both, users = len(first & second), self._n_users(liked)
        is_more = both * users > len(first) * len(second) and both >= MIN_BOTH
        is_most = "most" not in relation or 2 * both > len(first)
        return None if is_more and is_most else f"{both} users of {len(first)} and {len(second)}"

    def _users(self, row: int, liked: bool) -> set[int]:
        histories = self.domain.histories
        counted = (histories.rows == row) & (self._is_liked if liked else True)
        return set(histories.owners[counted].tolist())

    def _n_users(self, liked: bool) -> int:
        histories = self.domain.histories
        return len(np.unique(histories.owners[self._is_liked])) if liked else len(histories)

    @cached_property
    def _is_liked(self) -> Any:
        """By event: from seven tenths of the way up the domain's scale on."""
        values, scale = self.domain.histories.values, self.domain.histories.scale
        return values >= scale[0] + 0.7 * (scale[1] - scale[0]) if scale else np.zeros(len(values), bool)

    def _has(self, item: Item, field: str, value: Any) -> bool:
        if field in (self.domain.about or {}).get("enriched_fields", ()):
            return False
        own = item.value(field)
        values = own if isinstance(own, tuple) else (own,)
        return all(each in values for each in (value if isinstance(value, list) else [value]))

    # text

    def _titles(self, text: str, own: list[Item]) -> Iterator[Claim]:
        """Each title that the text names, the longest at each place: one of the item's or of its cited history."""
        allowed, words, n = {item.item_id for item in own}, list(WORD.finditer(text)), 0
        values = {word.casefold() for item in own for word in WORD.findall(json_text(_fields(item)))}
        while n < len(words):
            found = self._title_at(words, n)
            if found is None:
                n += 1
                continue
            length, ids = found
            first, last = words[n], words[n + length - 1]
            if ids & allowed or not _may_be_ordinary(text, first, last, values):
                strange = f"names {text[first.start() : last.end()]!r}"
                yield Claim("title", None if ids & allowed else strange)
            n += length

    def _title_at(self, words: list[re.Match[str]], n: int) -> tuple[int, frozenset[str]] | None:
        for title, ids in self._by_first_word.get(words[n][0], ()):
            if tuple(word[0] for word in words[n : n + len(title)]) == title:
                return len(title), ids
        return None

    @cached_property
    def _by_first_word(self) -> dict[str, list[tuple[tuple[str, ...], frozenset[str]]]]:
        ids: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for item in self.domain.catalogue.items:
            for form in {item.title, item.name, bare_title(item.name), *spoken_forms(item.title)}:
                ids[tuple(WORD.findall(form))].add(item.item_id)
        found: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = defaultdict(list)
        for words in sorted(filter(None, ids), key=len, reverse=True):
            found[words[0]].append((words, frozenset(ids[words])))
        return found


def _numbers(text: str, own: list[Item], each: Json) -> Iterator[Claim]:
    """Each number that the text states in digits."""
    known = json_text([*map(_fields, own), each["reason"]["evidence"], each["sentiment"]])
    allowed = set(NUMBER.findall(known))
    for item in own:
        year = item.value("year")
        if isinstance(year, int | float):
            decade = int(year) // 10 * 10
            allowed |= {str(decade), str(decade % 100)}
    for number in NUMBER.findall(text):
        yield Claim("number", None if number in allowed else f"the number {number}")


def _fields(item: Item) -> dict[str, Any]:
    return {"title": item.title, "name": item.name, "categories": item.categories, **item.attributes}


def _less_titles(text: str, own: list[Item]) -> str:
    forms = {form for item in own for form in (item.name, item.title, bare_title(item.name))}
    for form in sorted(filter(None, forms), key=len, reverse=True):
        text = text.replace(form, " ")
    return text


def _may_be_ordinary(text: str, first: re.Match[str], last: re.Match[str], values: set[str]) -> bool:
    """A title of one word that need not be one: it begins a sentence, is small, a number, or a value of the item."""
    if first.start() != last.start() or re.match(r"[”\"']?\s*\(\d{4}\)", text[last.end() :]):
        return False
    word, before = first[0], text[: first.start()].rstrip()
    if before.endswith(("“", '"', "‘")):
        return False
    return not before or before[-1] in ".!?:;—–-" or word[0].islower() or word.isdigit() or word.casefold() in values


def _one_line(text: str) -> str:
    return " ".join(text.split())
