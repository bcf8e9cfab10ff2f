"""Finds what a message wants of aspects: "good sound", "the battery must be great", "it must not break"."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.constraints import Constraint
from agent.language.phrases import ADVERBS
from agent.language.word_lists import word_set
from agent.language.words import words_of
from agent.understanding.field_matches import FieldMatch, TokenMask
from agent.understanding.message import Message
from index.data.records import ASPECT

GOOD_SCORE = 0.15  # mean score from which on reviews call an aspect good, as the card says it; below -0.15 bad
MAX_WORDS = 3  # of a form
_GOOD = word_set(
    "good great excellent nice decent solid amazing awesome fantastic superb perfect best better fine lovely reliable "
    "quality strong beautiful wonderful outstanding"
)
_BAD = word_set("bad poor terrible awful weak horrible lousy crappy mediocre worst cheap inferior")
_LINKS = word_set("is are be was were must should has have to needs need really very so the a")
_HARD = word_set("must has have needs need only should definitely strictly no not without never nothing mustnt")
_NEGATIONS = word_set("not never nothing none without wont doesnt dont cant cannot mustnt shouldnt wouldnt")
_FAILURES = word_set(
    "break breaks breaking broken snap snaps snapping crack cracks cracking rip rips tear tears tearing fail fails "
    "failing fall falls falling wear wears wearing come comes coming"
)
_NEEDS_PARTICLE = {"fall": "apart off", "wear": "out", "come": "apart off loose"}  # by the first letters of the verb
DURABLE = ("durability", "build quality", "construction", "quality", "build")  # aspects that tell of it, best first


@dataclass(frozen=True)
class _Form:
    """A surface form in a message, and the name of its aspect."""

    start: int
    end: int
    name: str


def find_aspect_wishes(message: Message, forms: Mapping[str, str], mask: TokenMask) -> Iterator[FieldMatch]:
    """The aspects of which a message says how they are to be, from left to right; the words of each are taken.

    They are hard where the message says "must" or "no" before them, else soft: praise in passing bars nothing.
    """
    known = {words_of(form): name for form, name in forms.items()}
    n = 0
    while known and n < len(message):
        form = _form_at(message, known, mask, n)
        match = _with_polarity(message, form, mask) if form else _no_failure(message, known, mask, n)
        if match:
            mask.take(match.start, match.end)
            yield match
        n = max(match.end if match else 0, form.end if form else 0, n + 1)


def _form_at(message: Message, known: Mapping[tuple[str, ...], str], mask: TokenMask, n: int) -> _Form | None:
    for end in range(min(len(message), n + MAX_WORDS), n, -1):
        name = known.get(message.words[n:end])
        if name and mask.are_free(n, end) and not any(message.ends(each) for each in range(n + 1, end)):
            return _Form(n, end, name)
    return None


def _with_polarity(message: Message, form: _Form, mask: TokenMask) -> FieldMatch | None:
    """The form with the word that says how it is to be: right before it, or after it behind "must be"."""
    start = form.start - 1
    while start >= 0 and not message.ends(start + 1) and message.words[start] in ADVERBS:
        start -= 1
    if (
        start >= 0
        and not message.ends(start + 1)
        and message.words[start] in _GOOD | _BAD
        and mask.are_free(start, start + 1)
    ):
        return _match(message, start, form.end, form.name, message.words[start])
    end = form.end
    while end < len(message) and not message.ends(end) and message.words[end] in _LINKS:
        end += 1
    is_said = form.end < end < len(message) and not message.ends(end)
    if is_said and message.words[end] in _GOOD | _BAD and mask.are_free(form.end, end + 1):
        return _match(message, form.start, end + 1, form.name, message.words[end])
    return None


def _no_failure(message: Message, known: Mapping[tuple[str, ...], str], mask: TokenMask, n: int) -> FieldMatch | None:
    """That it must not break: what tells of it is the first aspect of DURABLE that the domain has."""
    if message.words[n] not in _NEGATIONS:
        return None
    name = next((known[words_of(each)] for each in DURABLE if words_of(each) in known), None)
    for place in range(n + 1, min(n + 4, len(message))):
        if name is None or message.ends(place) or message.words[place] not in _FAILURES | {"that", "which", "ever"}:
            return None
        end = _failure_end(message, place)
        if end and mask.are_free(n, end):
            return FieldMatch(n, end, (Constraint(f"{ASPECT}{name}", ">=", -GOOD_SCORE),))
    return None


def _failure_end(message: Message, place: int) -> int | None:
    """Where a verb of failure ends, with its particle; None where the word is none, or lacks the particle."""
    word = message.words[place]
    if word not in _FAILURES:
        return None
    particles = next((each for verb, each in _NEEDS_PARTICLE.items() if word.startswith(verb)), None)
    if particles is None:
        return place + 1
    has_it = not message.ends(place + 1) and message.words[place + 1] in particles.split()
    return place + 2 if has_it else None


def _match(message: Message, start: int, end: int, name: str, said: str) -> FieldMatch:
    field = f"{ASPECT}{name}"
    part = Constraint(field, ">=", GOOD_SCORE) if said in _GOOD else Constraint(field, "<", -GOOD_SCORE)
    first = start
    while first > 0 and not message.ends(first) and start - first < 4:
        first -= 1
    is_hard = bool(_HARD & set(message.words[first:end]))
    return FieldMatch(start, end, (part,), is_soft=not is_hard)
