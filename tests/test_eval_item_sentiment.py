"""`eval sentiment --domain`: one line an item, and how far the words agree with the stars."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval.sentiment.items import compare_with_stars, items_lines, run_items
from index.build.builder import build_with
from index.build.loading import open_index
from index.data.known_reviews import UNKNOWN_TIME
from index.errors import MendableError
from index.sentiment.aspects import Aspects
from index.sentiment.item_sentiment import ItemSentiments
from index.sentiment.review_opinions import Mentions, ReviewOpinions
from tests.helpers_index import HashingEncoder, text_builder
from tests.helpers_small import N_ITEMS, walks, write_domain
from tests.test_index_sentiment import TEXTS, opened


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def opinions_of(rows: np.ndarray, scores: np.ndarray) -> ReviewOpinions:
    """Reviews of these scores, which mention nothing."""
    none = np.zeros(0, np.int64)
    mentions = Mentions(none, none, np.zeros(0, np.float32), np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64))
    n, words = len(rows), np.zeros(0, np.uint8)
    ids, times = tuple(f"r{k}" for k in range(n)), np.full(n, UNKNOWN_TIME)
    p = np.asarray((scores + 1) / 2, np.float32)
    return ReviewOpinions(rows, ids, ("",) * n, times, scores, p, mentions, Aspects(), words)


def compared(scores: np.ndarray, stars: np.ndarray, rows: np.ndarray) -> dict[str, object]:
    opinions = opinions_of(rows, scores.astype(np.float32))
    return compare_with_stars(opinions, ItemSentiments(opinions, int(rows.max()) + 1), stars.astype(np.float32), 1)


ROWS = np.repeat(np.arange(20), 12)
STARS = np.clip(np.round(1 + ROWS / 5), 1, 5)


@pytest.mark.parametrize(("sign", "expected"), [(1, 1.0), (-1, -1.0)])
def test_scores_that_rise_with_the_stars_agree_wholly_and_those_that_fall_not_at_all(
    sign: int, expected: float
) -> None:
    found = compared(sign * (STARS - 3) / 2, STARS, ROWS)
    assert found["spearman"]["mean"] == pytest.approx(expected, abs=1e-6)  # type: ignore[index]  # figures are there
    assert found["n_items"] == 20 and found["accuracy"] == (1.0 if sign > 0 else 0.0)


def test_items_of_few_reviews_are_not_compared_and_reviews_of_the_middle_are_left_out() -> None:
    rows = np.concatenate([ROWS, [20, 20]])
    stars = np.concatenate([STARS, [3, 3]])
    found = compared((stars - 3) / 2, stars, rows)
    assert found["n_items"] == 20
    assert found["n_reviews"] == int((stars != 3).sum())


@pytest.mark.parametrize("stars", [np.full(len(ROWS), np.nan), np.full(len(ROWS), 4.0)])
def test_without_stars_that_differ_it_says_why(stars: np.ndarray) -> None:
    assert "stars" in str(compared((STARS - 3) / 2, stars, ROWS)["why"])


def test_each_item_has_its_line_null_where_none_of_its_reviews_was_judged(tmp_path: Path) -> None:
    index = opened()
    printed = run_items(index, tmp_path / "out.jsonl", 1)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["item_id"] for row in rows] == list(index.domain.catalogue.ids)
    assert sum(row["n_reviews"] for row in rows) == printed["reviews"]["n_judged"] - 1
    assert all((row["score"] is None) == (row["n_reviews"] == 0) for row in rows)
    assert printed["n_items_with_sentiment"] == 4 and printed["n_items"] == N_ITEMS
    assert "why" in printed["stars"] and len(TEXTS) == 9
    assert "4 of 40 items" in "\n".join(items_lines(printed))


def test_an_index_without_sentiment_is_one_line() -> None:
    domain = write_domain(walks())
    build_with(text_builder(), domain.name)
    with pytest.raises(MendableError, match=r"no sentiment, --domain"):
        run_items(open_index(domain, HashingEncoder()), None, 1)
