"""Parses a message from left to right: which items it names, and what it says of each of them."""

from collections.abc import Sequence
from dataclasses import replace

from agent.constraints import State
from agent.language.common_words import CHATTER, COMMON, JOINERS, LEAD_INS, NOUNS
from agent.language.intent_phrases import QUESTIONS
from agent.language.opinion_phrases import OPINIONS, PRONOUNS
from agent.language.phrases import ADVERBS, Cue, Phrases
from agent.language.word_lists import word_set
from agent.numbers import is_whole
from agent.understanding.inexact_titles import MisspeltTitles
from agent.understanding.lexicon import Lexicon
from agent.understanding.list_positions import position_at
from agent.understanding.mentions import OPINION_ROLES, Mention, ParsedMentions
from agent.understanding.message import Message
from agent.understanding.title_mentions import TitleContext, TitleFinder, TitleMatch

ROLE_CUES, QUESTION_CUES, PRONOUN_CUES = Phrases(OPINIONS), Phrases(QUESTIONS), Phrases(PRONOUNS)
_STICKY = frozenset(("ask", "why", "compare"))
_NEGATIVE = word_set("not no except without excluding nor")
_SUBJECTS = word_set("i we they she he you who people do did to would ive weve and friends")
_PAST = word_set("liked loved enjoyed adored hated disliked seen watched saw")
_OPENINGS = word_set("so and hey ok okay but well hi hello")
_POLITE = word_set("the a please thanks maybe hi hello")
_JUDGED_AFTER = {"after": "like", "after-bad": "dislike"}
_MAX_QUOTED_WORDS = 8  # words of a quotation that may be a title
_MAX_SEARCHES = 16  # for misspelt titles in one message


