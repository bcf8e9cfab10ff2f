"""What a reader is taught: the softmax over all items, and that a sample of them says the same on average."""

from pathlib import Path

import numpy as np
import pytest
import torch

from agent.rerank.adapters import LoadedReranker
from agent.rerank.sequence_scorer import SequenceScorer
from finetune import objective
from finetune.batches import Batch, epoch_batches
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


def test_an_item_without_events_can_be_drawn_and_a_popular_one_is_drawn_more() -> None:
    chances = Negatives.of(np.array([0, 99, *[3] * (N_ITEMS - 2)])).chances
    assert chances.sum() == pytest.approx(1)
    assert chances[1] == pytest.approx(10 * chances[0])
    assert chances[0] > 0
