"""One item under two ids: it is had, judged, shown and recommended once, and never the reason for itself."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest

from agent.agent import Agent
from agent.constraints import Constraint, State
from agent.dialogue.session import Feedback, Forget, Say, Session, Turn, Undo
from agent.explain.checker import faults
from agent.explain.evidence import FromHistory, Ground, Reason
from agent.recommendation import Reply
from agent.request import Request
from agent.rerank.rankers import UNTUNED
from index.data.domain import Histories
from index.data.duplicates import are_duplicates
from index.data.records import Item
from tests.helpers_small import domain_of, history, retriever_over, things, walks
from tests.helpers_talk import FILMS, FirstAllowed, explain, film, lexicon

N_PAIRS = 8  # the first items stand in the catalogue a second time, as "copy of" their ids
ITEMS = (*things(), *(replace(item, item_id=f"copy{row}") for row, item in enumerate(things()[:N_PAIRS])))
NOBODY = history()


@pytest.fixture(scope="module")
def agent() -> Agent:
    """An agent on a catalogue in which eight items have two ids, both of them with events."""
    histories = walks(n_items=len(ITEMS))
    domain = domain_of(histories, ITEMS)
    return Agent(domain, retriever_over(domain), UNTUNED["fusion"])


def shown(reply: Reply) -> list[Item]:
    return [each.item for each in reply.recommendations]


def repeats(items: list[Item]) -> list[tuple[str, str]]:
    """Pairs of ids that are one item."""
    return [(a.item_id, b.item_id) for a, b in combinations(items, 2) if are_duplicates(a, b)]


def requests(agent: Agent) -> Iterator[Request]:
    """Users of the data and new ones, with and without verdicts on either id."""
    for user in (None, *agent.domain.histories.users[:6]):
        known = agent.domain.history(user) if user else NOBODY
        assert known is not None
        for state in (State(), State(liked=("copy1",), disliked=("i2",), seen=("copy3",))):
            yield Request(user, state, known, k=len(ITEMS), shown=frozenset(("i4", "copy5")))


def test_no_list_holds_an_item_twice_or_one_that_is_barred_under_another_id(agent: Agent) -> None:
    for request in requests(agent):
        had = [agent.domain.catalogue.items[row] for row in request.history.rows]
        named = [agent.domain.catalogue.item(i) for i in (*request.state.judged_ids, *request.shown)]
        found = shown(agent.recommend(request))
        assert repeats(found) == []
        barred = [*had, *named]
        assert not any(are_duplicates(item, other) for item in found for other in barred)
        left = [item for item in ITEMS if not any(are_duplicates(item, other) for other in barred)]
        assert len(found) == len(left) - len(repeats(left))  # nothing else is missing


def test_the_list_is_the_head_of_the_ranking(agent: Agent) -> None:
    for request in requests(agent):
        few = replace(request, k=5)
        rows = agent.rank(*agent.retrieve(few), few.k)
        ids = [agent.domain.catalogue.ids[row] for row in rows]
        assert ids[:5] == [item.item_id for item in shown(agent.recommend(few))]
        assert repeats([agent.domain.catalogue.items[row] for row in rows]) == []


@pytest.mark.parametrize("field", ["liked", "disliked", "seen"])
@pytest.mark.parametrize("pair", [("i1", "copy1"), ("copy1", "i1")])
def test_a_verdict_on_one_id_bars_the_other(agent: Agent, field: str, pair: tuple[str, str]) -> None:
    told, other = pair
    state = State(**{field: (told,)})  # type: ignore[arg-type]  # the fields of a state by name
    assert other not in {item.item_id for item in shown(agent.recommend(Request(None, state, NOBODY, k=99)))}


def test_a_like_of_something_had_under_another_id_counts_as_had_already(agent: Agent) -> None:
    had = history(1, values=[5], times=[1])
    request = Request("x", State(), had, k=10)
    liked = replace(request, state=State(liked=("copy1",)))
    assert shown(agent.recommend(liked)) == shown(agent.recommend(request))


def test_what_is_not_wanted_by_its_title_stays_away_under_a_title_written_otherwise() -> None:
    items = (Item("1", "Matrix, The (1999)"), Item("2", "The Matrix (1999)"), Item("3", "Alien (1979)"))
    domain = domain_of(Histories.of((), ()), items)
    agent = Agent(domain, retriever_over(domain), UNTUNED["fusion"])
    state = State(must_not=(Constraint("title", "=", items[0].title),))
    assert [item.item_id for item in shown(agent.recommend(Request(None, state, NOBODY)))] == ["3"]


def test_a_duplicate_takes_the_place_of_a_removed_item(agent: Agent) -> None:
    catalogue = replace(agent.domain.catalogue, removed=frozenset(("i1", "copy2")))
    domain = replace(agent.domain, catalogue=catalogue)
    fewer = Agent(domain, replace(agent.retriever, catalogue=catalogue), agent.ranker)
    found = {item.item_id for item in shown(fewer.recommend(Request(None, State(), NOBODY, k=99)))}
    assert {"copy1", "i2"} <= found and not found & {"i1", "copy2"}


def test_constraints_choose_the_id_that_satisfies_them() -> None:
    items = (Item("1", "Alien (1979)", None, ("Horror",)), Item("2", "Alien (1979)", None, ("Sci-Fi",)), *things(3))
    domain = domain_of(walks(n_items=5), items)
    agent = Agent(domain, retriever_over(domain), UNTUNED["fusion"])
    for kind, expected in (("Horror", "1"), ("Sci-Fi", "2")):
        state = State(must=(Constraint("categories", "=", kind),))
        assert [item.item_id for item in shown(agent.recommend(Request(None, state, NOBODY)))] == [expected]


# --- reasons ----------------------------------------------------------------

TWICE = (*FILMS, film("2b", "Alien", 1979, "Sci-Fi", "Horror"))
GROUND = Ground(lexicon(TWICE), frozenset(("2", "3")), frozenset(("2", "3")))


def test_no_item_is_the_reason_for_itself() -> None:
    alien, aliens, again = TWICE[1], TWICE[2], TWICE[-1]
    reason = explain(again, State(), [alien, aliens], GROUND)
    assert FromHistory("3") in reason.evidence and FromHistory("2") not in reason.evidence
    assert "which you liked" not in reason.text.partition("Aliens")[0] and "Alien (1979)" not in reason.text


def test_the_checker_refuses_an_item_as_evidence_for_its_other_id() -> None:
    alien, again = TWICE[1], TWICE[-1]
    reason = Reason("It goes with what you liked.", (FromHistory(alien.item_id),))
    assert faults(reason, again, GROUND, State()) == ["2 is the item itself"]


def test_what_is_disliked_in_the_talk_is_not_called_liked_whatever_its_rating_was(agent: Agent) -> None:
    had = history(1, 30, values=[5, 5], times=[1, 2])
    for disliked in ("i1", "copy1"):
        reply = agent.recommend(Request("x", State(disliked=(disliked,)), had))
        liked = [each.reason.text for each in reply.recommendations if "liked" in each.reason.text]
        assert not any(ITEMS[1].name in text for text in liked)


# --- talks ------------------------------------------------------------------


def talk(*turns: Turn) -> list[State]:
    """The states of one talk about a shelf on which Alien stands twice."""
    session = Session(FirstAllowed(TWICE), None)
    return [session.turn(turn).state for turn in turns]


@pytest.mark.parametrize(
    ("turns", "state"),
    [
        ((Feedback("2", "like"), Feedback("2b", "dislike")), State(disliked=("2b",))),
        ((Feedback("2", "seen"), Feedback("2b", "like")), State(liked=("2b",), seen=())),
        ((Feedback("2b", "like"), Feedback("3", "like"), Feedback("2", "like")), State(liked=("3", "2"))),
        ((Feedback("2b", "dislike"), Say("I loved Alien")), State(liked=("2",))),
        ((Feedback("2b", "like"), Forget("Alien")), State()),
        ((Feedback("2b", "seen"), Say("I have not seen Alien")), State()),
        ((Feedback("2", "like"), Feedback("2b", "dislike"), Undo()), State(liked=("2",))),
    ],
)
def test_the_last_verdict_on_an_item_counts_whatever_its_id(turns: tuple[Turn, ...], state: State) -> None:
    assert talk(*turns)[-1] == state