class MentionParser:
    """Parses one message; `shown` are the ids of the list that the user sees, `state` is that before the message."""

    def __init__(self, message: Message, lexicon: Lexicon, shown: Sequence[str], state: State | None = None) -> None:
        self.message, self.lexicon, self.shown, self.state = message, lexicon, shown, state or State()
        self.titles = TitleFinder(message, lexicon)
        self.misspelt = MisspeltTitles(self.titles)
        self.parsed = ParsedMentions()
        self.role: str | None = None  # what is said of the item that is named next
        self.role_before_than: str | None = None
        self.is_object = self.is_negated = False
        self.cue: Cue | None = None  # the phrase that gave the role
        self.n_searches = 0  # for misspelt titles

    def parse(self) -> ParsedMentions:
        """All that is named in the message."""
        for sentence in self.message.sentences:
            if not self._parse_bare_titles(sentence):
                self._parse_sentence(sentence)
        return self.parsed

    def _parse_bare_titles(self, sentence: range) -> bool:
        """Parse a sentence of titles alone: liked, or disliked or seen as those before; False if it is none."""
        names: list[TitleMatch] = []
        n = sentence.start
        while n < sentence.stop:
            name = self.titles.quoted(n) if self.message.tokens[n].quote else self.titles.bare(n)
            if name and name.rows and name.end <= sentence.stop:
                names.append(name)
                n = name.end
            elif self.message.words[n] in JOINERS | _POLITE:
                n += 1
            else:
                return False
        role = self.role if self.role in ("dislike", "seen") else "like"
        self.parsed.mentions.extend(self._mention(name, role) for name in names)
        return bool(names)

    def _parse_sentence(self, sentence: range) -> None:
        self.role, self.is_object, self.is_negated, self.cue = None, False, False, None
        self._begin_question(sentence)
        n = self._parse_praised_titles(sentence)
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

    def _parse_praised_titles(self, sentence: range) -> int:
        """Parse titles that begin a sentence before praise or blame: "Heat was great"; returns where to go on."""
        names: list[TitleMatch] = []
        n = sentence.start
        while n < sentence.stop:
            cue = ROLE_CUES.at(self.message.words, n, self.message.cuts)
            is_name = any(name.rows or name.end > name.start + 1 for name in names)
            if is_name and cue and cue.label in _JUDGED_AFTER and not self._holds_title(cue):
                self.parsed.mentions.extend(
                    self._mention(name, _JUDGED_AFTER[cue.label]) for name in names if name.rows
                )
                self.parsed.unknown.extend((name.start, name.end) for name in names if not name.rows)
                self.parsed.cues.append(cue)
                return cue.end
            name = self.titles.bare(n) or self._find_unlisted_title(n)
            if name:
                names.append(name)
            elif self.message.words[n] not in JOINERS | {"the"}:
                break
            n = name.end if name else n + 1
        return sentence.start

    def _find_unlisted_title(self, n: int) -> TitleMatch | None:
        """A misspelt or unknown title in capitals that begins at word `n`."""
        end = self.titles.capitals.end(n)
        if end == n or self.message.words[n] in CHATTER | COMMON or self.titles.value_end(n) >= end:
            return None
        return self.misspelt.misspelt(n) or TitleMatch(n, end, ())

    def _step(self, n: int) -> int:
        """Parse what begins at word `n`; returns where to go on."""
        if self.message.tokens[n].quote:
            return self._parse_quotation(n)
        name = self.titles.at(n, TitleContext(self.role, self.is_object))
        if name:
            return self._add_title(self._find_longer_title(name) or name)
        place = position_at(self.message, n, self.shown, self.is_object or self.role in _STICKY)
        if place:
            self.parsed.missing_places += not place.ids
            self._add(Mention(place.start, place.end, place.ids, self._current_role(), is_place=True))
            return place.end
        cue = ROLE_CUES.at(self.message.words, n, self.message.cuts) or self._find_like(n)
        return self._apply_cue(cue) if cue and not self._holds_title(cue) else self._parse_object(n)

    def _holds_title(self, cue: Cue) -> bool:
        """Whether a title begins inside a phrase: "What year is Bad Boys from?" calls nothing bad."""
        inside = range(cue.start + 1, cue.end)
        names = (self.titles.at(n, TitleContext("ask", True)) for n in inside)
        return any(name is not None and name.end > cue.end for name in names)

    def _find_like(self, n: int) -> Cue | None:
        """The word "like" at word `n`: a verb after a subject ("I like"), else a comparison."""
        if self.message.words[n] != "like":
            return None
        before = n - 1
        while before >= 0 and self.message.words[before] in ADVERBS:
            before -= 1
        is_verb = before >= 0 and not self.message.ends(n) and self.message.words[before] in _SUBJECTS
        return Cue("like" if is_verb else "pattern", n, n + 1)

    def _apply_cue(self, cue: Cue) -> int:
        """Give the role of a phrase to what is named next, or to what a pronoun after it stands for."""
        if cue.label in _JUDGED_AFTER:
            self._give_role_to_last(_JUDGED_AFTER[cue.label], cue)
            return cue.end
        spoken_to = cue.start > 0 and self.message.words[cue.start - 1] == "you"
        if self.role in _STICKY and (spoken_to or cue.label not in OPINION_ROLES | {"than", "why", "compare"}):
            self.is_object = True
            return cue.end
        self.parsed.cues.append(cue)
        self.role_before_than = self.role if cue.label == "than" else None
        self.role, self.cue, self.is_object, self.is_negated = cue.label, cue, True, False
        return self._parse_pronoun(cue) or cue.end

    def _parse_pronoun(self, cue: Cue) -> int:
        """Give a role to what "it" or "them" stands for; returns where to go on, 0 where no pronoun follows."""
        words, n = self.message.words, cue.end
        pronoun = PRONOUN_CUES.at(words, n, self.message.cuts) if n < len(words) and not self.message.ends(n) else None
        if cue.label not in OPINION_ROLES or not pronoun or self.titles.at(n, TitleContext(cue.label, True)):
            return 0
        if pronoun.end < len(words) and words[pronoun.end] in NOUNS and not self.message.ends(pronoun.end):
            return 0
        ids = self._ids_of_pronoun(pronoun, cue.label)
        if ids:
            self._add(Mention(n, pronoun.end, ids, cue.label, is_place=True))
        return pronoun.end

    def _last_told(self, label: str) -> tuple[str, ...]:
        """What "it" is where the message names nothing: the item of which something else was said last."""
        state = self.state
        earlier = (state.liked, state.seen) if label == "dislike" else (state.seen, state.disliked)
        return next((each[-1:] for each in earlier if each), ())

    def _ids_of_pronoun(self, pronoun: Cue, label: str) -> tuple[str, ...]:
        named = [mention for mention in self.parsed.mentions if mention.ids]
        if not named:
            if pronoun.label == "one" and self.message.words[pronoun.start] in ("it", "that"):
                return self._last_told(label) if self.titles.capitals.is_cut(pronoun.end) else ()
            return tuple(self.shown) if self.message.words[pronoun.start] not in ("both", "either", "this") else ()
        if pronoun.label == "one":
            return named[-1].ids
        last = self.message.tokens[named[-1].start].sentence
        return tuple(i for each in named if self.message.tokens[each.start].sentence == last for i in each.ids)

    def _give_role_to_last(self, role: str, cue: Cue) -> None:
        """Give a role to items before the phrase: "Titanic, though, was awful", "I saw Heat. It was great"."""
        self.parsed.cues.append(cue)
        sentence = self.message.tokens[cue.start].sentence
        if self.message.words[cue.start - 1] in ("it", "they", "that", "both") and self.parsed.mentions and cue.start:
            sentence = self.message.tokens[self.parsed.mentions[-1].start].sentence
        for n, mention in enumerate(self.parsed.mentions):
            if self.message.tokens[mention.start].sentence == sentence and mention.role in (None, "seen"):
                self.parsed.mentions[n] = replace(mention, role=role)

    def _parse_object(self, n: int) -> int:
        """Parse a word that is no title and no phrase: a small word before a title, a value, an unlisted title."""
        word = self.message.words[n]
        if word in _NEGATIVE and "," not in self.message.gap(n + 1):
            self.is_negated = self.is_object = True
            return n + 1
        if not self.is_object and self.role != "ask":
            return n + 1
        if word in LEAD_INS or word in JOINERS or word in ADVERBS or word == "but" or self._is_year_before_name(n):
            return n + 1
        value_end = self.titles.value_end(n)
        return value_end if value_end > n else self._parse_unlisted_title(n) or self._end_of_objects(n)

    def _find_longer_title(self, name: TitleMatch) -> TitleMatch | None:
        """A longer, misspelt title that begins with an exact one: "North by Nothwest"."""
        if self.role not in OPINION_ROLES or not self.is_object or self.n_searches >= _MAX_SEARCHES:
            return None
        after = next((n for n in range(name.end, min(name.end + 3, len(self.message))) if self._is_proper(n)), None)
        if after is None or self.titles.at(after, TitleContext(self.role, True)):
            return None
        self.n_searches += 1
        return self.misspelt.longer_than(name)

    def _is_proper(self, n: int) -> bool:
        return self.titles.capitals.is_capital(n) and not self.message.ends(n)

    def _is_year_before_name(self, n: int) -> bool:
        """Whether a year stands before the title that it belongs to: "the 1954 Sabrina"."""
        is_year = is_whole(self.message.words[n]) and len(self.message.words[n]) == 4 and not self.message.ends(n + 1)
        return is_year and self.titles.at(n + 1, TitleContext(self.role, True)) is not None

    def _parse_unlisted_title(self, n: int) -> int:
        """Parse a misspelt or unknown title at word `n`; returns where to go on, 0 where there is none."""
        word, proper = self.message.words[n], self.titles.capitals.end(n) > n
        ordinary = word in COMMON or word in CHATTER or self.role == "ask"
        if self.role not in OPINION_ROLES | {"ask"} or (ordinary and not proper):
            return 0
        self.n_searches += 1
        if self.n_searches > _MAX_SEARCHES:
            return 0
        name = self.misspelt.misspelt(n)
        if name:
            return self._add_title(name)
        past = self.cue is not None and n == self.cue.end and self.message.words[n - 1] in _PAST
        unknown = self.misspelt.unknown(n, past)
        if not unknown:
            return 0
        self.parsed.unknown.append((unknown.start, unknown.end))
        self.is_object = proper
        return unknown.end

    def _end_of_objects(self, n: int) -> int:
        self.is_object = self.is_negated = False
        if self.role == "than":
            self.role = self.role_before_than
        return n + 1

    def _parse_quotation(self, n: int) -> int:
        """Parse a quotation, which is a title or nothing: what others say is no wish."""
        end, name = self.titles.quotation_end(n), self.titles.quoted(n)
        if name and name.rows:
            return self._add_title(name)
        if self.is_object and self.role in OPINION_ROLES | {"ask"} and end - n <= _MAX_QUOTED_WORDS:
            self.parsed.unknown.append((n, end))
        return end

    def _add_title(self, name: TitleMatch) -> int:
        if name.rows:
            self._add(self._mention(name, self._current_role()))
        else:
            self.parsed.unknown.append((name.start, name.end))
        if self.role == "than":
            self.role = self.role_before_than
        self.is_object = True
        return name.end

    def _add(self, mention: Mention) -> None:
        self.parsed.mentions.append(mention)
        self.is_negated = False

    def _current_role(self) -> str | None:
        """What is said of an item that is named here: the role, turned round after "not"."""
        if self.is_negated:
            turned = {"like": "dislike", "dislike": None, "seen": None, "unseen": None, "than": "than"}
            return turned.get(self.role or "", "bar")
        return ("ask" if self._is_asked() else None) if self.role == "want" else self.role

    def _is_asked(self) -> bool:
        return self.cue is not None and self.message.tokens[self.cue.start].sentence in self.message.questions

    def _mention(self, name: TitleMatch, role: str | None) -> Mention:
        ids = (self.lexicon.catalogue.items[name.rows[0]].item_id,)
        return Mention(name.start, name.end, ids, role, name.rows, name.is_exact)
