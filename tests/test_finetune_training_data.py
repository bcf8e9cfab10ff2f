"""Training data: nothing that is held out, each next event after its own history, in even batches."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from agent.rerank.blend import Blend
from agent.rerank.prefix_cache import PrefixCache
from agent.rerank.sequence_prompt import MAX_EVENTS, Scale, make_prompt
from finetune.batches import MAX_TOKENS, Batch, epoch_batches
from finetune.blend import TEMPERATURES, WEIGHTS, best_weight, blend_scores
from finetune.budget import Budget
from finetune.preparation import Preparation
from finetune.training_data import WHOLE_EFFORT, Effort, TrainingData, make_training_data
from finetune.validation_lists import ValidationList, ValidationPlan, ndcg_at_10
from index.data.domain import Domain, Histories
from index.data.records import History
from index.parallel import MIN_ITEMS
from index.retrieval.candidate_pool import CANDIDATES
from index.types import Floats, Rows
from tests.helpers_small import LACKING, N_ITEMS, domain_of, history, index_over, things, walks, without

SCALE = Scale(1, 5)


def data_of(histories: Histories, effort: Effort = WHOLE_EFFORT) -> TrainingData:
    return make_training_data(index_over(domain_of(histories)), effort=effort)


class NoScorer:
    """Stands where no list is scored: without minutes nothing is measured."""

    @property
    def prefix_cache(self) -> PrefixCache:
        raise AssertionError("nothing is to be scored")

    def log_odds(self, histories: Sequence[History], rows: Sequence[Rows]) -> list[Floats]:
        raise AssertionError("nothing is to be scored")


# --- what is held out -------------------------------------------------------


def test_the_last_two_events_of_who_is_validated_on_are_in_nothing_that_is_learned_from() -> None:
    histories = walks()
    data = data_of(histories)
    assert data.training.users == histories.users
    for whole, trained in zip(histories, data.training, strict=True):
        distinct = list(dict.fromkeys(whole.rows.tolist()))
        assert trained.rows.tolist() == distinct[:-2]
        assert not set(trained.rows.tolist()) & set(distinct[-2:])


def test_with_fewer_to_validate_on_all_but_the_last_event_of_the_others_is_trained_on() -> None:
    histories = walks()
    data = make_training_data(index_over(domain_of(histories)), ValidationPlan(max_users=3))
    assert len(data.validation) == 3
    left_out = [
        len(dict.fromkeys(whole.rows.tolist())) - len(trained)
        for whole, trained in zip(histories, data.training, strict=True)
    ]
    assert sorted(left_out) == [1] * (len(histories) - 3) + [2] * 3


def test_some_events_are_asked_for_after_a_few_events_too_and_those_are_the_newest() -> None:
    histories = walks(n_users=60)
    data = make_training_data(index_over(domain_of(histories)), ValidationPlan(n_events=3))
    whole = {(each.user, each.n_before): each for each in data.validation}
    assert len(whole) == len(data.validation)
    assert 0.1 < len(data.short) / len(data.validation) < 0.4
    for each in data.short:
        full = whole[each.user, each.n_before].history
        assert len(each.history) < len(full) == each.n_before
        assert np.array_equal(each.history.rows, full.rows[-len(each.history) :])


def test_lists_that_two_processes_retrieve_are_those_of_one(use_cores: Callable[[int], None]) -> None:
    found = []
    for n in (2, 1):
        use_cores(n)
        found.append(data_of(walks(n_users=60)))
    two, one = (each.validation + each.short for each in found)
    assert len(two) == len(one) >= MIN_ITEMS  # fewer are not spread
    for spread, alone in zip(two, one, strict=True):
        assert (spread.user, spread.n_before, spread.truth) == (alone.user, alone.n_before, alone.truth)
        for name in ("rows", "fused", "features"):
            assert np.array_equal(getattr(spread, name), getattr(alone, name))
        assert np.array_equal(spread.history.rows, alone.history.rows)


def test_what_was_prepared_comes_back_as_it_was(home: Path) -> None:
    index, plan = index_over(domain_of(walks(n_users=60))), ValidationPlan(n_events=2)
    preparation = Preparation(index, Budget(epochs=1), plan, home / "prepared.safetensors")
    made = preparation.training_data(False, NoScorer(), torch.device("cpu"))
    assert (home / "prepared.safetensors").is_file()
    again = preparation.training_data(False, NoScorer(), torch.device("cpu"))
    assert again.effort == made.effort
    for own, kept in ((made.validation, again.validation), (made.short, again.short)):
        assert len(own) == len(kept) > 0
        for a, b in zip(own, kept, strict=True):
            assert (a.truth, a.user, a.n_before, a.columns) == (b.truth, b.user, b.n_before, b.columns)
            for name in ("rows", "fused", "features"):
                assert np.array_equal(getattr(a, name), getattr(b, name)), name
            assert np.array_equal(a.history.rows, b.history.rows)
            assert np.array_equal(a.history.values, b.history.values)


def test_what_is_held_out_changes_nothing_of_the_training_data() -> None:
    """Two domains that differ in each user's last two events only give the same training and the same candidates."""
    random = np.random.default_rng(4)
    distinct = [random.permutation(N_ITEMS)[:9] for _ in range(40)]
    one = [history(*rows) for rows in distinct]
    other = [history(*rows[:-2], *np.setdiff1d(np.arange(N_ITEMS), rows)[:2]) for rows in distinct]
    users = [f"u{n}" for n in range(40)]
    first, second = (data_of(Histories.of(users, each)) for each in (one, other))
    assert np.array_equal(first.training.rows, second.training.rows)
    for a, b in zip(first.validation, second.validation, strict=True):
        assert np.array_equal(a.rows, b.rows)
        assert np.array_equal(a.fused, b.fused)
    assert [each.truth for each in first.validation] != [each.truth for each in second.validation]


