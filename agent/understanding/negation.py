"""Negation and softness: decides for every word whether it says what must, must not, should, should not or may be."""

from collections.abc import Sequence
from dataclasses import replace

from agent.constraints import Constraint
from agent.language.common_words import CHATTER, NOUNS
from agent.language.opinion_phrases import OPINIONS
from agent.language.phrases import ADVERBS, Cue, Phrases
from agent.language.wish_phrases import FINE_AFTER, ONLY, SOFT_AFTER, WISH_MODES
from agent.language.word_lists import word_set
from agent.understanding.field_matches import FieldMatch, TokenMask
from agent.understanding.message import Message

_CUES, _SOFT_AFTER = Phrases(WISH_MODES), Phrases({"soft": SOFT_AFTER})
_FINE_AFTER, _ONLY = Phrases({"fine": FINE_AFTER}), Phrases({"only": ONLY})
_DISLIKES = Phrases({"dislike": OPINIONS["dislike"]})
_SUBJECTS = word_set("i we they you really do did would im people")
_ENDS_NEGATION = word_set("i id im ill we lets show give find just tonight today then please")
_NOS = word_set("no any without more")
_SOFTER = {"must": "prefer", "not": "avoid"}
_MODE_OF_LABEL = {"less": "avoid", "taste": "prefer", "want": "must"}


class WishModes:
    """The mode of every word of one message: must, not, prefer, avoid, permit, or a label of `wish_phrases`.

    Words of titles (those that `named` has taken) and of matches set no mode.
    """

    def __init__(self, message: Message, matches: Sequence[FieldMatch], named: TokenMask) -> None:
        self.message = message
        self.matches = self._with_adjectives(matches, named)
        self.starts = {match.start: match for match in self.matches}
        inside = {n for match in self.matches for n in range(match.start, match.end)}
        self.words = tuple("" if n in inside or named.taken[n] else word for n, word in enumerate(message.words))
        self.cues: list[Cue] = []
        self.modes = self._modes()

    def mode_of(self, match: FieldMatch) -> str:
        """How a match is meant: must, not, prefer, avoid or permit."""
        mode = _MODE_OF_LABEL.get(self.modes[match.start], self.modes[match.start])
        sentence = self._sentence(match)
        after = range(match.end, sentence.stop)
        if match.is_soft or any(_SOFT_AFTER.at(self.words, n, self.message.cuts) for n in after):
            mode = _SOFTER.get(mode, mode)
        fine = _FINE_AFTER.at(self.words, match.end, self.message.cuts) if match.end < len(self.words) else None
        return "permit" if fine else mode

    def is_only(self, match: FieldMatch) -> bool:
        """Whether the sentence of a match wants nothing else of its field: "only westerns"."""
        return any(True for _ in _ONLY.within(self.words, self._sentence(match)))

    def _with_adjectives(self, matches: Sequence[FieldMatch], named: TokenMask) -> list[FieldMatch]:
        """The matches, each with the word between a "no" and it: "no black comedies" excludes no other comedies."""
        matched = {n for match in matches for n in range(match.start, match.end)}
        widened = []
        for match in matches:
            n = match.start - 1
            is_plain = n > 0 and n not in matched and not named.taken[n] and not self.message.ends(match.start)
            word = self.message.words[n] if is_plain and not self.message.gap(match.start).strip() else ""
            narrows = word and word not in CHATTER and word not in ADVERBS and self.message.words[n - 1] in _NOS
            text = (Constraint("text", "like", word),) if narrows and match.fields == {"categories"} else ()
            widened.append(replace(match, start=n, parts=(*match.parts, *text)) if text else match)
        return widened

    def _modes(self) -> list[str]:
        """The mode of every word: a phrase sets it; the end of a sentence, a "but" or a new wish ends it."""
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
        return self._unless_with_goes_on(cue)

    def _unless_with_goes_on(self, cue: Cue) -> Cue | None:
        """The cue, none where its "with" belongs to a negation that goes on: "no films with Tom Hanks"."""
        is_with = self.words[cue.start] == "with" and cue.end == cue.start + 1
        return None if is_with and self._in_negation(cue.start) else cue

    def _in_negation(self, n: int) -> bool:
        if self._word(n - 1) in ("not", "no", "without", "nothing"):
            return True
        start = next((s.start for s in self.message.sentences if n in s), 0)
        before = self.words[start:n]
        return bool(before) and before[-1] in NOUNS and any(word in ("no", "not", "any", "without") for word in before)

    def _is_interjection(self, cue: Cue) -> bool:
        """Whether "no" is an answer and no negation: "No, I meant a mystery"."""
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
        """Whether a match begins at word `n` on the same field as the match before it."""
        before = [match for match in self.matches if match.end <= n]
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
        return place > n and n < len(self.words) and (closed or strong) and self._match_begins(n)

    def _match_begins(self, n: int) -> bool:
        return n in self.starts or (self._word(n) in ("or", "and", "nor") and n + 1 in self.starts)

    def _sentence(self, match: FieldMatch) -> range:
        return next(sentence for sentence in self.message.sentences if match.start in sentence)

    def _word(self, n: int) -> str:
        return self.words[n] if 0 <= n < len(self.words) else ""
