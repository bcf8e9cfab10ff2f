"""Attributions: what an item's score loses without an event is measured, and equals ranking without it."""

import numpy as np
import pytest

from agent.attribution import MAX_SOURCES, attribute
from agent.rerank.rankers import UNTUNED
from index.data.domain import Catalogue
from index.data.records import History
from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.channels.behaviour import BehaviourChannel
from index.retrieval.fusion import untrained_fusion
from index.retrieval.fusion_features import COLUMNS, Features
from index.retrieval.fusion_training_lists import UNTRAINED_WEIGHTS
from index.retrieval.query import Query
from index.retrieval.retriever import Retriever
from index.retrieval.vector_store import VectorStore
from index.types import Floats, Rows
from tests.helpers_small import N_ITEMS, history, things, unit_vectors, walks

SHOWN = history(3, 5, 8, 9, 11, values=[1, 5, 3, 4, 2], times=[0, 10, 10, 110, 120])
ROWS = np.array([10, 4, 12, 6])


def retriever_over(dense_items: int = 1000) -> Retriever:
    behaviour = Behaviour.fit(walks(), N_ITEMS, dense_items)
    features = Features(behaviour, unit_vectors(), Catalogue(things()))
    channel = BehaviourChannel(behaviour, VectorStore.build(behaviour.item_vectors))
    return Retriever(features.catalogue, features, untrained_fusion(COLUMNS, UNTRAINED_WEIGHTS), (channel,))


def scores(retriever: Retriever, ranker: str, shown: History, rows: Rows) -> Floats:
    """By the whole catalogue, in the order of the rows."""
    candidates = retriever.candidates(Query(shown), rows)
    judged = [each.score for each in UNTUNED[ranker].judge(Query(shown), candidates)]
    of_row = dict(zip(candidates.rows.tolist(), judged, strict=True))
    return np.array([of_row[row] for row in rows.tolist()])


@pytest.mark.parametrize("dense_items", [0, 1000])
def test_a_part_of_the_features_has_the_numbers_of_the_whole(dense_items: int) -> None:
    features = retriever_over(dense_items).features
    rows = np.unique(np.concatenate([ROWS, SHOWN.rows]))
    local = History(np.searchsorted(rows, SHOWN.rows), SHOWN.values, SHOWN.times)
    assert features.part(rows).of(local) == pytest.approx(features.of(SHOWN)[rows], abs=1e-5)


def test_candidates_of_several_histories_are_those_of_each() -> None:
    retriever = retriever_over()
    several = [SHOWN, SHOWN.before(2), history()]
    for shown, found in zip(several, retriever.candidates_of(several, ROWS, ("behaviour",)), strict=True):
        assert found.rows.tolist() == ROWS.tolist()
        alone = retriever.candidates(Query(shown), ROWS)
        order = [alone.rows.tolist().index(row) for row in ROWS.tolist()]
        assert found.fused == pytest.approx(alone.fused[order], abs=1e-5)
        assert found.scores == pytest.approx(alone.scores[order], abs=1e-5)
        assert alone.features is not None
        assert found.features == pytest.approx(alone.features[order], abs=1e-5)


@pytest.mark.parametrize("ranker", ["fusion", "behaviour"])
def test_a_gain_is_what_the_score_loses_when_the_history_lacks_the_item(ranker: str) -> None:
    retriever, shown = retriever_over(), history(3, 5, 8, 5, 9, values=[1, 5, 3, 2, 4])
    found = attribute(retriever, UNTUNED[ranker], shown, ROWS)
    whole = scores(retriever, ranker, shown, ROWS)
    assert {5, 9} <= set(found.sources.tolist()) <= {3, 5, 8, 9}
    for source, gains in zip(found.sources.tolist(), found.gains, strict=True):
        lacking = shown.without(np.flatnonzero(shown.rows == source))
        assert gains == pytest.approx(whole - scores(retriever, ranker, lacking, ROWS), abs=1e-4)


def test_strongest_sources_raise_the_score_and_stand_in_order() -> None:
    found = attribute(retriever_over(), UNTUNED["fusion"], SHOWN, ROWS)
    for item in range(len(ROWS)):
        gains = [found.gains[found.sources.tolist().index(row), item] for row in found.strongest(item, 3).tolist()]
        assert gains == sorted(gains, reverse=True)
        assert all(gain > 0 for gain in gains)


def test_of_a_long_history_the_newest_items_are_asked_about() -> None:
    long = history(*range(N_ITEMS), *[3] * 100)
    found = attribute(retriever_over(), UNTUNED["fusion"], long, ROWS)
    assert found.sources[0] == 3
    assert len(found.sources) <= MAX_SOURCES


@pytest.mark.parametrize("shown", [history(), history(3)], ids=["none", "one"])
def test_a_history_of_one_event_or_none_has_an_attribution(shown: History) -> None:
    found = attribute(retriever_over(), UNTUNED["fusion"], shown, ROWS)
    assert found.sources.tolist() == shown.rows.tolist()
    assert found.gains.shape == (len(shown), len(ROWS))


def test_nothing_is_attributed_where_nothing_is_shown() -> None:
    assert attribute(retriever_over(), UNTUNED["fusion"], SHOWN, ROWS[:0]).gains.shape == (5, 0)
