"""Scores to ranks and lists: ties, masks, removed items, a sample of the items."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from eval.metrics.base import NO_ITEM, parse_metric
from eval.metrics.ranking import per_user
from eval.models.registry import Setting, Training
from eval.rank.protocols import Cases
from eval.rank.ranking import check_scores, mask, ranks_of, top_rows_per_user
from eval.rank.run_models import rank_cases
from index.data.domain import Catalogue, Histories
from index.data.records import Item
from index.errors import MendableError
from index.types import Floats
from tests.helpers_eval import histories, mean_rank

score_tables = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 40)), elements=st.sampled_from([-np.inf, -1, 0, 0.5, 2])
)


class Scripted:
    """A model whose scores are given by item id."""

    search_space: Mapping[str, Sequence[Setting]] = {}
    needs_index = False

    def __init__(self, by_row: npt.ArrayLike) -> None:
        self.by_row = np.array(by_row, np.float32)

    def fit(self, training: Training) -> None:
        """Nothing to learn."""

    def scores(self, histories: Histories) -> Floats:
        """The same for everybody, and read-only."""
        return np.broadcast_to(self.by_row, (len(histories), len(self.by_row)))


def catalogue(n: int, removed: frozenset[str] = frozenset()) -> Catalogue:
    return Catalogue(tuple(Item(f"i{row}", f"Thing {row}") for row in range(n)), removed)


def cases(history: Sequence[int], relevant: Sequence[int]) -> Cases:
    return Cases(histories({"a": history}), histories({"a": relevant}))


def ranks(scores: Sequence[float], relevant: Sequence[int]) -> list[float]:
    return list(ranks_of(np.array([scores], np.float32), histories({"a": relevant})).ranks)


def test_rank_is_the_number_of_better_items() -> None:
    assert ranks([0.1, 0.9, 0.5, 0.7], [2]) == [2.0]


def test_rank_in_a_tie_is_the_mean_of_the_places_of_the_tie() -> None:
    assert ranks([5, 1, 1, 1, 1, 0], [3]) == [2.5]  # places 1, 2, 3, 4


def test_rank_where_nothing_is_scored_is_infinite() -> None:
    assert ranks([1, -np.inf, 0], [1]) == [np.inf]


def test_ranks_of_two_answers_in_one_tie_are_spread_around_its_mean() -> None:
    assert ranks([1, 1, 1, 1, 1], [0, 4]) == [pytest.approx(1.0), pytest.approx(3.0)]
    assert ranks([9, 1, 1, 8], [0, 1]) == [0.0, 2.5]


@given(score_tables, st.data())
def test_ranks_of_any_scores_keep_every_metric_between_zero_and_one(scores: Floats, data: st.DataObject) -> None:
    n = scores.shape[1]
    relevant = [data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=4, unique=True)) for _ in scores]
    found = ranks_of(scores, histories({f"u{u}": rows for u, rows in enumerate(relevant)}))
    for name in ("recall@5", "map@5", "ndcg@5", "mrr@5", "precision@5", "f1@5"):
        values = per_user(found, parse_metric(name))
        assert np.all((values >= 0) & (values <= 1 + 1e-12)), name
    for user, rows in enumerate(relevant):
        own = found.ranks[found.starts[user] : found.starts[user + 1]]
        wanted = [mean_rank(scores[user], row) for row in rows]
        assert np.sum(own[np.isfinite(own)]) == pytest.approx(np.sum(np.array(wanted)[np.isfinite(wanted)]))


@settings(max_examples=200)
@given(score_tables, st.integers(1, 12))
def test_best_rows_are_those_of_a_full_sort_with_ties_by_row(scores: Floats, length: int) -> None:
    found = top_rows_per_user(scores, length)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :length]
    wanted = np.where(np.isneginf(np.take_along_axis(scores, order, 1)), NO_ITEM, order)
    assert found.tolist() == wanted.tolist()


def test_best_rows_of_many_items_are_those_of_a_full_sort() -> None:
    scores = np.random.default_rng(1).standard_normal((20, 3000)).astype(np.float32).round(1)
    assert top_rows_per_user(scores, 100).tolist() == np.argsort(-scores, axis=1, kind="stable")[:, :100].tolist()


def test_mask_takes_the_history_out_and_nothing_else() -> None:
    scores = np.ones((2, 4), np.float32)
    mask(scores, histories({"a": [1, 3], "b": []}))
    assert np.isneginf(scores).tolist() == [[False, True, False, True], [False] * 4]


@pytest.mark.parametrize(("bad", "said"), [(np.nan, "NaN"), (np.inf, "infinite")])
def test_scores_that_cannot_be_ranked_are_refused_naming_the_model(bad: float, said: str) -> None:
    with pytest.raises(MendableError, match=rf"'odd'.*{said}"):
        check_scores(np.array([[0.0, bad]], np.float32), (1, 2), "odd")


def test_scores_of_another_shape_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="shape"):
        check_scores(np.zeros((2, 3), np.float32), (2, 4), "odd")


def test_history_and_removed_items_are_in_no_list_and_a_removed_answer_is_a_miss() -> None:
    model = Scripted([5, 4, 3, 2, 1])
    ranked, _ = rank_cases(model, "scripted", cases([0], [3]), catalogue(5, frozenset({"i1"})))
    assert ranked.lists.tolist() == [[2, 3, 4, NO_ITEM, NO_ITEM]]
    assert ranked.ranks.ranks.tolist() == [1.0]
    ranked, _ = rank_cases(model, "scripted", cases([0], [1]), catalogue(5, frozenset({"i1"})))
    assert ranked.ranks.ranks.tolist() == [np.inf]


def test_sampled_ranking_is_among_so_many_others_and_never_harder() -> None:
    model = Scripted(np.arange(200.0))
    whole, _ = rank_cases(model, "scripted", cases([199], [50]), catalogue(200))
    sampled, _ = rank_cases(model, "scripted", cases([199], [50]), catalogue(200), sampled=20)
    assert (sampled.lists >= 0).sum() == 21
    assert 50 in sampled.lists
    assert 199 not in sampled.lists
    assert sampled.ranks.ranks[0] < whole.ranks.ranks[0] == 148.0
