"""The sequence reranker: its scores depend on the history alone, not on its neighbours or the order of candidates."""

from pathlib import Path

import numpy as np
import pytest
import torch

from agent.rerank.adapters import LoadedReranker
from agent.rerank.sequence_prompt import PromptBatch, make_prompt, pad_prompts
from agent.rerank.sequence_scorer import SequenceScorer, inputs_of
from finetune.objective import autocast
from index.data.domain import Catalogue
from index.data.records import History, Item
from index.types import Floats
from tests.helpers_reranker import DIM, LONG, SCALE, SHOWN, random_reranker, scorer_of
from tests.helpers_small import N_ITEMS, history, rows_of, things, unit_vectors


@pytest.fixture(scope="module")
def loaded(tiny: Path) -> LoadedReranker:
    return random_reranker(tiny)


@pytest.fixture(scope="module")
def scorer(loaded: LoadedReranker) -> SequenceScorer:
    return scorer_of(loaded)


def states(scorer: SequenceScorer, batch: PromptBatch) -> Floats:
    with torch.inference_mode():
        text, ids = inputs_of(batch, scorer.texts, scorer.numbers)
        return np.asarray(scorer.loaded.reranker.states(text, ids, batch).numpy())


# --- scores -----------------------------------------------------------------


def test_a_batch_of_histories_equals_one_by_one(scorer: SequenceScorer) -> None:
    together = scorer.log_odds(SHOWN)
    for shown, scores in zip(SHOWN, together, strict=True):
        assert scores == pytest.approx(scorer.log_odds([shown])[0], abs=1e-4)
        assert scores.shape == (N_ITEMS,)


def test_padding_changes_no_state(scorer: SequenceScorer) -> None:
    prompts = [make_prompt(each, SCALE) for each in SHOWN]
    wide = states(scorer, pad_prompts(prompts))
    for place, prompt in enumerate(prompts):
        alone = states(scorer, pad_prompts([prompt]))[0]
        assert wide[place, -len(alone) :] == pytest.approx(alone, abs=1e-4)


def test_padding_breaks_nothing_where_the_processor_computes_in_half_precision(scorer: SequenceScorer) -> None:
    with autocast(torch.device("cpu")):
        together = scorer.log_odds(SHOWN)
    for scores, exact in zip(together, scorer.log_odds(SHOWN), strict=True):
        assert scores == pytest.approx(exact, abs=0.05 * float(np.abs(exact).max()))


def test_a_later_event_changes_no_earlier_state(scorer: SequenceScorer) -> None:
    for place in (1, 4, 10, 19):
        other = LONG.rows.copy()
        other[place] = (other[place] + 11) % N_ITEMS
        values = LONG.values.copy()
        values[place] = 6 - values[place]
        before = states(scorer, pad_prompts([make_prompt(LONG, SCALE)]))[0]
        after = states(scorer, pad_prompts([make_prompt(History(other, values, LONG.times), SCALE)]))[0]
        assert after[:place] == pytest.approx(before[:place], abs=1e-5)
        assert np.abs(after[place:] - before[place:]).max(1).min() > 1e-4  # and each state from there on


def test_the_score_of_a_row_does_not_depend_on_the_others_or_their_order(scorer: SequenceScorer) -> None:
    whole = scorer.log_odds(SHOWN)
    rows = np.random.default_rng(2).permutation(N_ITEMS)[:13]
    for shown, scores in zip(scorer.log_odds(SHOWN, [rows] * len(SHOWN)), whole, strict=True):
        assert shown == pytest.approx(scores[rows], abs=1e-5)
    assert scorer.log_odds([SHOWN[0]], [rows_of()])[0].shape == (0,)


@pytest.mark.parametrize("changed", ["order", "value", "pace", "oldest"])
def test_order_value_pace_and_the_oldest_event_change_the_scores(scorer: SequenceScorer, changed: str) -> None:
    shown = SHOWN[1]
    assert shown.times is not None
    others = {
        "order": History(shown.rows[[1, 0, 2, 3, 4]], shown.values, shown.times),
        "value": history(*shown.rows, values=[1, 5, 3, 4, 5], times=shown.times.tolist()),
        "pace": History(shown.rows, shown.values, shown.times * 100),
        "oldest": History(shown.rows[1:], shown.values[1:], shown.times[1:]),
    }
    assert np.abs(scorer.log_odds([others[changed]])[0] - scorer.log_odds([shown])[0]).max() > 1e-3


def test_a_history_without_events_gives_zeros(scorer: SequenceScorer) -> None:
    scores = scorer.log_odds([history(), SHOWN[0]], [rows_of(1, 2), rows_of(3)])
    assert scores[0].tolist() == [0, 0]
    assert scores[1].any()
    assert scorer.log_odds([]) == []


def test_an_item_unknown_to_the_reranker_is_scored_by_its_text(loaded: LoadedReranker) -> None:
    vectors = unit_vectors(N_ITEMS + 3, DIM)
    vectors[-1] = vectors[-2]
    new = [Item(f"new {n}", f"New {n}") for n in range(3)]
    wider = SequenceScorer(loaded, Catalogue((*things(), *new)), vectors)
    old = SequenceScorer(loaded, Catalogue(things()), vectors[:N_ITEMS])
    for before, after in zip(old.log_odds(SHOWN), wider.log_odds(SHOWN), strict=True):
        assert after[:N_ITEMS] == pytest.approx(before, abs=1e-5)
        assert np.isfinite(after).all()
        assert after[-1] == pytest.approx(after[-2])
        assert abs(after[-3] - after[-2]) > 1e-4
    assert np.isfinite(wider.log_odds([history(N_ITEMS, N_ITEMS + 1)])[0]).all()


def test_rows_of_another_catalogue_are_found_by_their_ids(loaded: LoadedReranker, scorer: SequenceScorer) -> None:
    order = np.random.default_rng(8).permutation(N_ITEMS)
    new_row = np.argsort(order)
    moved = SequenceScorer(loaded, Catalogue(tuple(things()[row] for row in order)), unit_vectors(dim=DIM)[order])
    shown = History(new_row[LONG.rows], LONG.values, LONG.times)
    assert moved.log_odds([shown])[0][new_row] == pytest.approx(scorer.log_odds([LONG])[0], abs=1e-4)


def test_a_history_that_grows_extends_its_prefix_and_scores_as_if_computed_at_once(scorer: SequenceScorer) -> None:
    fresh = SequenceScorer(scorer.loaded, scorer.catalogue, scorer.vectors)
    for n in (8, 9, 12, 11, 20):
        shown = History(LONG.rows[:n], LONG.values[:n], None if LONG.times is None else LONG.times[:n])
        together = scorer.log_odds([shown, SHOWN[0]])[0]
        assert fresh.log_odds([shown])[0] == pytest.approx(together, abs=1e-4)
    assert fresh.prefix_cache.tokens_read == 8 + 1 + 3 + 1 + 8  # undone to eleven: the eleventh again, for its state
