"""What a reader is taught: the softmax over all items, and that a sample of them says the same on average."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from agent.rerank.adapters import LoadedReranker
from agent.rerank.sequence_scorer import SequenceScorer
from finetune import objective
from finetune.batches import Batch, epoch_batches
from finetune.initial_weights import share_unknown
from finetune.negatives import Negatives
from finetune.objective import NextItemObjective
from tests.helpers_reranker import SCALE, random_reranker, scorer_of
from tests.helpers_small import N_ITEMS, walks


@pytest.fixture(scope="module")
def loaded(tiny: Path) -> LoadedReranker:
    return random_reranker(tiny)


@pytest.fixture
def scorer(loaded: LoadedReranker) -> SequenceScorer:
    return scorer_of(loaded)


@pytest.fixture
def batch() -> Batch:
    return epoch_batches(walks(), SCALE, 1, 0)[0]


def train_adapter(scorer: SequenceScorer) -> NextItemObjective:
    return NextItemObjective(scorer.texts, scorer.numbers, np.bincount(walks().rows, minlength=N_ITEMS))


def loss(scorer: SequenceScorer, batch: Batch, seed: int) -> float:
    with torch.inference_mode():
        return float(train_adapter(scorer).loss(scorer.loaded.reranker, batch, seed))


def test_what_was_had_before_is_no_choice(scorer: SequenceScorer, batch: Batch) -> None:
    """Among fewer items the true one is likelier: with nothing barred the loss would be that of all items."""
    reranker = scorer.loaded.reranker
    with torch.inference_mode():
        known = torch.from_numpy(batch.next_rows >= 0)
        text, ids = scorer.texts[batch.prompts.rows], scorer.numbers[batch.prompts.rows]
        states = reranker.states(text, ids, batch.prompts)[known]
        scores = reranker.scores(states, reranker.items(scorer.texts, scorer.numbers), scorer.numbers)
        among_all = torch.nn.functional.cross_entropy(scores, torch.from_numpy(batch.next_rows)[known])
    assert loss(scorer, batch, 1) < float(among_all)


def test_a_sample_of_the_items_says_nearly_the_same(
    scorer: SequenceScorer, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = loss(scorer, batch, 1)
    monkeypatch.setattr(objective, "FULL_UP_TO", 1)
    monkeypatch.setattr(objective, "NEGATIVES", 4_000)
    sampled = [loss(scorer, batch, seed) for seed in range(5)]
    assert np.mean(sampled) == pytest.approx(whole, abs=0.3)  # of log(40) = 3.7; the sample bars nothing that was had
    assert np.std(sampled) < 0.05


def test_the_same_seed_draws_the_same_negatives(
    scorer: SequenceScorer, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objective, "FULL_UP_TO", 1)
    monkeypatch.setattr(objective, "NEGATIVES", 16)
    assert loss(scorer, batch, 7) == loss(scorer, batch, 7)
    assert loss(scorer, batch, 7) != loss(scorer, batch, 8)


def test_a_popular_item_is_drawn_more_and_one_without_events_never() -> None:
    chances = Negatives.of(np.array([0, 99, 24, *[3] * (N_ITEMS - 3)])).chances
    assert chances.sum() == pytest.approx(1)
    assert chances[1] == pytest.approx(2 * chances[2])
    assert chances[0] == 0


def test_items_are_forgotten_by_rarity_and_those_without_events_always(scorer: SequenceScorer) -> None:
    counts = np.array([0, 1, 9, 999, *[3] * (N_ITEMS - 4)])
    objective_of = NextItemObjective(scorer.texts, scorer.numbers, counts, forgetting=1.0)
    unknown = scorer.loaded.reranker.shape.n_ids
    drawn = torch.stack([objective_of.numbers_at(scorer.loaded.reranker, seed) for seed in range(400)])
    shares = (drawn == unknown).float().mean(0)
    assert shares[:4].tolist() == pytest.approx([1.0, 0.5, 0.1, 0.001], abs=0.08)
    assert torch.equal(drawn[0], objective_of.numbers_at(scorer.loaded.reranker, 0))
    kept = drawn != unknown
    assert torch.equal(drawn[kept], scorer.numbers.expand_as(drawn)[kept])


@pytest.mark.parametrize("full_up_to", [10_000, 1])
def test_nothing_is_learned_of_an_item_without_events(
    scorer: SequenceScorer, full_up_to: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objective, "FULL_UP_TO", full_up_to)
    events, cold = walks(), [3, 7]
    events = events.select_events(~np.isin(events.rows, cold))
    batch, counts = epoch_batches(events, SCALE, 1, 0)[0], np.bincount(events.rows, minlength=N_ITEMS)
    moved = scorer.texts.clone()
    moved[cold] += 3.0
    losses = [
        NextItemObjective(texts, scorer.numbers, counts, forgetting=0.0).loss(scorer.loaded.reranker, batch, 1).item()
        for texts in (scorer.texts, moved)
    ]
    assert losses[0] == losses[1]


def test_items_without_events_are_scored_as_any_unknown_item(tiny: Path) -> None:
    loaded = random_reranker(tiny)
    counts = np.ones(N_ITEMS, np.int64)
    counts[[3, 7]] = 0
    share_unknown(loaded.reranker, counts)
    stranger = replace(loaded, item_ids=tuple(f"other {item_id}" for item_id in loaded.item_ids))
    known, unknown = (scorer_of(each).log_odds([walks()[0]])[0] for each in (loaded, stranger))
    history_is_known = SequenceScorer(stranger, scorer_of(loaded).catalogue, scorer_of(loaded).vectors)
    assert history_is_known.numbers.tolist() == [loaded.reranker.shape.n_ids] * N_ITEMS
    weights = loaded.reranker.ids.weight
    assert torch.equal(weights[3], weights[-1]) and torch.equal(weights[7], weights[-1])
    assert not torch.equal(weights[4], weights[-1])
    assert known[3] != known[7] and unknown[3] != unknown[7]  # their texts tell them apart
