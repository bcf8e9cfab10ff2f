"""The agent's answer to a request: what is never recommended, what always holds, whatever the domain lacks."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from agent.agent import Agent
from agent.constraints import Constraint, Joined, State, holds
from agent.explain.evidence import FromHistory
from agent.recommendation import Reply
from agent.request import Request
from agent.rerank.rankers import UNTUNED
from index.assemble import saved_retriever
from index.build.builder import build_with
from index.build.loading import open_index
from index.data.domain import Domain, Histories
from index.data.records import History
from tests.helpers_index import HashingEncoder
from tests.helpers_small import KINDS, LACKING, N_ITEMS, builder, history, lacking_domain, things, walks, write_domain

NOBODY = history()
BEFORE_1980 = Constraint("year", "<", 1980)
COMEDY, WAR = (Constraint("categories", "=", kind) for kind in (KINDS[0], KINDS[2]))


def opened(domain: Domain, ranker: str = "fusion") -> Agent:
    """An agent with an index that needs no model."""
    build_with(builder(), domain.name)
    return Agent(domain, saved_retriever(open_index(domain, HashingEncoder())), UNTUNED[ranker])


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALATE_HOME", str(tmp_path_factory.mktemp("home")))
        return opened(write_domain(walks()))


def ids(reply: Reply) -> list[str]:
    return [each.item.item_id for each in reply.recommendations]


def known(agent: Agent, user: str = "u0", **wishes: object) -> Request:
    """A request of somebody of the data."""
    shown = agent.domain.history(user)
    assert shown is not None
    return Request(user, State(**wishes), shown)  # type: ignore[arg-type]  # the fields of a state by name


def timeless(reply: Reply) -> dict[str, object]:
    return {**reply.as_json(), "timing_ms": None}


# --- what is never recommended ----------------------------------------------


@pytest.mark.parametrize("k", [1, 10, N_ITEMS, 500])
def test_nothing_that_was_had_judged_or_barred_is_recommended(agent: Agent, k: int) -> None:
    request = known(agent, liked=("i30", "i31"), disliked=("i12",), seen=("i15", "no such item"))
    request = replace(request, k=k, shown=frozenset(("i20", "i21")))
    had = {agent.domain.catalogue.ids[row] for row in request.history.rows}
    barred = had | {"i30", "i31", "i12", "i15", "i20", "i21"}
    found = ids(agent.recommend(request))
    assert len(found) == len(set(found)) == min(k, N_ITEMS - len(barred))
    assert not set(found) & barred


def test_removed_items_are_not_recommended(agent: Agent) -> None:
    catalogue = replace(agent.domain.catalogue, removed=frozenset(("i5", "i6")))
    fewer = replace(
        agent,
        domain=replace(agent.domain, catalogue=catalogue),
        retriever=replace(agent.retriever, catalogue=catalogue),
    )
    assert set(ids(agent.recommend(Request(None, State(), NOBODY, k=99)))) - set(
        ids(fewer.recommend(Request(None, State(), NOBODY, k=99)))
    ) == {"i5", "i6"}


@pytest.mark.parametrize("left", [0, 1, 3])
def test_somebody_who_had_nearly_everything_gets_the_rest(agent: Agent, left: int) -> None:
    rows = np.random.default_rng(3).permutation(N_ITEMS)
    shown = history(*rows[left:], values=[3] * (N_ITEMS - left))
    found = agent.recommend(Request("u0", State(), shown))
    assert set(ids(found)) == {f"i{row}" for row in rows[:left]}
    assert found.relaxed == ()


# --- wishes -----------------------------------------------------------------


@pytest.mark.parametrize("k", [3, 10, 500])
@pytest.mark.parametrize("user", ["u0", None])
def test_hard_wishes_hold_for_every_item(agent: Agent, user: str | None, k: int) -> None:
    barred = Joined("all", (COMEDY, Constraint("year", ">=", 1960)))
    state = State(must=(BEFORE_1980,), must_not=(WAR, barred))
    shown = agent.domain.history(user) if user else NOBODY
    assert shown is not None
    reply = agent.recommend(Request(user, state, shown, k=k))
    fitting = [
        item
        for row, item in enumerate(agent.domain.catalogue.items)
        if holds(BEFORE_1980, item) and not holds(WAR, item) and not holds(barred, item) and row not in shown.rows
    ]
    assert len(reply.recommendations) == min(k, len(fitting))
    assert all(each.item in fitting for each in reply.recommendations)
    assert reply.relaxed == ()


def test_a_wish_that_nothing_meets_gives_way_and_is_told(agent: Agent) -> None:
    reply = agent.recommend(known(agent, must=(COMEDY, Constraint("year", ">", 2090))))
    assert [each.wish for each in reply.relaxed] == [Constraint("year", ">", 2090)]
    assert reply.recommendations
    assert all(holds(COMEDY, each.item) for each in reply.recommendations)


def test_soft_wishes_lift_and_lower(agent: Agent) -> None:
    def share(**wishes: tuple[Constraint, ...]) -> float:
        found = agent.recommend(known(agent, "u0", **wishes)).recommendations
        return float(np.mean([holds(COMEDY, each.item) for each in found]))

    assert share(prefer=(COMEDY,)) > share() > share(avoid=(COMEDY,))


# --- likes and dislikes -----------------------------------------------------


def test_somebody_new_who_likes_something_gets_what_follows_it(agent: Agent) -> None:
    found = ids(agent.recommend(Request(None, State(liked=("i20",)), NOBODY, k=6)))
    assert {"i21", "i22"} <= set(found)


def test_what_is_liked_in_a_talk_is_as_if_it_had_just_been_had(agent: Agent) -> None:
    shown = agent.domain.history("u0")
    assert shown is not None
    assert shown.times is not None
    row = next(row for row in range(N_ITEMS) if row not in shown.rows)
    rows, values, times = (
        np.append(a, b) for a, b in ((shown.rows, row), (shown.values, np.float32(5)), (shown.times, shown.times[-1]))
    )
    had = agent.recommend(Request("u0", State(), History(rows, values, times)))
    liked = agent.recommend(Request("u0", State(liked=(f"i{row}",)), shown))
    assert ids(liked) == ids(had)
    again = agent.recommend(Request("u0", State(liked=(f"i{shown.rows[0]}",)), shown))  # had already: counts once
    assert ids(again) == ids(agent.recommend(Request("u0", State(), shown)))


def test_a_dislike_changes_the_list(agent: Agent) -> None:
    first = ids(agent.recommend(known(agent)))
    assert ids(agent.recommend(known(agent, disliked=(first[0],)))) != first[1:]


# --- the list ---------------------------------------------------------------


@pytest.mark.parametrize("ranker", UNTUNED)
def test_the_score_is_what_the_list_is_ordered_by_before_diversity(agent: Agent, ranker: str) -> None:
    by = replace(agent, ranker=UNTUNED[ranker])
    whole = by.recommend(replace(known(by), k=N_ITEMS)).recommendations
    few = by.recommend(replace(known(by), k=4)).recommendations
    assert [each.rank for each in whole] == list(range(1, len(whole) + 1))
    score_of = {each.item.item_id: each.score for each in whole}
    assert all(score_of[each.item.item_id] == pytest.approx(each.score, abs=1e-5) for each in few)
    best = sorted(whole, key=lambda each: (-each.score, int(each.item.item_id[1:])))
    assert few[0].item == best[0].item
    assert {each.item.item_id for each in few} <= {each.item.item_id for each in best[:12]}  # three times as many


def test_the_same_is_recommended_twice(agent: Agent) -> None:
    for request in (known(agent), Request(None, State(liked=("i3",)), NOBODY, "space dogs")):
        assert timeless(agent.recommend(request)) == timeless(agent.recommend(request))


def test_stages_are_timed(agent: Agent) -> None:
    timing = agent.recommend(known(agent)).timing_ms
    assert list(timing) == ["understand", "retrieve", "rank", "explain", "total"]
    assert sum(timing[stage] for stage in list(timing)[:-1]) <= timing["total"]


# --- reasons ----------------------------------------------------------------


def test_evidence_of_history_is_of_what_was_had_or_liked(agent: Agent) -> None:
    for user in agent.domain.histories.users[:8]:
        request = known(agent, user, liked=("i3", "i30"))
        own = {agent.domain.catalogue.ids[row] for row in request.history.rows} | {"i3", "i30"}
        found = agent.recommend(request).recommendations
        assert found
        for each in found:
            assert each.reason.text
            assert each.reason.evidence
            cited = {part.item_id for part in each.reason.evidence if isinstance(part, FromHistory)}
            assert cited <= own - {each.item.item_id}


def test_somebody_of_whom_nothing_is_known_is_told_of_no_history(agent: Agent) -> None:
    found = agent.recommend(Request(None, State(), NOBODY)).recommendations
    assert found
    for each in found:
        assert each.reason.evidence
        assert not any(isinstance(part, FromHistory) for part in each.reason.evidence)


def told_as_liked(agent: Agent) -> list[bool]:
    found = agent.recommend(known(agent)).recommendations
    cited = [each.reason for each in found if any(isinstance(part, FromHistory) for part in each.reason.evidence)]
    assert cited
    return ["lik" in each.text or "pleased" in each.text for each in cited]


@pytest.mark.parametrize(("value", "liked"), [(5.0, True), (1.0, False), (None, False)])
def test_only_what_was_rated_well_is_said_to_be_liked(home: object, value: float | None, liked: bool) -> None:
    histories = walks()
    own = histories.values.copy()
    own[: histories.starts[1]] = np.nan if value is None else value
    assert set(told_as_liked(opened(write_domain(replace(histories, values=own))))) == {liked}


def test_events_that_all_have_one_value_are_not_said_to_be_liked(home: object) -> None:
    histories = walks()
    same = replace(histories, values=np.ones_like(histories.values))
    assert not any(told_as_liked(opened(write_domain(same))))


# --- whatever the domain lacks ----------------------------------------------


@pytest.mark.parametrize("lacking", LACKING)
def test_a_small_domain_recommends_whatever_it_lacks(home: object, lacking: str) -> None:
    agent = opened(lacking_domain(lacking))
    shown = agent.domain.history("u0") or NOBODY
    states = (State(), State(liked=("i3",)), State(disliked=("i3", "i4")), State(liked=("i3", "i9"), seen=("i1",)))
    for history_ in (shown, NOBODY):
        for state in states:
            for text in ("", "a film about dogs", "zzzz"):
                reply = agent.recommend(Request(None, state, history_, text))
                assert len(reply.recommendations) == 10
                assert np.isfinite([each.score for each in reply.recommendations]).all()
                json.dumps(reply.as_json(), allow_nan=False)


@pytest.mark.parametrize("lengths", [(0, 1, 2, 3), (1,), (0,)])
def test_people_with_hardly_any_event_are_served(home: object, lengths: Sequence[int]) -> None:
    unknown = [history(*range(n), values=[4] * n, times=range(n)) for n in lengths]
    agent = opened(write_domain(Histories.of([f"u{n}" for n in range(len(lengths))], unknown), things(6)))
    for user in agent.domain.histories.users:
        request = known(agent, user)
        assert len(ids(agent.recommend(request))) == 6 - len(request.history)


def test_a_catalogue_of_one_item_recommends_it_once(home: object) -> None:
    agent = opened(write_domain(Histories.of((), ()), things(1)))
    assert ids(agent.recommend(Request(None, State(), NOBODY, "wars"))) == ["i0"]
    assert ids(agent.recommend(Request(None, State(seen=("i0",)), NOBODY))) == []
