"""Reasons are made of evidence alone, and the checker refuses everything else."""

import time
from itertools import combinations

import pytest

from agent.constraints import Constraint, State
from agent.explain.checker import faults
from agent.explain.constraint_evidence import met_wishes
from agent.explain.evidence import (
    Evidence,
    FromAttribute,
    FromConstraint,
    FromHistory,
    FromReview,
    Ground,
    Reason,
)
from agent.explain.explainer import explain_list
from agent.explain.plan import Asked
from agent.understanding import understand
from index.data.records import Item, Review
from tests.helpers_talk import DOMAIN, FILMS, LEXICON, explain, explain_fully, film, lexicon

ALIEN, ALIENS, HEAT = (DOMAIN.catalogue.item(i) for i in ("2", "3", "6"))
STAR_WARS = DOMAIN.catalogue.item("1")
MARS_ATTACKS = DOMAIN.catalogue.item("13")
AL_PACINO_AGAIN = DOMAIN.catalogue.item("14")
LIKED = Ground(LEXICON, frozenset(("1", "2")), frozenset(("1", "2")))


def reason(text: str, *evidence: Evidence) -> Reason:
    return Reason(text, evidence or (FromAttribute("categories", "Sci-Fi"),))


@pytest.mark.parametrize("item", FILMS, ids=lambda item: item.item_id)
@pytest.mark.parametrize("message", ["", "something newer than 1990, no horror", "a comedy from the 90s"])
def test_every_reason_passes_the_checker_and_has_evidence(item: Item, message: str) -> None:
    state = understand(message, State(), (), LEXICON).state
    for first, second in combinations(FILMS[:6], 2):
        sources = [each for each in (first, second) if each.item_id != item.item_id]
        ids = frozenset(each.item_id for each in sources)
        ground = Ground(LEXICON, ids, frozenset(sorted(ids)[:1]))
        found = explain_fully(item, state, sources, ground)
        assert found.reason.evidence
        assert faults(found.reason, item, ground, state) == []
        assert found.refused == ()


def test_reason_names_what_was_liked_and_what_is_shared() -> None:
    made = explain(AL_PACINO_AGAIN, State(liked=("6",)), [HEAT], Ground(LEXICON, frozenset("6"), frozenset("6")))
    assert "Heat (1995)" in made.text
    assert "Al Pacino" in made.text
    assert FromHistory("6") in made.evidence
    assert FromAttribute("cast", "Al Pacino") in made.evidence


def test_what_much_of_the_catalogue_has_is_not_told_as_a_link() -> None:
    made = explain(MARS_ATTACKS, State(liked=("1", "2")), [ALIEN], LIKED)  # six of twenty films are science fiction
    assert not any(word in made.text for word in ("too", "shares", "common", "again", "both"))
    assert FromHistory("2") in made.evidence


def test_only_what_is_known_to_be_liked_is_called_liked() -> None:
    had = Ground(LEXICON, frozenset("1"))
    assert "liked" not in explain(ALIENS, State(), [STAR_WARS], had).text
    assert FromHistory("1") in explain(ALIENS, State(), [STAR_WARS], had).evidence


def test_source_that_is_not_of_the_history_or_the_item_itself_is_no_evidence() -> None:
    made = explain(ALIENS, State(), [HEAT, ALIENS], Ground(LEXICON, frozenset(("3",))))
    assert not any(isinstance(each, FromHistory) for each in made.evidence)


def test_wishes_that_the_item_meets_are_evidence_and_others_are_not() -> None:
    state = understand("newer than 1990, no horror, a western", State(), (), LEXICON).state
    texts = [each.text for each in explain(HEAT, state, [], LIKED).evidence if isinstance(each, FromConstraint)]
    assert texts == ["newer than 1990", "no horror"]
    assert met_wishes(state, ALIEN) == ()


def test_fields_that_the_source_does_not_state_are_no_evidence() -> None:
    item = film("x", "Solo", None, director=("Anna Nowak",))
    shelf = lexicon((item,))
    stated = explain(item, State(), [], Ground(shelf))
    joined = explain(item, State(), [], Ground(shelf, enriched_fields=frozenset(("director",))))
    assert stated.evidence == (FromAttribute("director", "Anna Nowak"),)
    assert joined.evidence == (FromAttribute("title", "Solo"),)
    assert "Nowak" not in joined.text