def test_validation_looks_for_the_last_event_but_one_among_candidates_outside_the_history() -> None:
    histories = walks()
    for whole, asked in zip(histories, data_of(histories).validation, strict=True):
        distinct = list(dict.fromkeys(whole.rows.tolist()))
        assert asked.history.rows.tolist() == distinct[:-2]
        assert not set(asked.rows.tolist()) & set(distinct[:-2])
        assert len(asked.rows) == min(CANDIDATES, N_ITEMS - len(distinct[:-2]))
        assert asked.rows[asked.truth] == distinct[-2]
        assert (np.diff(asked.fused) <= 0).all()


def test_training_data_are_the_same_each_time() -> None:
    first, second = data_of(walks(n_users=60)), data_of(walks(n_users=60))
    assert first.validation
    assert all(np.array_equal(a.fused, b.fused) for a, b in zip(first.validation, second.validation, strict=True))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_with_less_effort_fewer_users_are_validated_on_and_as_many_are_held_out(share: float) -> None:
    histories = walks(n_users=60)
    whole, part = data_of(histories), data_of(histories, Effort(fusion=share, lists=share))
    assert len(part.validation) == int(np.ceil(share * 60))
    assert np.array_equal(part.training.rows, whole.training.rows)
    targets = {each.user: each.rows[each.truth] for each in whole.validation if each.truth >= 0}
    for each in part.validation:
        assert each.truth < 0 or each.rows[each.truth] == targets[each.user]
        assert each.history.rows.tolist() == part.training[each.user].rows.tolist()


@pytest.mark.parametrize("lacking", LACKING)
def test_training_data_are_made_of_a_domain_whatever_it_lacks(lacking: str) -> None:
    items = things(categories=lacking != "categories")
    domain: Domain = domain_of(without(walks(), lacking), items)
    data = make_training_data(index_over(domain))
    assert len(data.validation) == len(domain.histories)
    assert bool(epoch_batches(data.training, SCALE, 1, 0)) == (lacking != "events")


