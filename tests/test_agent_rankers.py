"""Rankers judge each candidate they are given, whatever its place; diversity repeats nothing and drops nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from agent.diversity import POOL, diversify
from agent.open_agent import open_agent
from agent.rerank.blend import Blend
from agent.rerank.rankers import UNTUNED, Ranker, TunedRanker
from agent.rerank.sequence_scorer import SequenceScorer
from index.data.domain import load_domain
from index.retrieval.query import Candidates, Query
from index.types import Floats
from tests.helpers_small import N_ITEMS, Small, history, retriever_over, unit_vectors

RANKERS = (*UNTUNED, "bert")
SHOWN = history(3, 5, 8, 9, values=[5, 3, 4, 4], times=[0, 9, 99, 9999])
QUERY = Query(SHOWN)


@pytest.fixture(params=RANKERS)
def ranker(request: pytest.FixtureRequest, tuned: Small) -> Ranker:
    return open_agent(tuned.name, request.param).ranker


@pytest.fixture
def candidates(tuned: Small) -> Candidates:
    return open_agent(tuned.name, "fusion").retriever.retrieve(QUERY, 20)


def part(candidates: Candidates, places: np.ndarray) -> Candidates:
    chosen = (candidates.rows[places], candidates.scores[places], candidates.fused[places])
    return Candidates(*chosen, candidates.channels)


def scores(ranker: Ranker, query: Query, candidates: Candidates) -> Floats:
    judged = ranker.judge(query, candidates)
    assert len(judged) == len(candidates)
    return np.array([each.score for each in judged], np.float32)


def test_the_order_of_candidates_does_not_matter_to_what_is_said_of_each(
    ranker: Ranker, candidates: Candidates
) -> None:
    whole = scores(ranker, QUERY, candidates)
    order = np.random.default_rng(1).permutation(len(candidates))
    assert scores(ranker, QUERY, part(candidates, order)) == pytest.approx(whole[order], abs=1e-4)
    for place in (0, 7, 19):
        assert scores(ranker, QUERY, part(candidates, np.array([place]))) == pytest.approx(whole[[place]], abs=1e-4)


def test_judging_twice_says_the_same(ranker: Ranker, candidates: Candidates) -> None:
    assert np.array_equal(scores(ranker, QUERY, candidates), scores(ranker, QUERY, candidates))


def test_no_candidates_get_no_judgement(ranker: Ranker, candidates: Candidates) -> None:
    assert ranker.judge(QUERY, part(candidates, np.zeros(0, np.int64))) == ()


def test_a_lean_reaches_every_ranker(ranker: Ranker, tuned: Small) -> None:
    retriever = open_agent(tuned.name, "fusion").retriever
    preference_boost = np.zeros(N_ITEMS, np.float32)
    preference_boost[31] = 5
    before, after = (
        retriever.retrieve(QUERY, N_ITEMS),
        retriever.retrieve(Query(SHOWN, preference_boost=preference_boost), N_ITEMS),
    )
    gain = (
        scores(ranker, Query(SHOWN, preference_boost=preference_boost), after)[after.rows == 31]
        - scores(ranker, QUERY, before)[before.rows == 31]
    )
    assert gain == pytest.approx(5, abs=1e-3)


def test_of_somebody_without_a_history_a_reader_says_what_retrieval_says(tuned: Small) -> None:
    agent = open_agent(tuned.name)
    nobody = Query(history())
    found = agent.retriever.retrieve(nobody, 10)
    assert scores(agent.ranker, nobody, found) == pytest.approx(found.fused)


def test_a_reader_adds_its_blended_word_to_retrieval(tuned: Small, candidates: Candidates) -> None:
    ranker = open_agent(tuned.name).ranker
    assert isinstance(ranker, TunedRanker)
    assert isinstance(ranker.scorer, SequenceScorer)
    loaded = ranker.scorer.loaded
    scorer = replace(ranker.scorer, loaded=replace(loaded, settings=replace(loaded.settings, blend=Blend(0.5))))
    own = scorer.log_odds([SHOWN], [candidates.rows])[0]
    blended = scores(TunedRanker(scorer, ranker.card), QUERY, candidates)
    assert np.abs(blended - candidates.fused).max() > 0.01
    assert blended == pytest.approx(candidates.fused + 0.5 * own, abs=1e-4)


@pytest.mark.parametrize("name", ["behaviour", "text", "lexical"])
def test_a_channel_alone_ranks_by_its_own_scores(name: str, candidates: Candidates) -> None:
    column = candidates.channels.index(name)
    assert scores(UNTUNED[name], QUERY, candidates) == pytest.approx(candidates.scores[:, column])


# --- diversity --------------------------------------------------------------


LISTS = st.integers(1, 24).flatmap(
    lambda n: st.tuples(
        npst.arrays(np.float32, n, elements=st.floats(-20, 20, width=32)),
        npst.arrays(np.float32, (n, 3), elements=st.floats(-1, 1, width=32)),
    )
)


@given(made=LISTS, k=st.integers(1, 30))
def test_places_are_distinct_and_as_many_as_asked_for(made: tuple[Floats, Floats], k: int) -> None:
    scored, vectors = np.sort(made[0])[::-1], made[1]
    places = diversify(np.arange(len(scored)), scored, vectors, k).tolist()
    assert len(places) == len(set(places)) == min(k, len(scored))
    assert all(0 <= place < POOL * k for place in places)
    assert places[0] == 0
    if k >= len(scored):
        assert sorted(places) == list(range(len(scored)))


def test_of_twins_the_second_waits_and_the_better_of_equals_comes_first() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    close = np.array([1.0, 0.9, 0.8], np.float32)
    assert diversify(np.arange(3), close, vectors, 3).tolist() == [0, 2, 1]
    clear = np.array([3.0, 2.0, 0.5], np.float32)  # a better item is not given up for variety
    assert diversify(np.arange(3), clear, vectors, 3).tolist() == [0, 1, 2]


def test_rows_name_the_vectors_that_are_compared() -> None:
    vectors = np.zeros((10, 2), np.float32)
    vectors[[4, 9]] = [1, 0]
    vectors[6] = [0, 1]
    scored = np.array([1.0, 0.9, 0.8], np.float32)
    assert diversify(np.array([4, 9, 6]), scored, vectors, 3).tolist() == [0, 2, 1]


def test_nothing_to_show_is_nothing() -> None:
    empty = np.zeros(0, np.int64)
    assert diversify(empty, empty.astype(np.float32), unit_vectors(), 10).tolist() == []


# --- which files are behind it ----------------------------------------------


def test_retrieval_of_the_agent_is_what_lies_in_the_index(tuned: Small, candidates: Candidates) -> None:
    domain = load_domain(tuned.name)
    fitted = retriever_over(domain).features.behaviour
    assert open_agent(tuned.name, "fusion").retriever.features.behaviour.candidate_scores(SHOWN) == pytest.approx(
        fitted.candidate_scores(SHOWN)
    )
    assert candidates.channels == ("text", "lexical", "behaviour")
