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
from index.sentiment.aspects import Aspect, Aspects
from index.sentiment.item_sentiment import ItemSentiments
from index.sentiment.review_opinions import Mentions, ReviewOpinions
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


# --- which aspect -----------------------------------------------------------

NAMES = ("sound", "strings", "price")


def sentiments_of(*reviews: tuple[int, str, str]) -> ItemSentiments:
    """From reviews that each praise one aspect: (row, writer, aspect)."""
    n = len(reviews)
    words = [
        f"I really like the {aspect} of it, number {place}.".encode() for place, (_, _, aspect) in enumerate(reviews)
    ]
    ends = np.cumsum([len(each) for each in words])
    mentions = Mentions(
        np.arange(n),
        np.array([NAMES.index(aspect) for _, _, aspect in reviews]),
        np.ones(n, np.float32),
        np.zeros((n, 2), np.int64),
        np.column_stack([ends - [len(each) for each in words], ends]),
    )
    return ItemSentiments(
        ReviewOpinions(
            np.array([row for row, _, _ in reviews]),
            tuple(f"r{place}" for place in range(n)),
            tuple(writer for _, writer, _ in reviews),
            np.zeros(n),
            np.ones(n, np.float32),
            np.ones(n, np.float32),
            mentions,
            Aspects(tuple(Aspect(name, (name,)) for name in NAMES)),
            np.frombuffer(b"".join(words), np.uint8),
        ),
        4,
    )


OTHERS = [(0, f"o{n}", aspect) for n, aspect in enumerate(("sound", "sound", "sound", "strings", "strings", "price"))]
OWN = [(1, "u", "strings"), (2, "u", "strings"), (3, "u", "strings")]


def test_an_aspect_that_the_user_writes_of_comes_before_one_that_more_reviews_tell_of() -> None:
    relevance = AspectRelevance(sentiments_of(*OTHERS, *OWN))
    order = [np.argsort(-relevance.scores(0, relevance.mentions_of(user))).tolist() for user in ("u", None, "stranger")]
    assert order == [[1, 0, 2], [0, 1, 2], [0, 1, 2]]


def test_somebody_who_wrote_nothing_is_told_what_nobody_in_particular_is() -> None:
    relevance = AspectRelevance(sentiments_of(*OTHERS, *OWN))
    assert relevance.mentions_of("u").tolist() == [0, 3, 0]
    assert relevance.mentions_of("stranger").tolist() == relevance.mentions_of(None).tolist() == [0, 0, 0]


def test_a_list_tells_of_another_aspect_where_one_was_told() -> None:
    sentiments = sentiments_of(*OTHERS, *OTHERS)
    chooser = PointChooser(sentiments, None, AspectRelevance(sentiments))
    told = []
    for _ in range(3):
        points = chooser.choose(0)
        chooser.settle(points)
        told += [point.aspect for point in points]
    assert len(set(told)) >= 2


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
