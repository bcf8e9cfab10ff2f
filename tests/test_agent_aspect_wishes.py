"""Wishes for aspects: what a message wants of them, and that no item that reviews speak ill of breaks a hard one."""

from dataclasses import replace

import pytest

from agent.constraints import Constraint, State, holds
from agent.filters import allowed_rows
from agent.language.constraint_text import describe_wish
from agent.understanding import lexicon_of, understand
from agent.understanding.aspect_wishes import GOOD_SCORE
from index.data.domain import Domain
from index.data.records import Item
from tests.helpers_small import domain_of, things, walks

FORMS = {"sound": "sound", "sounds": "sound", "sound quality": "sound", "battery": "battery", "battery life": "battery"}
GOOD_SOUND = Constraint("aspect:sound", ">=", GOOD_SCORE)


@pytest.fixture(scope="module")
def domain() -> Domain:
    """Forty things; of the first two reviews tell."""
    made = domain_of(walks(), things())
    told = ({"sound": 0.8, "battery": -0.9}, {"sound": -0.4})
    items = tuple(replace(item, aspects=about) for item, about in zip(made.catalogue.items, told, strict=False))
    every = (*items, *made.catalogue.items[2:])
    return replace(made, catalogue=replace(made.catalogue, items=every, aspect_forms=FORMS))


def state_of(text: str, domain: Domain) -> State:
    return understand(text, State(), (), lexicon_of(domain)).state


@pytest.mark.parametrize("text", ["something with good sound", "I want really great sound quality", "with nice sounds"])
def test_praise_of_an_aspect_is_a_soft_wish(text: str, domain: Domain) -> None:
    state = state_of(text, domain)
    assert GOOD_SOUND in state.prefer and not state.must


@pytest.mark.parametrize(
    "text", ["it must have good sound", "the sound must be great", "it needs excellent sound quality"]
)
def test_what_must_be_is_hard(text: str, domain: Domain) -> None:
    assert GOOD_SOUND in state_of(text, domain).must


def test_what_must_not_be_bad_is_hard_too(domain: Domain) -> None:
    state = state_of("good sound, and no bad battery life please", domain)
    assert Constraint("aspect:battery", ">=", -GOOD_SCORE) in state.must
    assert GOOD_SOUND in state.prefer


@pytest.mark.parametrize(
    "text",
    [
        "it must not break",
        "good sound, and it must not break",
        "it shouldn't fall apart",
        "nothing that breaks, please",
        "it must never snap",
    ],
)
def test_what_must_not_break_is_not_what_reviews_find_badly_made(text: str, domain: Domain) -> None:
    forms = {**FORMS, "quality": "quality", "construction": "construction"}
    known = replace(domain, catalogue=replace(domain.catalogue, aspect_forms=forms))
    assert Constraint("aspect:construction", ">=", -GOOD_SCORE) in state_of(text, known).must
    assert "construction" not in str(state_of(text, domain))


@pytest.mark.parametrize(
    "text", ["my last one did break", "it fell apart", "I do not come often", "never mind", "no tears"]
)
def test_a_failure_that_is_told_is_no_wish(text: str, domain: Domain) -> None:
    known = replace(domain, catalogue=replace(domain.catalogue, aspect_forms={**FORMS, "quality": "quality"}))
    state = state_of(text, known)
    assert not [wish for wish in (*state.must, *state.prefer, *state.must_not) if "quality" in str(wish)]


@pytest.mark.parametrize("text", ["the sound of music", "a film about sound", "batteries", "good evening", ""])
def test_an_aspect_of_which_nothing_is_said_is_no_wish(text: str, domain: Domain) -> None:
    state = state_of(text, domain)
    assert not [wish for wish in (*state.must, *state.prefer, *state.must_not) if "aspect" in str(wish)]


def test_only_items_of_which_reviews_say_it_satisfy_a_wish(domain: Domain) -> None:
    assert [holds(GOOD_SOUND, item) for item in domain.catalogue.items[:3]] == [True, False, False]
    allowed = allowed_rows(State(must=(GOOD_SOUND,)), domain.catalogue, (), 1)
    assert allowed.mask.nonzero()[0].tolist() == [0] and not allowed.relaxed


def test_where_no_item_is_good_in_it_the_wish_is_given_up_and_that_is_said(domain: Domain) -> None:
    wish = Constraint("aspect:battery", ">=", GOOD_SCORE)
    allowed = allowed_rows(State(must=(wish,)), domain.catalogue, (), 1)
    assert [each.wish for each in allowed.relaxed] == [wish]
    assert "battery" in allowed.relaxed[0].because


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (GOOD_SOUND, "good sound"),
        (Constraint("aspect:battery", ">=", -0.15), "no bad battery"),
        (Constraint("aspect:battery", "<", -0.15), "bad battery"),
    ],
)
def test_a_wish_for_an_aspect_is_said_in_words(wish: Constraint, words: str) -> None:
    assert describe_wish(wish) == words


def test_what_reviews_say_is_no_attribute_of_an_item() -> None:
    item = Item("1", "A", aspects={"sound": 0.5})
    assert item.value("aspect:sound") == 0.5 and item.value("sound") is None and item.value("aspect:x") is None
    assert not item.attributes
