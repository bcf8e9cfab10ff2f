"""The text reranker: its prompt, that packing changes nothing, and that saving and loading change nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from agent.recommendation import RankerCard
from agent.rerank.adapter_files import SETTINGS
from agent.rerank.blend import Blend
from agent.rerank.data_fingerprint import DataFingerprint
from agent.rerank.rankers import TunedRanker
from agent.rerank.sequence_prompt import Scale
from agent.rerank.text_prompt import MAX_CANDIDATE_TOKENS, MAX_EVENTS, candidate_text, history_text
from agent.rerank.text_reranker import (
    LoadedTextReranker,
    TextRerankerSettings,
    TextScorer,
    load_text_reranker,
    new_text_reranker,
    save_text_reranker,
)
from index.data.domain import Catalogue
from index.data.records import Item
from index.embedding.model_files import resolve
from index.errors import MendableError
from index.retrieval.query import Candidates, Query
from index.types import Floats
from tests.helpers_small import N_ITEMS, history, rows_of, things, walks

SCALE = Scale(1, 5)
ROWS = rows_of(3, 17, 25, 8)
WORDS = ("star wars", "a film about dogs", "space", "dogs", "star", "wars about a film", "space dogs")
TITLED = tuple(Item(f"i{row}", f"{WORDS[row % 7]} {WORDS[row % 5]}") for row in range(N_ITEMS))  # words the base knows
SHOWN = history(3, 5, 9, values=[1, 5, 3])


@pytest.fixture(scope="module")
def loaded(tiny: Path) -> LoadedTextReranker:
    base = resolve(str(tiny))
    reranker, tokenizer = new_text_reranker(base.name, layers=2, rank=2, seed=1)
    torch.manual_seed(5)
    with torch.no_grad():
        for value in reranker.parameters():
            if value.requires_grad:
                value.add_(0.3 * torch.randn_like(value))
    data = DataFingerprint("d" * 64, "a" * 64, "b" * 64, 9, "0" * 16, "")
    settings = TextRerankerSettings(base.name, base.sha256, 2, 2, SCALE, blend=Blend(0.5), data=data)
    return LoadedTextReranker(reranker.eval(), settings, tokenizer, Catalogue(TITLED).ids, Path())


def scorer_of(loaded: LoadedTextReranker) -> TextScorer:
    return TextScorer(loaded, Catalogue(TITLED))


def scores(loaded: LoadedTextReranker, *rows: int) -> Floats:
    return scorer_of(loaded).log_odds([SHOWN], [rows_of(*rows)])[0]


# --- the prompt -------------------------------------------------------------


def test_the_prompt_names_liked_and_disliked_items_newest_last() -> None:
    text = history_text(history(0, 1, 2, values=[1, 5, float("nan")]), Catalogue(things()), SCALE)
    assert text == "hated Star number 0 (1950); loved Star number 1 (1951); had Star number 2 (1952);"


def test_only_the_newest_events_are_in_the_prompt() -> None:
    text = history_text(walks(1, length=60)[0], Catalogue(things()), SCALE)
    assert text.count(";") == MAX_EVENTS


def test_a_candidate_is_named_with_its_categories() -> None:
    assert candidate_text(things()[4]) == "Star number 4 (1954), Drama"
    assert candidate_text(Item("x", "Plain")) == "Plain"


def test_however_long_the_texts_a_pair_fits_into_the_base(loaded: LoadedTextReranker) -> None:
    tokenizer = loaded.tokenizer
    long = "star wars about dogs " * 300
    text, candidate = tokenizer.history(long), tokenizer.candidates([long, "dogs"])
    assert text.shape[1] + candidate.ids.shape[1] <= tokenizer.max_tokens
    assert candidate.present.sum(1).tolist() == [tokenizer.of_candidate + 1, 2]
    assert tokenizer.of_candidate <= MAX_CANDIDATE_TOKENS
    assert text[0, -2].item() == tokenizer.history("dogs")[0, -2].item()  # the newest words stay


def test_half_a_character_is_no_error(loaded: LoadedTextReranker) -> None:
    assert loaded.tokenizer.candidates(["dogs \ud83d"]).ids.shape[0] == 1


# --- scores -----------------------------------------------------------------


def test_a_candidate_scores_alike_alone_and_among_others(loaded: LoadedTextReranker) -> None:
    together = scores(loaded, *ROWS)
    assert np.abs(together - together[0]).max() > 1e-3
    for row, score in zip(ROWS, together, strict=True):
        assert scores(loaded, int(row))[0] == pytest.approx(score, rel=1e-4, abs=1e-6)


def test_without_training_it_adds_nothing(tiny: Path, loaded: LoadedTextReranker) -> None:
    reranker, tokenizer = new_text_reranker(str(tiny), layers=2, rank=2, seed=1)
    assert not scores(
        LoadedTextReranker(reranker.eval(), loaded.settings, tokenizer, Catalogue(TITLED).ids, Path()), *ROWS
    ).any()


def test_the_history_changes_the_scores_and_without_one_they_are_zero(loaded: LoadedTextReranker) -> None:
    scorer = scorer_of(loaded)
    other = scorer.log_odds([replace(SHOWN, values=SHOWN.values[::-1].copy())], [ROWS])[0]
    assert np.abs(other - scores(loaded, *ROWS)).max() > 1e-4
    assert scorer.log_odds([history()], [ROWS])[0].tolist() == [0] * len(ROWS)
    assert scorer.log_odds([SHOWN], [rows_of()])[0].shape == (0,)


def test_a_second_turn_with_the_same_history_computes_no_prefix_again(loaded: LoadedTextReranker) -> None:
    scorer = scorer_of(loaded)
    first = scorer.log_odds([SHOWN], [ROWS])[0]
    read = scorer.prefix_cache.tokens_read
    assert scorer.log_odds([SHOWN], [ROWS])[0] == pytest.approx(first)
    assert scorer.prefix_cache.tokens_read == read > 0


def test_as_a_ranker_it_corrects_the_fused_score(loaded: LoadedTextReranker) -> None:
    fused = np.array([1.0, 0.5, 0.2, 0.1], np.float32)
    candidates = Candidates(ROWS, np.zeros((4, 0), np.float32), fused, ())
    ranker = TunedRanker(scorer_of(loaded), RankerCard("bert-words"))
    judged = [each.score for each in ranker.judge(Query(SHOWN), candidates)]
    assert judged == pytest.approx((fused + 0.5 * scores(loaded, *ROWS)).tolist(), abs=1e-5)


# --- on disk ----------------------------------------------------------------


def test_saving_and_loading_changes_nothing(loaded: LoadedTextReranker, tmp_path: Path) -> None:
    save_text_reranker(tmp_path, loaded)
    again = load_text_reranker(tmp_path)
    assert again.settings == loaded.settings
    assert scores(again, *ROWS) == pytest.approx(scores(loaded, *ROWS), abs=1e-6)
    assert len(again.sha256) == 64


def test_an_adapter_of_another_base_or_format_is_refused(loaded: LoadedTextReranker, tmp_path: Path) -> None:
    save_text_reranker(tmp_path, replace(loaded, settings=replace(loaded.settings, base_sha256="0" * 64)))
    with pytest.raises(MendableError, match="000000000000"):
        load_text_reranker(tmp_path)
    (tmp_path / SETTINGS).write_text("{}")
    with pytest.raises(MendableError, match="cannot read an adapter"):
        load_text_reranker(tmp_path)


def test_every_row_of_the_catalogue_can_be_scored(loaded: LoadedTextReranker) -> None:
    assert np.isfinite(scores(loaded, *range(N_ITEMS))).all()