def test_users_with_fewer_than_three_events_are_left_out() -> None:
    histories = Histories.of(("a", "b", "c", "d"), (history(), history(1), history(1, 2), history(1, 2, 3)))
    assert data_of(histories).training.users == ("d",)


# --- batches ----------------------------------------------------------------


def tokens(batches: list[Batch]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Every prompt with the rows that come next, padding left out."""
    found = []
    for batch in batches:
        for rows, after, present in zip(batch.prompts.rows, batch.next_rows, batch.prompts.present, strict=True):
            found.append((tuple(rows[present].tolist()), tuple(after[present].tolist())))
    return found


def test_each_event_is_followed_by_the_one_that_came_next() -> None:
    histories = walks()
    found = tokens(epoch_batches(histories, SCALE, seed=1, epoch=0))
    assert sorted(found) == sorted((tuple(h.rows[:-1].tolist()), tuple(h.rows[1:].tolist())) for h in histories)
    for batch in epoch_batches(histories, SCALE, seed=1, epoch=0):
        assert (batch.next_rows[~batch.prompts.present] == -1).all()


def test_prompts_in_training_are_those_of_serving() -> None:
    for shown in (walks(1)[0], history(1, 2, 3, values=[1, 3, 5], times=[0, 100, 99_999])):
        batch = epoch_batches(Histories.of(("u",), (shown,)), SCALE, seed=1, epoch=0)[0]
        own = make_prompt(shown.before(len(shown) - 1), SCALE)
        assert batch.prompts.rows[0].tolist() == own.rows.tolist()
        assert batch.prompts.ratings[0].tolist() == own.ratings.tolist()
        assert batch.prompts.time_gaps[0].tolist() == own.time_gaps.tolist()


def test_an_epoch_is_drawn_from_its_seed_and_number() -> None:
    histories = walks(n_users=400)
    first = tokens(epoch_batches(histories, SCALE, seed=1, epoch=0))
    assert first == tokens(epoch_batches(histories, SCALE, seed=1, epoch=0))
    assert first != tokens(epoch_batches(histories, SCALE, seed=1, epoch=1))
    assert first != tokens(epoch_batches(histories, SCALE, seed=2, epoch=0))


def test_batches_are_of_like_length_and_bounded_with_their_padding() -> None:
    lengths = np.random.default_rng(1).integers(0, 150, 300)
    histories = Histories.of([f"u{n}" for n in range(300)], [history(*[0] * n) for n in lengths])
    batches = epoch_batches(histories, SCALE, seed=1, epoch=0)
    assert all(batch.prompts.rows.size <= MAX_TOKENS for batch in batches)
    assert sum(len(batch.next_rows) for batch in batches) == int((lengths > 1).sum())
    assert np.mean([batch.prompts.present.mean() for batch in batches]) > 0.9


def test_of_a_long_history_a_window_is_read_half_of_the_time_the_newest() -> None:
    shown = history(*range(300))
    ends = []
    for epoch in range(60):
        rows, after = tokens(epoch_batches(Histories.of(("u",), (shown,)), SCALE, seed=1, epoch=epoch))[0]
        assert len(rows) == MAX_EVENTS
        assert rows == tuple(range(rows[0], rows[0] + MAX_EVENTS))
        ends.append(after[-1])
    assert 15 < ends.count(299) < 45
    assert min(ends) < 250


def test_only_events_of_one_second_change_their_order() -> None:
    shown = history(0, 1, 2, 3, 4, 5, values=[1, 2, 3, 4, 5, 5], times=[10, 20, 20, 20, 30, 30])
    orders = set()
    for epoch in range(120):
        rows, after = tokens(epoch_batches(Histories.of(("u",), (shown,)), SCALE, seed=1, epoch=epoch))[0]
        whole = (*rows, after[-1])
        assert whole[0] == 0
        assert set(whole[1:4]) == {1, 2, 3}
        orders.add(whole)
    assert len(orders) == 12
    untimed = replace(shown, times=None)
    assert tokens(epoch_batches(Histories.of(("u",), (untimed,)), SCALE, 1, 3))[0][0] == (0, 1, 2, 3, 4)


# --- figures and the blend ---------------------------------------------------


def asked(fused: list[float], truth: int) -> ValidationList:
    return ValidationList(history(1), np.arange(len(fused)), np.array(fused, np.float32), truth)


def floats(*values: float) -> Floats:
    return np.array(values, np.float32)


def test_ndcg_is_that_of_its_definition() -> None:
    lists = (asked([3, 2, 1], 0), asked([3, 2, 1], 2), asked([3, 2, 1], -1), asked(list(range(20, 0, -1)), 10))
    wanted = (1 / np.log2(2) + 1 / np.log2(4) + 0 + 0) / 4
    assert ndcg_at_10(lists, [each.fused for each in lists]) == pytest.approx(wanted)
    assert ndcg_at_10((), []) == 0


def test_a_blend_of_nothing_is_retrieval_and_a_whole_one_is_both() -> None:
    each = asked([3, 2, 1], 0)
    assert np.array_equal(blend_scores(each, floats(5, 6, 7), Blend()), each.fused)
    assert blend_scores(each, floats(5, 6, 7), Blend(2)).tolist() == [13, 14, 15]


def random_lists(n: int) -> list[ValidationList]:
    random = np.random.default_rng(2)
    return [asked(np.sort(random.normal(size=12))[::-1].tolist(), int(random.integers(0, 5))) for _ in range(n)]


def test_the_weight_is_the_smallest_that_is_as_likely_as_the_best_up_to_a_standard_error() -> None:
    lists = tuple(random_lists(50))
    random = np.random.default_rng(5)
    scores = [random.normal(size=12).astype(np.float32) + 0.7 * (np.arange(12) == each.truth) for each in lists]

    def likelihoods(weight: float) -> np.ndarray:
        each = (at_temperature(weight, float(temperature)) for temperature in TEMPERATURES)
        return max(each, key=lambda found: float(found.mean()))

    def at_temperature(weight: float, temperature: float) -> np.ndarray:
        blends = [temperature * (each.fused + weight * own) for each, own in zip(lists, scores, strict=True)]
        return np.array([x[each.truth] - np.log(np.exp(x).sum()) for x, each in zip(blends, lists, strict=True)])

    found = best_weight(lists, [own.astype(np.float32) for own in scores])
    best = likelihoods(max(WEIGHTS, key=lambda weight: float(likelihoods(weight).mean())))
    assert found.likelihood == pytest.approx(best.mean(), abs=1e-5)

    def is_within(weight: float) -> bool:
        lost = best - likelihoods(weight)
        return bool(lost.mean() <= lost.std() / np.sqrt(len(lost)))

    assert 0 < found.weight < WEIGHTS[-1]
    assert is_within(found.weight)
    assert not any(is_within(weight) for weight in WEIGHTS if weight < found.weight - 1e-9)


def test_a_reranker_that_is_always_wrong_gets_no_weight() -> None:
    lists = tuple(random_lists(30))
    scores = [-5 * (np.arange(12) == each.truth).astype(np.float32) for each in lists]
    assert best_weight(lists, scores).weight == 0


def test_without_a_known_answer_retrieval_stays_as_it_is() -> None:
    assert best_weight((asked([2, 1], -1),), [floats(1, 2)]).weight == 0
    assert best_weight((), []).weight == 0


def test_no_score_is_too_large_to_be_blended() -> None:
    assert np.isfinite(best_weight((asked([500, -500], 1),), [floats(-900, 900)]).likelihood)


# --- the budget -------------------------------------------------------------


def test_a_budget_is_spent_by_the_clock_or_by_epochs() -> None:
    assert Budget(minutes=2).share(seconds=30, epoch=99) == 0.25
    assert Budget(epochs=4).share(seconds=1e9, epoch=1) == 0.25
    assert Budget(epochs=4).share(0, 4) == Budget(minutes=1).share(60, 0) == 1
