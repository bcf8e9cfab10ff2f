"""What reasons tell of reviews: praised and blamed aspects, exact words, those that the user would speak of."""

from dataclasses import replace

import numpy as np
import pytest

from agent.agent import Agent
from agent.constraints import State
from agent.explain.aspect_points import BLAMED, MAX_QUOTE, PRAISED, PointChooser, is_told
from agent.explain.aspect_relevance import AspectRelevance
from agent.explain.checker import faults
from agent.explain.evidence import FromReview, Ground, Reason
from agent.recommendation import Reply
from agent.request import Request
from agent.understanding import lexicon_of
from index.data.records import Item, Review
from tests.helpers_small import N_ITEMS, history
from tests.test_agent_sentiment import TEXTS, agent

__all__ = ["agent"]  # a fixture


@pytest.fixture(scope="module")
def reply(agent: Agent) -> Reply:
    return agent.recommend(Request("u1", State(), history(3, 4, 5), k=N_ITEMS))


def cited(reply: Reply) -> list[tuple[Item, FromReview]]:
    return [
        (each.item, entry)
        for each in reply.recommendations
        for entry in each.reason.evidence
        if isinstance(entry, FromReview)
    ]


def test_reasons_quote_reviews_of_the_item_itself_in_their_exact_words(reply: Reply) -> None:
    assert len(cited(reply)) >= N_ITEMS / 2
    for item, entry in cited(reply):
        assert any(entry.quote in text for owner, text in TEXTS if owner == item.item_id)
        assert len(entry.quote) <= MAX_QUOTE


def test_praise_is_told_of_praised_items_and_a_drawback_of_blamed_ones(reply: Reply) -> None:
    assert {entry.praises for _, entry in cited(reply)} == {True, False}
    for item, entry in cited(reply):
        assert entry.praises == (int(item.item_id[1:]) % 2 == 0)
        assert entry.aspect is not None
        assert (item.aspects[entry.aspect] >= PRAISED) if entry.praises else (item.aspects[entry.aspect] <= BLAMED)


def test_the_quote_and_its_aspect_stand_in_the_text_and_in_the_json(reply: Reply) -> None:
    for each in reply.recommendations:
        for entry in (e for e in each.reason.evidence if isinstance(e, FromReview)):
            assert f"“{entry.quote}”" in each.reason.text
            assert entry.aspect and entry.aspect in each.reason.text
            assert entry.as_json() == {
                "kind": "review",
                "review_id": entry.review_id,
                "quote": entry.quote,
                "aspect": entry.aspect,
                "praises": entry.praises,
            }


def test_a_list_tells_of_several_aspects(reply: Reply) -> None:
    assert len({entry.aspect for _, entry in cited(reply)}) >= 2


def test_an_aspect_that_the_user_writes_of_comes_before_one_that_others_write_of(agent: Agent) -> None:
    assert agent.sentiments is not None
    relevance = AspectRelevance(agent.sentiments)
    opinions = agent.sentiments.opinions
    told = opinions.mentions.aspects >= 0
    of_user = np.array([opinions.writers[n] == "u1" for n in opinions.mentions.reviews])
    counts = np.bincount(opinions.mentions.aspects[told & of_user], minlength=len(opinions.aspects))
    favourite, other = int(counts.argmax()), int(counts.argmin())
    if counts[favourite] == counts[other]:
        pytest.skip("the user writes of all aspects alike")
    gain = relevance.scores(0, "u1") - relevance.scores(0, None)
    assert gain[favourite] > gain[other]


def test_a_new_user_is_told_what_the_items_reviews_tell_of_most(agent: Agent) -> None:
    assert agent.sentiments is not None
    scores = AspectRelevance(agent.sentiments).scores(2, None)
    counts = agent.sentiments.aspect_n[2]
    assert counts[int(scores.argmax())] == counts.max()


def test_an_item_without_reviews_has_no_point(agent: Agent) -> None:
    assert agent.sentiments is not None
    chooser = PointChooser(agent.sentiments, None, AspectRelevance(agent.sentiments))
    silent = [row for row in range(N_ITEMS) if not agent.sentiments.aspect_n[row].any()]
    assert all(chooser.choose(row) == () for row in silent)


@pytest.mark.parametrize(("score", "praises", "told"), [(0.5, True, True), (0.1, True, False), (-0.5, False, True)])
def test_an_aspect_is_praised_or_blamed_from_a_bound_on(score: float, praises: bool, told: bool) -> None:
    assert is_told(Item("i", "I", aspects={"sound": score}), "sound", praises) == told
    assert not is_told(Item("i", "I"), "sound", praises)


def test_the_checker_refuses_praise_that_the_reviews_do_not_bear_out(agent: Agent) -> None:
    item = replace(agent.domain.catalogue.items[1], aspects={"sound": -0.8})
    quote = FromReview("r1", "The sound is great", "sound", praises=True)
    ground = Ground(
        lexicon_of(agent.domain), reviews={"r1": Review("r1", item.item_id, "The sound is great, they say.")}
    )
    text = "Reviewers speak well of the sound: “The sound is great”"
    assert faults(Reason(text, (quote,)), item, ground, State())
    praised = replace(item, aspects={"sound": 0.8})
    assert faults(Reason(text, (quote,)), praised, ground, State()) == []
    assert faults(Reason("“The sound is superb” they say.", (quote,)), praised, ground, State())
