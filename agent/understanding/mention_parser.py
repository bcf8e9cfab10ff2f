"""Reads a message from left to right: which items it names, and what it says of each of them."""

from collections.abc import Sequence
from dataclasses import replace

from agent.constraints import State
from agent.language.common_words import CHATTER, COMMON, JOINERS, LEAD_INS, NOUNS
from agent.language.intent_phrases import QUESTIONS
from agent.language.opinion_phrases import PRONOUNS, ROLES
from agent.language.phrases import ADVERBS, Cue, Phrases
from agent.language.tokens import Message
from agent.language.word_lists import word_set
from agent.numbers import is_whole
from agent.understanding.lexicon import Lexicon
from agent.understanding.list_positions import place_at
from agent.understanding.mentions import JUDGING, Heard, Mention
from agent.understanding.misspelt_titles import Guesses
from agent.understanding.title_mentions import Context, Name, Names

ROLE_CUES, QUESTION_CUES, PRONOUN_CUES = Phrases(ROLES), Phrases(QUESTIONS), Phrases(PRONOUNS)
_STICKY = frozenset(("ask", "why", "compare"))
_NEGATIVE = word_set("not no except without excluding nor")
_SUBJECTS = word_set("i we they she he you who people do did to would ive weve and friends")
_PAST = word_set("liked loved enjoyed adored hated disliked seen watched saw")
_OPENINGS = word_set("so and hey ok okay but well hi hello")
_POLITE = word_set("the a please thanks maybe hi hello")
_JUDGED_AFTER = {"after": "like", "after-bad": "dislike"}
_LONGEST_QUOTED = 8  # words of a quotation that may be a title
_MAX_GUESSES = 16  # places of a message where a misspelt title is looked for


