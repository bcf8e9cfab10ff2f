"""Words a plan over slots by the grammar of `phrases.py`: the sentences that a writer learns from."""

import math
import re
from collections.abc import Sequence
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
    fragments = [Fragment(part, draw_fragment(part, random)) for part in plan.parts]
    return _joined(fragments, random)


def draw_fragment(part: str, random: np.random.Generator) -> str:
    """One of the ways to say a part, without a capital and a sign at its end."""
    choices = _phrases(part)
    return _tidy(_expand(choices[int(random.integers(len(choices)))], random))


def every_fragment(part: str) -> frozenset[str]:
    """All ways to say a part."""
    every = (text for phrase in _phrases(part) for text in _every(_named(phrase)))
    return frozenset(_tidy(" ".join(text.split())) for text in every)


def whole_text(fragments: Sequence[Fragment]) -> str:
    """The fragments as they are said, slots as letters."""
    text = ""
    for each in fragments:
        is_new = each.joint == ". "
        said = _capital(each.text) if is_new else each.text
        text += said if not text else f"{each.joint}{said}"
    return f"{text}."


def count_texts(parts: Sequence[str]) -> int:
    """How many texts the grammar has for some parts, up to the joints between them."""
    return math.prod(len(every_fragment(part)) for part in parts)


def _phrases(part: str) -> list[str]:
    if part in phrases.OF_ITEM:
        return [phrases.OF_ITEM[part]]
    first, _, link = part.partition(" ")
    if first == "also":
        return [phrases.ALSO[link]]
    number, _, link = link.partition(" ")
    source = f"{first} {number}"
    if link == "none":
        return [phrases.NONE[first]]
    if link in phrases.FOLLOWING:
        opening = f"({phrases.OPENING} {phrases.CLAUSE[source]},|{phrases.CLAUSE[source]}(:|, and|, so))"
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


def _every(phrase: str) -> list[str]:
    """All texts of a phrase: what stands before its first choice with each text of that choice and of the rest."""
    start = phrase.find("(")
    if start < 0:
        return [phrase]
    choices, end = _outer_choices(phrase, start)
    firsts = [text for choice in choices for text in _every(choice)]
    rests = _every(phrase[end:])
    return [phrase[:start] + first + rest for first in firsts for rest in rests]


def _outer_choices(phrase: str, start: int) -> tuple[list[str], int]:
    """The alternatives of the choice that begins at `start`, and where it ends."""
    depth, choices, begun = 0, [], start + 1
    for place in range(start, len(phrase)):
        depth += {"(": 1, ")": -1}.get(phrase[place], 0)
        if (phrase[place] == "|" and depth == 1) or not depth:
            choices.append(phrase[begun:place])
            begun = place + 1
        if not depth:
            return choices, place + 1
    raise ValueError(f"a choice has no end: {phrase[start:]}")


def _named(phrase: str) -> str:
    while _REFERENCE.search(phrase):
        phrase = _REFERENCE.sub(lambda found: _NAMED[found[1]], phrase)
    return phrase


def _joined(fragments: Sequence[Fragment], random: np.random.Generator) -> tuple[Fragment, ...]:
    """At most two sentences: of three fragments two share one."""
    ways = {1: ((". ",),), 2: ((". ", ". "), (". ", ". "), (". ", "; ")), 3: ((". ", "; ", ". "), (". ", ". ", "; "))}
    joints = ways[len(fragments)][int(random.integers(len(ways[len(fragments)])))]
    return tuple(Fragment(each.part, each.text, joint) for each, joint in zip(fragments, joints, strict=True))


def _tidy(text: str) -> str:
    """Without blanks before signs, nor a comma before another sign or at the end."""
    return re.sub(r"\s+([,:;])", r"\1", re.sub(r",(?=\s*([,:;]|$))", "", text))


def _capital(text: str) -> str:
    return text if text.split()[0].rstrip(",:;") in SLOTS else text[:1].upper() + text[1:]
