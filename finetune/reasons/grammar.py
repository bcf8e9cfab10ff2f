"""Words a plan over slots by the grammar of `phrases.py`: the sentences that a writer learns from."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agent.explain.gpt.slots import SLOTS, SlotPlan
from finetune.reasons import phrases

_NAMED = {name: getattr(phrases, name) for name in ("THIS", "OTHERS", "SAME", "MORE", "TOGETHER", "LIKE_YOU", "WHICH")}
_REFERENCE = re.compile(r"<(\w+)>")
_CHOICE = re.compile(r"\(([^()]*)\)")  # an innermost one


@dataclass(frozen=True)
class Fragment:
    """What a text says of one part of its plan; `joint` stands before it: a new sentence, or a sign or word."""

    part: str
    text: str
    joint: str = ". "


def draw_text(plan: SlotPlan, random: np.random.Generator) -> tuple[Fragment, ...]:
    """One of the texts for a plan, in fragments of at most two sentences."""
    return _joined([Fragment(part, _expand(_phrase(part, plan, random), random)) for part in _said(plan)], random)


def whole_text(fragments: Sequence[Fragment]) -> str:
    """The fragments as they are said, slots as letters."""
    text = ""
    for each in fragments:
        is_new = each.joint == ". "
        said = _capital(each.text) if is_new else each.text
        text += said if not text else f"{each.joint}{said}"
    return re.sub(r" ([,:;.])", r"\1", re.sub(r",(?=[,.:;])", "", f"{text}."))


def count_texts(parts: Sequence[str]) -> int:
    """How many texts the grammar has for some parts, up to the joints between them."""
    n = 1
    for part in parts:
        n *= sum(map(_count, _phrases(part, parts)))
    return n


def _said(plan: SlotPlan) -> Iterator[str]:
    """The parts that have a phrase of their own: a year that is said with categories has none."""
    return (part for part in plan.parts if not (part == "own year" and "own categories" in plan.parts))


def _phrase(part: str, plan: SlotPlan, random: np.random.Generator) -> str:
    choices = _phrases(part, plan.parts)
    return choices[int(random.integers(len(choices)))]


def _phrases(part: str, parts: Sequence[str]) -> list[str]:
    if part == "wishes":
        return [phrases.WISHED]
    if part.startswith("own"):
        if part == "own categories":
            return [phrases.OWN_KINDS + (phrases.FROM_YEAR if "own year" in parts else "")]
        return [phrases.OWN_YEAR if part == "own year" else phrases.OWN_VALUE]
    first, _, link = part.partition(" ")
    if first == "also":
        return [phrases.ALSO[link]]
    number, _, link = link.partition(" ")
    source = f"{first} {number}"
    if link == "none":
        return [phrases.NONE[first]]
    if link in phrases.FOLLOWING:
        opening = f"({phrases.OPENING} {phrases.CLAUSE[source]},|{phrases.CLAUSE[source]}(:|;|, and|, so))"
        related = phrases.RELATED[link].replace("<R>", phrases.RELATIVE[source])
        return [f"{opening} {phrases.FOLLOWING[link]}", related]
    return [phrases.RELATIONS.get((link, first)) or _of_liked(link)]


def _of_liked(link: str) -> str:
    """What is said of users who have an item that the user liked: that the user has it."""
    return (
        phrases.RELATIONS[link, "known"]
        .replace("you know X", "you liked X")
        .replace("which you know", "which you liked")
    )


def _expand(phrase: str, random: np.random.Generator) -> str:
    text = _named(phrase)
    while found := _CHOICE.search(text):
        choices = found[1].split("|")
        text = text[: found.start()] + choices[int(random.integers(len(choices)))] + text[found.end() :]
    return " ".join(text.split())


def _named(phrase: str) -> str:
    while _REFERENCE.search(phrase):
        phrase = _REFERENCE.sub(lambda found: _NAMED[found[1]], phrase)
    return phrase


def _count(phrase: str) -> int:
    """How many texts a phrase has, by its innermost choices first."""
    counts: list[int] = []

    def fold(found: re.Match[str]) -> str:
        total = 0
        for choice in found[1].split("|"):
            n = 1
            for place in re.findall(r"\x00(\d+)\x00", choice):
                n *= counts[int(place)]
            total += n
        counts.append(total)
        return f"\x00{len(counts) - 1}\x00"

    text = _named(phrase)
    while _CHOICE.search(text):
        text = _CHOICE.sub(fold, text, count=1)
    n = 1
    for place in re.findall(r"\x00(\d+)\x00", text):
        n *= counts[int(place)]
    return n


def _joined(fragments: Sequence[Fragment], random: np.random.Generator) -> tuple[Fragment, ...]:
    """At most two sentences: of three fragments two share one."""
    ways = {1: ((". ",),), 2: ((". ", ". "), (". ", ". "), (". ", "; ")), 3: ((". ", "; ", ". "), (". ", ". ", "; "))}
    joints = ways[len(fragments)][int(random.integers(len(ways[len(fragments)])))]
    return tuple(Fragment(each.part, each.text, joint) for each, joint in zip(fragments, joints, strict=True))


def _capital(text: str) -> str:
    return text if text.split()[0].rstrip(",:;") in SLOTS else text[:1].upper() + text[1:]
