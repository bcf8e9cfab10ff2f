"""Decides of everything that a message says of fields whether it is wanted, not wanted, or would only be nice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from agent.constraints import Constraint, Joined, Wish
from agent.language.common_words import CHATTER, NOUNS
from agent.language.opinion_phrases import ROLES
from agent.language.phrases import ADVERBS, Cue, Phrases
from agent.language.tokens import Message
from agent.language.wish_phrases import FINE_AFTER, ONLY, SCOPES, SOFT_AFTER
from agent.language.word_lists import word_set
from agent.understanding.field_matches import FieldMatch, TokenMask

_CUES, _SOFT_AFTER = Phrases(SCOPES), Phrases({"soft": SOFT_AFTER})
_FINE_AFTER, _ONLY = Phrases({"fine": FINE_AFTER}), Phrases({"only": ONLY})
_DISLIKES = Phrases({"dislike": ROLES["dislike"]})
_SUBJECTS = word_set("i we they you really do did would im people")
_CHAINED = NOUNS | word_set(
    "from of the in by with made set for about that are is were was starring directed any a an or more kind"
) - {"or"}
_ENDS_NEGATION = word_set("i id im ill we lets show give find just tonight today then please")
_NOS = word_set("no any without more")
_SOFTER = {"must": "prefer", "not": "avoid"}
_MEANT = {"less": "avoid", "taste": "prefer", "want": "must"}
Link = Callable[[FieldMatch, FieldMatch], str]


@dataclass(frozen=True, slots=True)
class ScopedWish:
    """A wish, said from word `start` on: it must, must not, should (prefer), should not (avoid) be, or may (permit).

    `only` where nothing else of its field is wanted.
    """

    mode: str
    wish: Wish
    only: bool = False
    start: int = 0


class Scope:
    """The modes of the words of one message; words that are taken by names count as nothing."""

    def __init__(self, message: Message, founds: Sequence[FieldMatch], named: TokenMask) -> None:
        self.message = message
        self.founds = self._with_adjectives(founds, named)
        founds = self.founds
        self.starts = {found.start: found for found in founds}
        taken = [found for found in founds if found.end - found.start > 0]
        inside = {n for found in taken for n in range(found.start, found.end)}
        self.words = tuple("" if n in inside or named.taken[n] else word for n, word in enumerate(message.words))
        self.cues: list[Cue] = []
        self.modes = self._modes()

    def _with_adjectives(self, founds: Sequence[FieldMatch], named: TokenMask) -> list[FieldMatch]:
        """Findings after a "no" with a word between them that narrows them: "no black comedies" bars no others."""
        found_at = {n for found in founds for n in range(found.start, found.end)}
        widened = []
        for found in founds:
            n = found.start - 1
            plain = n > 0 and n not in found_at and not named.taken[n] and not self.message.ends(found.start)
            word = self.message.words[n] if plain and not self.message.gap(found.start).strip() else ""
            narrows = word and word not in CHATTER and word not in ADVERBS and self.message.words[n - 1] in _NOS
            text = (Constraint("text", "like", word),) if narrows and found.fields == {"categories"} else ()
            widened.append(replace(found, start=n, parts=(*found.parts, *text)) if text else found)
        return widened

    def said(self) -> tuple[ScopedWish, ...]:
        """Every wish of the message, in its order."""
        said: list[ScopedWish] = []
        for group in self._groups():
            mode = self._mode_of(group[0])
            wishes = _negative(group, self._links) if mode in ("not", "avoid") else _positive(group, mode, self._links)
            only = self._is_only(group[0])
            said.extend(ScopedWish(mode, wish, only, _start(wish, group)) for wish in wishes)
        return tuple(said)

    def _modes(self) -> list[str]:
        """The mode of every word: a phrase sets it, the end of a sentence, a "but" or a new wish ends it."""
        modes: list[str] = []
        mode, strong, n = "must", False, 0
        while n < len(self.words):
            if self.message.tokens[n].starts:
                mode, strong = "must", False
            cue = self._cue_at(n)
            if cue and cue.label == "want" and mode == "prefer":
                cue = None
            if cue:
                self.cues.append(cue)
                mode, strong = cue.label, bool(_DISLIKES.at(self.words, n, self.message.cuts))
                modes.extend([mode] * (cue.end - n))
                n = cue.end
                continue
            if mode not in ("must", "want") and self._ends_here(n, mode, strong):
                mode = "must"
            modes.append(mode)
            n += 1
        return modes

    def _cue_at(self, n: int) -> Cue | None:
        cue = _CUES.at(self.words, n, self.message.cuts)
        if cue is None or (cue.label == "not" and self._is_interjection(cue)):
            return None
        if cue.end == n + 1 and self.words[n] == "like" and not self._is_verb(n):
            return None
        if cue.label == "none":
            return Cue("must", cue.start, cue.end)
        return self._without_with(cue)

    def _without_with(self, cue: Cue) -> Cue | None:
        """ "with" takes up what was wanted, but goes on with what was not: "no films with Tom Hanks"."""
        return (
            None
            if self.words[cue.start] == "with" and cue.end == cue.start + 1 and self._in_negation(cue.start)
            else cue
        )

    def _in_negation(self, n: int) -> bool:
        if self._word(n - 1) in ("not", "no", "without", "nothing"):
            return True
        start = next((s.start for s in self.message.sentences if n in s), 0)
        before = self.words[start:n]
        return bool(before) and before[-1] in NOUNS and any(word in ("no", "not", "any", "without") for word in before)

    def _is_interjection(self, cue: Cue) -> bool:
        """Whether "no" is an answer and not a negation: "No, I meant a mystery"."""
        if self.words[cue.start] not in ("no", "not") or cue.end != cue.start + 1:
            return False
        token_after = self.message.gap(cue.end)
        return self.message.tokens[cue.start].starts and ("," in token_after or self.message.ends(cue.end))

    def _is_verb(self, n: int) -> bool:
        before = n - 1
        while before >= 0 and self.words[before] in ADVERBS:
            before -= 1
        return before >= 0 and self.words[before] in _SUBJECTS and not self.message.ends(before + 1)

    def _ends_here(self, n: int, mode: str, strong: bool) -> bool:
        word = self.words[n]
        if mode == "prefer":
            return False
        if "," in self.message.gap(n) or " - " in self.message.gap(n) or "(" in self.message.gap(n):
            return not self._is_listed(n, strong)
        if word in _ENDS_NEGATION and mode != "prefer":
            return True
        if mode in ("not", "less") and self._word(n - 1) == "and":
            return word in ("a", "an", "from") or (word != "the" and not self._goes_with_last(n))
        return False

    def _goes_with_last(self, n: int) -> bool:
        """Whether what is said at word `n` is of the same field as what was said before it."""
        before = [found for found in self.founds if found.end <= n]
        return n in self.starts and (not before or before[-1].fields == self.starts[n].fields)

    def _is_listed(self, n: int, strong: bool) -> bool:
        """Whether after a comma the list goes on: "no horror, drama or war", "I hate horror, westerns and musicals"."""
        place = n + 1 if self._word(n) in ("or", "and", "nor") else n
        closed = place > n
        while place in self.starts:
            place = self.starts[place].end
            if self._word(place) in ("or", "nor", "and"):
                closed, place = True, place + 1
            elif "," not in self.message.gap(place):
                break
        return place > n and n < len(self.words) and (closed or strong) and self._first_is_found(n)

    def _first_is_found(self, n: int) -> bool:
        return n in self.starts or (self._word(n) in ("or", "and", "nor") and n + 1 in self.starts)

    def _mode_of(self, found: FieldMatch) -> str:
        mode = _MEANT.get(self.modes[found.start], self.modes[found.start])
        sentence = self._sentence(found)
        if found.is_soft or any(
            _SOFT_AFTER.at(self.words, n, self.message.cuts) for n in range(found.end, sentence.stop)
        ):
            mode = _SOFTER.get(mode, mode)
        fine = _FINE_AFTER.at(self.words, found.end, self.message.cuts) if found.end < len(self.words) else None
        return "permit" if fine else mode

    def _is_only(self, found: FieldMatch) -> bool:
        sentence = self._sentence(found)
        return any(True for _ in _ONLY.within(self.words, sentence))

    def _sentence(self, found: FieldMatch) -> range:
        return next(s for s in self.message.sentences if found.start in s)

    def _groups(self) -> Iterator[tuple[FieldMatch, ...]]:
        """Findings of one mode that are linked by words such as "from" and "or"."""
        group: list[FieldMatch] = []
        for found in self.founds:
            linked = group and self._mode_of(group[-1]) == self._mode_of(found)
            if linked and self.message.tokens[group[-1].start].sentence == self.message.tokens[found.start].sentence:
                group.append(found)
                continue
            if group:
                yield tuple(group)
            group = [found]
        if group:
            yield tuple(group)

    def _links(self, a: FieldMatch, b: FieldMatch) -> str:
        """How two findings are joined: "chain" as one phrase, "or", or "and"."""
        between = self.message.words[a.end : b.start]
        if "or" in between or "nor" in between:
            return "or"
        commas = any("," in self.message.gap(n) for n in range(a.end, b.start + 1))
        return "and" if commas or not all(word in _CHAINED for word in between) else "chain"

    def _word(self, n: int) -> str:
        return self.words[n] if 0 <= n < len(self.words) else ""


def _start(wish: Wish, group: Sequence[FieldMatch]) -> int:
    """Where a wish of a group is first said."""
    parts = wish.parts if isinstance(wish, Joined) else (wish,)
    return next((found.start for found in group if set(found.parts) & set(parts)), group[0].start)


def _positive(group: Sequence[FieldMatch], mode: str, link: Link) -> Iterator[Wish]:
    """What must or should hold: each finding by itself, those joined by "or" as one of them."""
    rest = list(group)
    while rest:
        choices = [rest.pop(0)]
        while rest and _is_choice(choices[-1], rest[0], link):
            choices.append(rest.pop(0))
        if len(choices) > 1:
            yield Joined("any", tuple(part for found in choices for part in _one_part(found)))
            yield from (part for f in choices if not _decade(f) for part in f.parts if part not in _one_part(f))
        elif choices[0].any_of:
            yield Joined("any", choices[0].parts)
        elif mode == "prefer" and len(choices[0].parts) > 1:
            yield Joined("all", choices[0].parts)
        else:
            yield from choices[0].parts


def _is_choice(a: FieldMatch, b: FieldMatch, link: Link) -> bool:
    """Whether two findings are alternatives: joined by "or", or plurals of one field joined by "and"."""
    how = link(a, b)
    if a.fields != b.fields:
        return how == "or" and all(len(_one_part(each)) == len(each.parts) or _decade(each) for each in (a, b))
    return how == "or" or (how == "and" and a.plural and b.plural)


def _one_part(found: FieldMatch) -> tuple[Constraint, ...]:
    """What a finding gives to a choice: a decade as one constraint, else the last of its parts."""
    return _decade(found) or (found.parts if found.any_of else found.parts[-1:])


def _decade(found: FieldMatch) -> tuple[Constraint, ...]:
    """The years of one whole decade as one constraint, nothing for other findings."""
    low, high = (part.value for part in found.parts) if len(found.parts) == 2 else (None, None)
    whole = found.fields == {"year"} and isinstance(low, int) and isinstance(high, int) and high == low + 9
    return (Constraint("decade", "=", low),) if whole and isinstance(low, int) and low % 10 == 0 else ()


def _negative(group: Sequence[FieldMatch], link: Link) -> Iterator[Wish]:
    """What must not hold: each phrase by itself, its parts together; "comedies or dramas from the 80s" are two."""
    phrases: list[list[FieldMatch]] = []
    for n, found in enumerate(group):
        chained = n > 0 and link(group[n - 1], found) == "chain"
        phrases[-1].append(found) if chained else phrases.append([found])
    tail = phrases[-1][1:]
    for n, phrase in enumerate(phrases):
        shares = n < len(phrases) - 1 and len(phrase) == 1 and phrase[0].fields == phrases[-1][0].fields
        yield from _together([*phrase, *tail] if shares else phrase)


def _together(phrase: Sequence[FieldMatch]) -> Iterator[Wish]:
    if len(phrase) == 1 and phrase[0].any_of:
        yield Joined("any", phrase[0].parts)
        return
    parts = tuple(part for found in phrase for part in (found.parts[:1] if found.any_of else found.parts))
    yield parts[0] if len(parts) == 1 else Joined("all", parts)
