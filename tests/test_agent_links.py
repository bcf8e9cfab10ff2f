"""Links and plans: the strongest true link first, nothing that much of a catalogue has, ten items ten things."""

import numpy as np
import pytest

from agent.constraints import State
from agent.explain.checker import faults
from agent.explain.evidence import FromAttribute, FromHistory, Ground, Reason
from agent.explain.explainer import explain_list
from agent.explain.links import find_links
from agent.explain.plan import Asked, Planner
from agent.explain.shared_users import MIN_BOTH, Pair, SharedUsers, UsersOfItems
from agent.explain.value_shares import ValueShares
from agent.understanding import lexicon_of
from index.data.domain import Catalogue, Domain, Histories
from index.data.records import History
from tests.helpers_talk import film

FILMS = (
    film("a", "Alpha", 1990, "Drama", director=("Ann Lee",)),
    film("b", "Beta", 1991, "Drama", director=("Ann Lee",)),
    film("c", "Gamma", 1992, "Drama", "Musical"),
    film("d", "Delta", 1993, "Drama", "Musical"),
    *(film(f"x{n}", f"Filler {n}", 1950 + n, "Drama", director=(f"Dir {chr(65 + n)}",)) for n in range(36)),
)
LIKERS, OTHERS = 20, 60


def domain_of(values: tuple[float, ...] = (5.0, 2.0)) -> Domain:
    """Twenty users who like Alpha and Gamma, sixty who rate other films; `values` of what is liked, of what is not."""
    liked, other = values
    histories = [_history((0, 2), (liked, liked)) for _ in range(LIKERS)]
    histories += [_history((4 + n % 36, 5 + n % 30), (liked, other)) for n in range(OTHERS)]
    users = tuple(f"u{n}" for n in range(len(histories)))
    return Domain("films", Catalogue(FILMS), Histories.of(users, histories), "0" * 64)


def _history(rows: tuple[int, ...], values: tuple[float, ...]) -> History:
    return History(np.array(rows, np.int64), np.array(values, np.float32))


def ground_of(domain: Domain, *known: str, liked: bool = True) -> Ground:
    ids = frozenset(known)
    return Ground(lexicon_of(domain), ids, ids if liked else frozenset(), users=UsersOfItems.of(domain))


DOMAIN = domain_of()
A, B, C, D = FILMS[:4]


def test_shared_director_is_told_before_users_in_common_and_these_before_a_genre() -> None:
    ground = ground_of(DOMAIN, "a", "c")
    assert find_links(B, A, ground)[0].kind == "value"
    assert find_links(C, A, ground)[0].relation == "most like both"
    assert find_links(D, C, ground)[0].kind == "categories"


def test_what_nothing_connects_has_the_link_that_claims_nothing() -> None:
    assert [link.kind for link in find_links(FILMS[10], A, ground_of(DOMAIN, "a"))] == ["none"]


def test_users_in_common_are_had_not_liked_where_events_tell_of_no_liking() -> None:
    assert find_links(C, A, ground_of(domain_of((1.0, 1.0)), "a"))[0].relation == "most have both"


@pytest.mark.parametrize(
    ("pair", "telling", "most"),
    [
        (Pair(20, 20, 20, 80), True, True),
        (Pair(MIN_BOTH - 1, 5, 5, 1000), False, False),  # too few to say anything
        (Pair(25, 100, 250, 1000), False, False),  # what chance gives
        (Pair(30, 100, 100, 1000), True, False),
    ],
)
def test_a_pair_tells_something_only_beyond_chance(pair: Pair, telling: bool, most: bool) -> None:
    assert (pair.is_telling, pair.is_most) == (telling, most)


def test_a_user_with_many_events_of_an_item_counts_once() -> None:
    domain = Domain("d", Catalogue(FILMS), Histories.of(("u",), [_history((0, 0, 1), (5, 5, 5))]), "0" * 64)
    assert SharedUsers.of(domain, np.ones(3, bool)).pair(0, 1) == Pair(1, 1, 1, 1)


def test_shares_count_items_and_those_that_have_all_categories() -> None:
    shares = ValueShares(Catalogue(FILMS))
    assert shares.share("director", "Ann Lee") == pytest.approx(2 / 40)
    assert shares.share_of_all(frozenset(("Drama", "Musical"))) == pytest.approx(2 / 40)
    assert shares.share("categories", "Drama") == 1
    assert shares.share("director", "Nobody") == 0


def test_a_claim_about_other_users_needs_evidence_of_them() -> None:
    ground = ground_of(DOMAIN, "a")
    backed = FromHistory("a", "liked together")
    text = "People who liked Alpha (1990), as you did, like this more often than others do."
    assert faults(Reason(text, (backed,)), C, ground, State()) == []
    assert faults(Reason(text, (FromHistory("a"),)), C, ground, State())
    assert faults(Reason(text, (backed,)), D, ground, State())  # nobody has both
    assert faults(Reason("Most people liked it.", (backed,)), C, ground, State())
    assert faults(Reason("Most people liked it.", (FromHistory("a", "most like both"),)), C, ground, State()) == []


def test_relation_stands_in_the_json_where_there_is_one() -> None:
    assert FromHistory("a").as_json() == {"kind": "history", "item_id": "a"}
    assert FromHistory("a", "had together").as_json()["relation"] == "had together"


def test_a_list_does_not_say_the_same_of_one_source_ten_times() -> None:
    ground = ground_of(DOMAIN, "a", "c")
    asked = [Asked(item, [A, C]) for item in (D, B, *FILMS[10:18])]
    made = explain_list(asked, State(), ground)
    assert len({each.reason.text for each in made}) == len(made)
    assert all(each.refused == () for each in made)
    cited = [e.item_id for each in made for e in each.reason.evidence if isinstance(e, FromHistory)]
    assert set(cited) == {"a", "c"}


def test_only_the_strongest_source_is_said_to_speak_most_for_an_item() -> None:
    planner = Planner(State(), ground_of(DOMAIN, "a", "c"))
    plan = next(iter(planner.plans(Asked(FILMS[10], [A, C]))))
    assert plan.sources == (A,)
    assert [link.kind for link in plan.links] == ["none"]


def test_what_the_source_of_a_domain_does_not_state_is_no_link() -> None:
    ground = ground_of(DOMAIN, "a")
    joined = Ground(ground.lexicon, ground.known, ground.liked, frozenset(("director",)), users=ground.users)
    assert all(link.field != "director" for link in find_links(B, A, joined))


def test_user_without_a_history_gets_the_items_own_values() -> None:
    made = explain_list([Asked(C, [])], State(), ground_of(DOMAIN))[0].reason
    assert FromAttribute("categories", "Musical") in made.evidence