class MentionParser:
    """Reads one message; `shown` are the ids of the list that the person sees, `told` is what they said before."""

    def __init__(self, message: Message, lexicon: Lexicon, shown: Sequence[str], told: State | None = None) -> None:
        self.message, self.lexicon, self.shown, self.told = message, lexicon, shown, told or State()
        self.names = Names(message, lexicon)
        self.guessed = Guesses(self.names)
        self.heard = Heard()
        self.role: str | None = None
        self.before_than: str | None = None
        self.is_object = self.is_negated = False
        self.cue: Cue | None = None
        self.guesses = 0

    def read(self) -> Heard:
        """Find what is named in the whole message."""
        for sentence in self.message.sentences:
            if not self._read_bare(sentence):
                self._read_sentence(sentence)
        return self.heard

    def _read_bare(self, sentence: range) -> bool:
        """A sentence of nothing but titles: they are liked, or what was said of those before."""
        names: list[Name] = []
        n = sentence.start
        while n < sentence.stop:
            name = self.names.quoted(n) if self.message.tokens[n].quote else self.names.bare(n)
            if name and name.rows and name.end <= sentence.stop:
                names.append(name)
                n = name.end
            elif self.message.words[n] in JOINERS | _POLITE:
                n += 1
            else:
                return False
        role = self.role if self.role in ("dislike", "seen") else "like"
        self.heard.mentions.extend(self._mention(name, role) for name in names)
        return bool(names)

    def _read_sentence(self, sentence: range) -> None:
        self.role, self.is_object, self.is_negated, self.cue = None, False, False, None
        self._begin_question(sentence)
        n = self._read_praised(sentence)
        while n < sentence.stop:
            n = max(self._step(n), n + 1)

    def _begin_question(self, sentence: range) -> None:
        start = sentence.start
        while start < sentence.stop - 1 and self.message.words[start] in _OPENINGS:
            start += 1
        cue = QUESTION_CUES.at(self.message.words, start, self.message.cuts)
        asks = self.message.tokens[start].sentence in self.message.questions
        if cue and (asks or cue.end - cue.start > 1):
            self.role = "ask"

    def _read_praised(self, sentence: range) -> int:
        """Titles that begin a sentence and are then praised or blamed: "Heat was great"; returns where to go on."""
        names: list[Name] = []
        n = sentence.start
        while n < sentence.stop:
            cue = ROLE_CUES.at(self.message.words, n, self.message.cuts)
            is_name = any(name.rows or name.end > name.start + 1 for name in names)
            if is_name and cue and cue.label in _JUDGED_AFTER and not self._holds_name(cue):
                self.heard.mentions.extend(self._mention(name, _JUDGED_AFTER[cue.label]) for name in names if name.rows)
                self.heard.unknown.extend((name.start, name.end) for name in names if not name.rows)
                self.heard.cues.append(cue)
                return cue.end
            name = self.names.bare(n) or self._guess_praised(n)
            if name:
                names.append(name)
            elif self.message.words[n] not in JOINERS | {"the"}:
                break
            n = name.end if name else n + 1
        return sentence.start

    def _guess_praised(self, n: int) -> Name | None:
        """A misspelt or unknown title in capitals, where a sentence may begin with one."""
        end = self.names.runs.end(n)
        if end == n or self.message.words[n] in CHATTER | COMMON or self.names.value_end(n) >= end:
            return None
        return self.guessed.misspelt(n) or Name(n, end, ())

    def _step(self, n: int) -> int:
        """Read what begins at word `n`; returns where to go on."""
        if self.message.tokens[n].quote:
            return self._read_quotation(n)
        name = self.names.at(n, Context(self.role, self.is_object))
        if name:
            return self._take(self._longer(name) or name)
        place = place_at(self.message, n, self.shown, self.is_object or self.role in _STICKY)
        if place:
            self.heard.missing_places += not place.ids
            self._add(Mention(place.start, place.end, place.ids, self._said_of(), is_place=True))
            return place.end
        cue = ROLE_CUES.at(self.message.words, n, self.message.cuts) or self._like_at(n)
        return self._follow(cue) if cue and not self._holds_name(cue) else self._read_object(n)

    def _holds_name(self, cue: Cue) -> bool:
        """Whether a title begins inside a phrase: "What year is Bad Boys from?" calls nothing bad."""
        inside = range(cue.start + 1, cue.end)
        names = (self.names.at(n, Context("ask", True)) for n in inside)
        return any(name is not None and name.end > cue.end for name in names)

    def _like_at(self, n: int) -> Cue | None:
        """The word "like": a verb after somebody, else a comparison."""
        if self.message.words[n] != "like":
            return None
        before = n - 1
        while before >= 0 and self.message.words[before] in ADVERBS:
            before -= 1
        is_verb = before >= 0 and not self.message.ends(n) and self.message.words[before] in _SUBJECTS
        return Cue("like" if is_verb else "pattern", n, n + 1)

    def _follow(self, cue: Cue) -> int:
        """Take the role that a phrase gives to what is named next, or to what a pronoun after it stands for."""
        if cue.label in _JUDGED_AFTER:
            self._judge_last(_JUDGED_AFTER[cue.label], cue)
            return cue.end
        spoken_to = cue.start > 0 and self.message.words[cue.start - 1] == "you"
        if self.role in _STICKY and (spoken_to or cue.label not in JUDGING | {"than", "why", "compare"}):
            self.is_object = True
            return cue.end
        self.heard.cues.append(cue)
        self.before_than = self.role if cue.label == "than" else None
        self.role, self.cue, self.is_object, self.is_negated = cue.label, cue, True, False
        return self._follow_pronoun(cue) or cue.end

    def _follow_pronoun(self, cue: Cue) -> int:
        """Apply a verb of liking to what "it" or "them" stands for; 0 where no pronoun follows."""
        words, n = self.message.words, cue.end
        pronoun = PRONOUN_CUES.at(words, n, self.message.cuts) if n < len(words) and not self.message.ends(n) else None
        if cue.label not in JUDGING or not pronoun or self.names.at(n, Context(cue.label, True)):
            return 0
        if pronoun.end < len(words) and words[pronoun.end] in NOUNS and not self.message.ends(pronoun.end):
            return 0
        ids = self._meant_by(pronoun, cue.label)
        if ids:
            self._add(Mention(n, pronoun.end, ids, cue.label, is_place=True))
        return pronoun.end

    def _told_last(self, label: str) -> tuple[str, ...]:
        """What "it" is where the message names nothing: the item that was told of last, in another way than now."""
        told = self.told
        earlier = (told.liked, told.seen) if label == "dislike" else (told.seen, told.disliked)
        return next((each[-1:] for each in earlier if each), ())

    def _meant_by(self, pronoun: Cue, label: str) -> tuple[str, ...]:
        named = [mention for mention in self.heard.mentions if mention.ids]
        if not named:
            if pronoun.label == "one" and self.message.words[pronoun.start] in ("it", "that"):
                return self._told_last(label) if self.names.runs.is_cut(pronoun.end) else ()
            return tuple(self.shown) if self.message.words[pronoun.start] not in ("both", "either", "this") else ()
        if pronoun.label == "one":
            return named[-1].ids
        last = self.message.tokens[named[-1].start].sentence
        return tuple(i for each in named if self.message.tokens[each.start].sentence == last for i in each.ids)

    def _judge_last(self, role: str, cue: Cue) -> None:
        """Give a role to items that have none yet: "Titanic, though, was awful", "I saw Heat. It was great"."""
        self.heard.cues.append(cue)
        sentence = self.message.tokens[cue.start].sentence
        if self.message.words[cue.start - 1] in ("it", "they", "that", "both") and self.heard.mentions and cue.start:
            sentence = self.message.tokens[self.heard.mentions[-1].start].sentence
        for n, mention in enumerate(self.heard.mentions):
            if self.message.tokens[mention.start].sentence == sentence and mention.role in (None, "seen"):
                self.heard.mentions[n] = replace(mention, role=role)

    def _read_object(self, n: int) -> int:
        """A word that is no title and no phrase: a small word before a title, a value, a misspelt or unknown title."""
        word = self.message.words[n]
        if word in _NEGATIVE and "," not in self.message.gap(n + 1):
            self.is_negated = self.is_object = True
            return n + 1
        if not self.is_object and self.role != "ask":
            return n + 1
        if word in LEAD_INS or word in JOINERS or word in ADVERBS or word == "but" or self._is_year_before_name(n):
            return n + 1
        value_end = self.names.value_end(n)
        return value_end if value_end > n else self._guess(n) or self._end_of_objects(n)

    def _longer(self, name: Name) -> Name | None:
        """A longer title with a misspelling of which an exact one is the beginning: "North by Nothwest"."""
        if self.role not in JUDGING or not self.is_object or self.guesses >= _MAX_GUESSES:
            return None
        after = next((n for n in range(name.end, min(name.end + 3, len(self.message))) if self._is_proper(n)), None)
        if after is None or self.names.at(after, Context(self.role, True)):
            return None
        self.guesses += 1
        return self.guessed.longer(name)

    def _is_proper(self, n: int) -> bool:
        return self.names.runs.is_capital(n) and not self.message.ends(n)

    def _is_year_before_name(self, n: int) -> bool:
        """Whether a year stands before the title that it belongs to: "the 1954 Sabrina"."""
        is_year = is_whole(self.message.words[n]) and len(self.message.words[n]) == 4 and not self.message.ends(n + 1)
        return is_year and self.names.at(n + 1, Context(self.role, True)) is not None

    def _guess(self, n: int) -> int:
        """A misspelt or unknown title at word `n`: where it ends, 0 where there is none."""
        word, proper = self.message.words[n], self.names.runs.end(n) > n
        ordinary = word in COMMON or word in CHATTER or self.role == "ask"
        if self.role not in JUDGING | {"ask"} or (ordinary and not proper):
            return 0
        self.guesses += 1
        if self.guesses > _MAX_GUESSES:
            return 0
        name = self.guessed.misspelt(n)
        if name:
            return self._take(name)
        past = self.cue is not None and n == self.cue.end and self.message.words[n - 1] in _PAST
        unknown = self.guessed.unknown(n, past)
        if not unknown:
            return 0
        self.heard.unknown.append((unknown.start, unknown.end))
        self.is_object = proper
        return unknown.end

    def _end_of_objects(self, n: int) -> int:
        self.is_object = self.is_negated = False
        if self.role == "than":
            self.role = self.before_than
        return n + 1

    def _read_quotation(self, n: int) -> int:
        """A quotation is a title or nothing: what others say is no wish."""
        end, name = self.names.quotation_end(n), self.names.quoted(n)
        if name and name.rows:
            return self._take(name)
        if self.is_object and self.role in JUDGING | {"ask"} and end - n <= _LONGEST_QUOTED:
            self.heard.unknown.append((n, end))
        return end

    def _take(self, name: Name) -> int:
        if name.rows:
            self._add(self._mention(name, self._said_of()))
        else:
            self.heard.unknown.append((name.start, name.end))
        if self.role == "than":
            self.role = self.before_than
        self.is_object = True
        return name.end

    def _add(self, mention: Mention) -> None:
        self.heard.mentions.append(mention)
        self.is_negated = False

    def _said_of(self) -> str | None:
        """What is said of an item here: the role, turned round after "not"."""
        if self.is_negated:
            turned = {"like": "dislike", "dislike": None, "seen": None, "unseen": None, "than": "than"}
            return turned.get(self.role or "", "bar")
        return ("ask" if self._is_asked() else None) if self.role == "want" else self.role

    def _is_asked(self) -> bool:
        return self.cue is not None and self.message.tokens[self.cue.start].sentence in self.message.questions

    def _mention(self, name: Name, role: str | None) -> Mention:
        ids = (self.lexicon.catalogue.items[name.rows[0]].item_id,)
        return Mention(name.start, name.end, ids, role, name.rows, name.spelled)
