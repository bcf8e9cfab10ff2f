"""Rows of `eval rank` that leave out what reviews say, or reviews: what is left is fitted without them."""

from pathlib import Path

import numpy as np
import pytest

from eval.models.registry import Model, NotInstalled, Prepared, make_model
from eval.models.retrieval import Fusion
from eval.rank.protocols import Split, split_domain
from index.build.builder import build_with
from index.build.loading import OpenedDomain
from index.data.domain import load_domain
from index.retrieval.fusion_features import COLUMNS
from index.retrieval.review_sources import REVIEW_COLUMNS
from index.retrieval.sentiment_features import SENTIMENT_COLUMNS
from index.types import Floats
from tests.helpers_index import HashingEncoder
from tests.helpers_small import builder, walks, write_domain
from tests.test_index_sentiment import builder as judging_builder
from tests.test_index_sentiment import written

READ = {
    "fusion": (*COLUMNS, *REVIEW_COLUMNS, *SENTIMENT_COLUMNS),
    "fusion-no-sentiment": (*COLUMNS, *REVIEW_COLUMNS),
    "fusion-no-reviews": COLUMNS,
}


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def opened(name: str) -> OpenedDomain:
    return OpenedDomain(load_domain(name), HashingEncoder())


def fitted(name: str, split: Split) -> Fusion:
    model = make_model(name)
    assert isinstance(model, Fusion)
    model.fit(split.training)
    return model


def test_each_row_reads_what_its_name_says_and_scores_differ() -> None:
    name = written()
    build_with(judging_builder(), name)
    split = split_domain(opened(name), "leave-one-out", seed=3)
    shown = split.training.histories
    scores: dict[str, Floats] = {}
    for model_name, columns in READ.items():
        model = fitted(model_name, split)
        assert model.retriever.fusion.columns == model.retriever.features.columns == columns
        channels = {each.name for each in model.retriever.channels}
        assert ("reviews" in channels) == (model_name != "fusion-no-reviews")
        scores[model_name] = model.scores(shown)
    full = scores["fusion"]
    assert not any(np.array_equal(full, other) for row, other in scores.items() if row != "fusion")


def test_a_row_without_reviews_is_the_fusion_of_a_domain_that_never_had_any() -> None:
    name = written()
    build_with(judging_builder(), name)
    with_reviews = split_domain(opened(name), "leave-one-out", seed=3)
    plain = write_domain(walks(n_users=60), name="plain")
    build_with(builder(), plain.name)
    without = split_domain(opened("plain"), "leave-one-out", seed=3)
    one, other = fitted("fusion-no-reviews", with_reviews), fitted("fusion", without)
    assert np.array_equal(one.scores(with_reviews.training.histories), other.scores(without.training.histories))


@pytest.mark.parametrize("model_name", ["fusion-no-sentiment", "fusion-no-reviews"])
def test_a_domain_that_has_nothing_to_leave_out_gets_a_row_that_says_so(model_name: str) -> None:
    domain = write_domain(walks())
    build_with(builder(), domain.name)
    model: Model = make_model(model_name)
    assert isinstance(model, Prepared)
    with pytest.raises(NotInstalled, match=r"has no (sentiment|reviews) to leave out"):
        model.prepare(opened(domain.name))
