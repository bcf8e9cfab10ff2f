"""Aspects: which nouns of reviews become aspects, how they are grouped and named, and how mentions are found again."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentiment.aspect_discovery import MAX_ASPECTS, discover_aspects
from index.sentiment.aspects import Aspect, Aspects
from index.sentiment.nouns import opinion_words, singular, tag_words
from index.types import Floats
from tests.helpers_index import HashingEncoder

REVIEWS = [
    "The sound is great and the price is fair.",
    "Great sound, awful battery. My son loves this thing.",
    "The build quality is bad. The battery is terrible.",
    "Excellent build quality, good sound for the price.",
    "A great guitar. This guitar is great, this guitar is my best guitar.",
    "Great strings. The strings are bright. The string broke after a year.",
    "It is a great thing, a great product, a wonderful year, and a lot of fun.",
    "Behringer makes a good Behringer. The Behringer is great.",
    "Good strings, good price, great battery.",
    "I use great sound. Awful build quality and terrible strings.",
]


def encode(forms: Sequence[str]) -> Floats:
    return HashingEncoder().encode(forms)


def found(reviews: Sequence[str] = REVIEWS) -> Aspects:
    return discover_aspects(list(reviews), encode)


def test_what_opinions_are_about_is_an_aspect_by_its_commonest_form() -> None:
    assert {"sound", "price", "battery", "strings"} <= set(found().names)
    assert any("build quality" in each.forms for each in found().aspects)
    strings = next(each for each in found().aspects if each.name == "strings")
    assert {"string", "strings"} <= set(strings.forms)


@pytest.mark.parametrize("noun", ["thing", "year", "lot", "son", "product", "great", "guitar", "behringer", "fun"])
def test_people_times_amounts_opinions_brands_and_the_thing_itself_are_none(noun: str) -> None:
    forms = {form.casefold() for each in found().aspects for form in each.forms}
    assert noun not in forms


def test_the_same_reviews_give_the_same_aspects_and_each_form_belongs_to_one() -> None:
    assert found() == found()
    forms = [form for each in found().aspects for form in each.forms]
    assert len(forms) == len(set(forms))


def test_what_means_the_same_is_one_aspect() -> None:
    near = np.eye(8, dtype=np.float32)

    def alike(forms: Sequence[str]) -> Floats:
        place = {"price": 0, "cost": 0}
        return near[[place.get(form, 1 + n % 7) for n, form in enumerate(forms)]]

    reviews = [*REVIEWS, *["The price is great."] * 2, *["The cost is great."] * 3]
    together = next(each for each in discover_aspects(reviews, alike).aspects if "cost" in each.forms)
    assert together.name == "price"


@pytest.mark.parametrize("reviews", [[], [""], ["!!! 123"], ["it is, it was"], ["よかった"] * 9])
def test_reviews_without_nouns_have_no_aspects(reviews: list[str]) -> None:
    assert len(found(reviews)) == 0


def test_there_are_never_more_aspects_than_are_wanted() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    nouns = [f"{a}{b}{a}zment" for a in letters for b in letters[:6]]
    reviews = [f"The {noun} is great. A good {noun}." for noun in nouns for _ in range(5)]
    assert len(discover_aspects(reviews, encode)) <= MAX_ASPECTS


# --- mentions ---------------------------------------------------------------

SOME = Aspects((Aspect("quality", ("quality", "build quality", "sound quality")), Aspect("sound", ("sound", "sounds"))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Build Quality is fine", [(0, "Build Quality")]),
        ("SOUND quality, and quality sound.", [(0, "SOUND quality"), (0, "quality"), (1, "sound")]),
        ("It sounds fine", [(1, "sounds")]),
        ("soundness, unsound, sound-proof", []),
        ("sound", [(1, "sound")]),
        ("", []),
        ("build", []),
    ],
)
def test_a_mention_is_found_by_whole_words_the_longest_form_first(text: str, expected: list[tuple[int, str]]) -> None:
    assert [(each.aspect, each.span.of(text)) for each in SOME.occurrences(text)] == expected


@given(text=st.text(alphabet="sound quality.,'-SQ\u2019\n", max_size=80))
def test_mentions_do_not_overlap_and_stand_in_their_order(text: str) -> None:
    spans = [each.span for each in SOME.occurrences(text)]
    assert all(a.end <= b.start for a, b in pairwise(spans))


# --- nouns ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plural", "expected"),
    [("strings", "string"), ("Batteries", "battery"), ("bass", "bass"), ("glass", "glass"), ("gas", "gas")],
)
def test_a_plural_has_a_singular_and_what_only_looks_like_one_stays(plural: str, expected: str) -> None:
    assert singular(plural) == expected


def test_words_are_tagged_and_opinions_known() -> None:
    assert [token.word for token in tag_words("The battery lasts.") if token.is_noun] == ["battery"]
    assert tag_words("") == []
    assert {"great", "awful", "easy"} <= opinion_words() and "battery" not in opinion_words()
