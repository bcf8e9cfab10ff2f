"""What reviews say in a reply: beside each recommended item that has a judged review, and as a field to be wished."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.agent import Agent
from agent.constraints import Constraint, State
from agent.open_agent import agent_of
from agent.request import Request
from index.build.behaviour_part import BehaviourPart
from index.build.builder import Builder, build_with
from index.build.review_part import ReviewPart
from index.build.sentiment_part import SentimentPart
from index.build.text_part import TextPart
from index.data.domain import load_domain
from index.embedding.model_files import resolve
from index.sentiment.quotes import is_quotable
from tests.helpers_judge import CountingJudge
from tests.helpers_small import N_ITEMS, history
from tests.test_index_sentiment import HOSTILE, written

PRAISED = [(f"i{n}", f"The great sound of number {n}. Good strings, number {n}.") for n in range(0, N_ITEMS, 2)]
BLAMED = [(f"i{n}", f"An awful sound, number {n}. Bad strings, bad number {n}.") for n in range(1, N_ITEMS, 2)]
TEXTS = [*PRAISED, *PRAISED, *BLAMED, *BLAMED, *(("i2", text) for text in HOSTILE)]


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Agent:
    """The agent of a domain whose items with even numbers are praised and whose others are blamed."""
    judge = CountingJudge()
    parts = (TextPart(), ReviewPart(), SentimentPart(lambda name: judge), BehaviourPart())
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALATE_HOME", str(tmp_path_factory.mktemp("reviewed")))
        name = written(TEXTS)
        build_with(replace(Builder.of(resolve(str(tiny))), parts=parts), name)
        return agent_of(load_domain(name), "fusion")


def test_each_recommendation_has_what_reviews_say_of_it_as_the_contract_has_it(agent: Agent) -> None:
    reply = agent.recommend(Request(None, State(), history(), k=N_ITEMS))
    assert len(reply.recommendations) == N_ITEMS
    for each in reply.as_json()["recommendations"]:
        found, n = each["sentiment"], int(each["item_id"][1:])
        assert set(found) <= {"score", "n_reviews", "aspects", "best", "worst"}
        assert -1 <= found["score"] <= 1 and found["n_reviews"] >= 2
        assert (found["score"] > 0) == (n % 2 == 0)
        assert "sound" in {aspect["aspect"] for aspect in found["aspects"]}
        assert all(-1 <= aspect["score"] <= 1 for aspect in found["aspects"])
        assert all(1 <= aspect["n"] <= found["n_reviews"] for aspect in found["aspects"])
        own = [text for item, text in TEXTS if item == each["item_id"]]
        quotes = [found[name]["quote"] for name in ("best", "worst") if name in found]
        assert quotes and all(is_quotable(quote) and any(quote in text for text in own) for quote in quotes)


def test_a_hard_wish_for_an_aspect_is_never_broken(agent: Agent) -> None:
    wish = Constraint("aspect:sound", ">=", 0.15)
    reply = agent.recommend(Request(None, State(must=(wish,)), history(), k=N_ITEMS))
    assert {int(each.item.item_id[1:]) % 2 for each in reply.recommendations} == {0} and not reply.relaxed


def test_a_soft_wish_for_an_aspect_raises_the_items_that_have_it(agent: Agent) -> None:
    wish = Constraint("aspect:sound", ">=", 0.15)
    plain, wished = (
        [
            int(each.item.item_id[1:]) % 2
            for each in agent.recommend(Request(None, state, history(), k=10)).recommendations
        ]
        for state in (State(), State(prefer=(wish,)))
    )
    assert wished.count(0) >= plain.count(0) and wished.count(0) >= 8