def test_wording_varies_inside_a_list_and_is_the_same_each_time() -> None:
    asked = [Asked(item, [STAR_WARS]) for item in FILMS if item.item_id not in "12"]
    made = [each.reason.text for each in explain_list(asked, State(), LIKED)]
    assert made == [each.reason.text for each in explain_list(asked, State(), LIKED)]
    assert len({text.split("Star Wars")[0] for text in made}) >= 5


@pytest.mark.parametrize(
    "text",
    [
        "You would also enjoy High Noon.",
        "Better than The Shining by far.",
        "As good as “Unforgiven”.",
        "A western at heart.",
        "A comedy in space.",
        "It is from 1983.",
        "It won 3 prizes.",
        "Watched by 90 people.",
        "A film from France.",
    ],
)
def test_names_values_and_numbers_outside_the_evidence_are_refused(text: str) -> None:
    assert faults(reason(text), ALIENS, LIKED, State())


@pytest.mark.parametrize(
    "text",
    [
        "This is sci-fi and action.",
        "Aliens (1986) is science fiction.",
        "It is from 1986, of the 1980s, the 80s.",
        "Unforgiven storms aside, here is action.",  # a word that begins a sentence may be an ordinary one
        "Heat makes it: action.",
        "Some heat and a scream.",
    ],
)
def test_true_sentences_are_not_refused(text: str) -> None:
    assert faults(reason(text), ALIENS, LIKED, State()) == []


@pytest.mark.parametrize(
    "evidence",
    [
        FromHistory("6"),
        FromHistory("3"),
        FromHistory("no such item"),
        FromAttribute("categories", "Western"),
        FromAttribute("year", 1987),
        FromAttribute("mood", "dark"),
        FromConstraint("newer than 1990"),
        FromReview("r1", "a masterpiece"),
    ],
)
def test_untrue_evidence_is_refused(evidence: Evidence) -> None:
    assert faults(Reason("This one.", (evidence,)), ALIENS, LIKED, State())


def test_reason_without_evidence_is_refused() -> None:
    assert faults(Reason("This one.", ()), ALIENS, LIKED, State())


def test_quote_of_a_review_of_the_item_itself_is_evidence() -> None:
    reviews = {"r1": Review("r1", "3", "a loud masterpiece"), "r2": Review("r2", "6", "a loud masterpiece")}
    ground = Ground(LEXICON, reviews=reviews)
    assert faults(Reason("“loud masterpiece”", (FromReview("r1", "loud masterpiece"),)), ALIENS, ground, State()) == []
    assert faults(Reason("“loud masterpiece”", (FromReview("r2", "loud masterpiece"),)), ALIENS, ground, State())


def test_reason_that_would_name_another_title_gives_way_to_a_plainer_one() -> None:
    shelf = (film("a", "One", 1990, "Night Train"), film("b", "night train", 1991, "Day"))
    ground = Ground(lexicon(shelf))
    found = explain_fully(shelf[0], State(), [], ground)
    assert found.refused
    assert faults(found.reason, shelf[0], ground, State()) == []
    assert "night train" not in found.reason.text


def test_wish_about_a_title_is_never_evidence() -> None:
    state = State(must_not=(Constraint("title", "=", "Heat (1995)"),))
    assert met_wishes(state, ALIEN) == ()


def test_names_that_are_markup_or_control_marks_stay_plain_text() -> None:
    odd = film("o", "Odd\u202e\x07 Film", 1986, "Sci-Fi")
    ground = Ground(lexicon((odd, ALIENS)), frozenset("o"), frozenset("o"))
    assert not set(explain(ALIENS, State(liked=("o",)), [odd], ground).text) & set("\u202e\x07")


def test_ten_reasons_are_made_and_checked_quickly() -> None:
    began = time.perf_counter()
    for item in FILMS[5:15]:
        explain(item, State(liked=("1", "2")), [STAR_WARS, ALIEN], LIKED)
    assert time.perf_counter() - began < 0.2
