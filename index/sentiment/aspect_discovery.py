"""Finds the aspects of a domain in its reviews: nouns that opinions are about, grouped by what they mean.

A noun is an aspect where opinions stand beside it ("great sound", "the sound is great"), as Hu and Liu found features
of products (KDD 2004), and where it is no name of the things themselves ("this guitar") or of what one has beside them
("my amp"). Nothing but the reviews decides, and a list of nouns that are aspects of nothing ("thing", "year", "son").
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from index.progress import progress
from index.sentiment.aspects import Aspect, Aspects
from index.sentiment.generic_nouns import GENERIC_NOUNS, PEOPLE
from index.sentiment.nouns import Token, opinion_words, singular, tag_words
from index.sentiment.sentences import split_sentences
from index.types import Floats

MAX_ASPECTS = 60  # of one domain
MAX_FORMS = 240  # nouns and pairs of nouns that are grouped
MIN_REVIEWS, MIN_SHARE = 3, 0.004  # in so many of the reviews, and in such a share of them, an aspect is talked about
MIN_NOUN = 0.5  # share of a word's uses in which it is a noun: below it "use" and "play" are verbs
MIN_OPINION = 0.04  # share of a noun's uses with an opinion beside it
MAX_THIS = 0.2  # share of a noun's uses after "this": from here on it is what was bought, and no side of it
MAX_MY = 0.15  # share of a noun's uses after "my": from here on it is what one has beside what was bought
MAX_CAPITAL = 0.5  # share of a noun's uses with a capital inside a sentence: from here on it is a brand
OWNERS = frozenset(("my", "your", "his", "her", "our", "their"))
MIN_PAIR = 0.1  # share of the uses of the rarer of two nouns in which they stand as a pair: "build quality"
MIN_COSINE = 0.65  # of two forms of one aspect; below it "sound" and "battery" are one
_LINKING = "is was are were seems seemed sounds sounded feels felt looks looked works worked be been"
LINKS = frozenset(_LINKING.split())
NEAR = 4  # words between a noun and an opinion of it behind "is"

Encode = Callable[[Sequence[str]], Floats]


@dataclass
class _Uses:
    """How often a noun or a pair is used: in how many reviews, at all, beside an opinion, after "this" and "my"."""

    reviews: int = 0
    n: int = 0
    with_opinion: int = 0
    after_this: int = 0
    after_my: int = 0
    capital: int = 0
    spelled: Counter[str] = field(default_factory=Counter)


@dataclass
class _Counts:
    """The uses of all nouns, by their singulars, and of all words whatever part of speech they are."""

    n_reviews: int = 0
    nouns: dict[str, _Uses] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)


def discover_aspects(texts: Sequence[str], encode: Encode) -> Aspects:
    """The aspects of reviews, that with the most opinions first, at most MAX_ASPECTS; none of reviews that have none.

    `encode` gives vectors of length one. The same texts in the same order give the same aspects.
    """
    counts = _count(progress(texts, f"reading {len(texts):,} reviews for their aspects"))
    forms = _select(counts)
    if not forms:
        return Aspects()
    groups = _group(forms, counts, encode(forms))
    ranked = sorted(groups, key=lambda group: (-sum(counts.nouns[form].with_opinion for form in group), group[0]))
    return Aspects(tuple(_aspect(group, counts) for group in ranked[:MAX_ASPECTS]))


def _count(texts: Iterable[str]) -> _Counts:
    counts = _Counts()
    for text in texts:
        counts.n_reviews += 1
        seen: set[str] = set()
        for sentence in split_sentences(text):
            _count_sentence(tag_words(sentence.of(text)), counts, seen)
        for noun in seen:
            counts.nouns[noun].reviews += 1
    return counts


def _count_sentence(tokens: Sequence[Token], counts: _Counts, seen: set[str]) -> None:
    words = [token.word.casefold() for token in tokens]
    opinions = [word in opinion_words() for word in words]
    for n, token in enumerate(tokens):
        counts.words[singular(token.word)] += 1
        if not token.is_noun:
            continue
        for start in {_first_of_pair(tokens, opinions, n), n}:
            noun = " ".join((*words[start:n], singular(token.word)))
            uses = counts.nouns.setdefault(noun, _Uses())
            seen.add(noun)
            uses.n += 1
            uses.spelled[" ".join(words[start : n + 1])] += 1
            uses.with_opinion += _has_opinion(words, opinions, start, n)
            before = words[max(0, start - 2) : start]
            uses.after_this += any(word in ("this", "these") for word in before)
            uses.after_my += any(word in OWNERS for word in before)
            uses.capital += n > 0 and token.word[0].isupper()


def _first_of_pair(tokens: Sequence[Token], opinions: Sequence[bool], n: int) -> int:
    """Where a pair of nouns begins that ends at the `n`-th word; `n` where none does. In "the build quality" the
    tagger takes "build" for a verb, which does not stand between an article and a noun.
    """
    first = n - 1
    if first < 0 or opinions[first] or not tokens[first].word.isalpha():
        return n
    is_verb = tokens[first].tag == "VB" and first > 0 and tokens[first - 1].tag in ("DT", "JJ", "PRP$")
    return first if tokens[first].is_noun or is_verb else n


def _has_opinion(words: Sequence[str], opinions: Sequence[bool], start: int, end: int) -> bool:
    """Whether an opinion stands right before a noun, or behind a form of "to be" after it."""
    if any(opinions[max(0, start - 2) : start]):
        return True
    return words[end + 1 : end + 2] != [] and words[end + 1] in LINKS and any(opinions[end + 2 : end + 2 + NEAR])


def _select(counts: _Counts) -> list[str]:
    """The nouns and pairs that may be aspects, those with the most opinions first."""
    bound = max(MIN_REVIEWS, MIN_SHARE * counts.n_reviews)
    kept = [noun for noun, uses in counts.nouns.items() if uses.reviews >= bound and _is_aspect(noun, uses, counts)]
    kept.sort(key=lambda noun: (-counts.nouns[noun].with_opinion, noun))
    return kept[:MAX_FORMS]


def _is_aspect(noun: str, uses: _Uses, counts: _Counts) -> bool:
    words = noun.split()
    if any(len(word) < 3 or "'" in word for word in words) or GENERIC_NOUNS.issuperset(words) or words[-1] in PEOPLE:
        return False  # "battery life" and "customer service" are aspects though one of their words is generic
    if uses.with_opinion < MIN_OPINION * uses.n:
        return False
    if uses.after_this > MAX_THIS * uses.n or uses.after_my > MAX_MY * uses.n or uses.capital > MAX_CAPITAL * uses.n:
        return False
    if len(words) > 1:
        return uses.n >= MIN_PAIR * min(counts.nouns[words[-1]].n, counts.words[words[0]])
    return uses.n >= MIN_NOUN * counts.words[noun]


def _group(forms: Sequence[str], counts: _Counts, vectors: Floats) -> list[list[str]]:
    """Forms of one meaning as one group: each joins the group whose first, commonest form is nearest, or begins one."""
    order = sorted(range(len(forms)), key=lambda n: (-counts.nouns[forms[n]].reviews, forms[n]))
    groups: list[list[int]] = []
    for n in order:
        own = _specific_word(forms[n])
        same = next((group for group in groups if own in [forms[each] for each in group]), None)
        if same is not None:
            same.append(n)
            continue
        cosines = [float(vectors[group[0]] @ vectors[n]) for group in groups]
        best = int(np.argmax(cosines)) if cosines else -1
        if best >= 0 and cosines[best] >= MIN_COSINE:
            groups[best].append(n)
        else:
            groups.append([n])
    return [[forms[n] for n in group] for group in groups]


def _specific_word(form: str) -> str:
    """The first word of a pair whose second is generic: "battery life" is the battery's; "" of any other form."""
    first, _, last = form.partition(" ")
    return first if last in GENERIC_NOUNS else ""


def _aspect(group: Sequence[str], counts: _Counts) -> Aspect:
    """An aspect named by the commonest spelling of its first form; singular and plural of each are its forms."""
    spelled = [counts.nouns[form].spelled for form in group]
    name = min(spelled[0], key=lambda each: (-spelled[0][each], each))
    forms = {form for form in group} | {each for counter in spelled for each in counter}
    return Aspect(name, tuple(sorted(forms)))
