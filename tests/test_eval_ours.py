"""Our own models in an evaluation: what they may see, what they rank, and adapters that might know the answers."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.ranking import history_query
from eval.__main__ import main
from eval.models.adapter_checks import adapter_under_test, refuse_trained_on_test
from eval.models.registry import NotInstalled, Prepared, Training, make_model
from eval.models.retrieval import fitted_retriever
from eval.predict.agent_scores import agent_scores
from eval.predict.questions import make_questions
from eval.rank.protocols import Split, split_domain
from index.build.builder import build_domain
from index.build.loading import OpenedDomain
from index.data.domain import Histories, load_domain
from index.errors import MendableError
from index.retrieval.query import Query
from index.retrieval.retriever import CANDIDATES
from index.storage.home import adapters_folder
from tests.helpers_index import files_below
from tests.helpers_small import N_ITEMS, Small, history, things, walks, write_domain

OURS = ("text", "behaviour", "fusion", "bert")


@pytest.fixture
def split(tuned: Small) -> Split:
    return split_domain(OpenedDomain(load_domain(tuned.name)), "leave-one-out", seed=3)


@pytest.fixture
def own(tuned_once: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """The small domain in a home that may be written to."""
    shutil.copytree(tuned_once.home, tmp_path / "home")
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return replace(tuned_once, home=tmp_path / "home")


def prepared(name: str, small: Small) -> str:
    model = make_model(name)
    assert isinstance(model, Prepared)
    return model.prepare(OpenedDomain(load_domain(small.name)))


@pytest.mark.parametrize("name", OURS)
def test_a_model_of_ours_gives_a_finite_score_or_none_for_every_item(name: str, split: Split) -> None:
    model = make_model(name)
    model.fit(split.training)
    histories = split.test.histories
    scores = model.scores(histories)
    assert scores.shape == (len(histories), N_ITEMS)
    assert not np.isnan(scores).any()
    assert not np.isposinf(scores).any()
    if name in ("fusion", "bert"):  # of a small catalogue every item that was not had is a candidate
        for shown, own in zip(histories, scores, strict=True):
            assert set(np.flatnonzero(np.isneginf(own)).tolist()) == set(shown.rows.tolist())


@pytest.mark.parametrize("name", OURS)
def test_scores_depend_on_the_history_that_is_asked_about_alone(name: str, split: Split) -> None:
    model = make_model(name)
    model.fit(split.training)
    whole = split.test.histories
    one_by_one = np.concatenate([model.scores(whole.select_users(np.array([n]))) for n in range(5)])
    assert one_by_one == pytest.approx(model.scores(whole)[:5], abs=1e-4)


@pytest.mark.parametrize("name", OURS)
def test_somebody_without_a_history_is_ranked_for(name: str, split: Split) -> None:
    model = make_model(name)
    model.fit(split.training)
    scores = model.scores(Histories.of(("new",), (history(),)))
    assert scores.shape == (1, N_ITEMS)
    assert not np.isnan(scores).any()


def test_the_order_of_items_in_the_split_changes_no_score(split: Split) -> None:
    for name in OURS:
        own, moved = make_model(name), make_model(name)
        own.fit(split.training)
        moved.fit(_turned(split.training))
        histories = split.test.histories.select_users(np.arange(5))
        turned = replace(histories, rows=N_ITEMS - 1 - histories.rows)
        assert moved.scores(turned)[:, ::-1] == pytest.approx(own.scores(histories), abs=1e-4), name


def _turned(training: Training) -> Training:
    """The same with its items in the opposite order."""
    histories = replace(training.histories, rows=N_ITEMS - 1 - training.histories.rows)
    catalogue = replace(training.catalogue, items=training.catalogue.items[::-1])
    return replace(training, catalogue=catalogue, histories=histories, original=training.original[::-1])


def test_candidates_of_a_history_have_nothing_of_it(split: Split) -> None:
    retriever = fitted_retriever(split.training)
    for shown in split.training.unshuffled(split.test.histories):
        found = retriever.retrieve(history_query(retriever.catalogue, shown), CANDIDATES)
        assert not set(found.rows.tolist()) & set(shown.rows.tolist())
        assert len(found) == min(CANDIDATES, N_ITEMS - len(set(shown.rows.tolist())))


def test_the_reranker_ranks_as_the_agent_does(tuned: Small) -> None:
    """On the candidates of its own retrieval: fused scores and the reader's blended word."""
    split = split_domain(OpenedDomain(load_domain(tuned.name)), "leave-one-out", seed=3)
    fusion, bert = make_model("fusion"), make_model("bert")
    for model in (fusion, bert):
        model.fit(split.training)
    blend = json.loads((adapters_folder(tuned.name) / "bert" / "reranker.json").read_text())["blend"]
    before, after = fusion.scores(split.test.histories), bert.scores(split.test.histories)
    finite = np.isfinite(before)
    assert np.array_equal(finite, np.isfinite(after))
    assert (blend > 0) == (np.abs(after[finite] - before[finite]).max() > 0)


# --- adapters that might know the answers -----------------------------------


def test_an_adapter_of_these_events_is_taken(tuned: Small, split: Split) -> None:
    domain = load_domain(tuned.name)
    assert adapter_under_test(domain, "bert") == adapters_folder(tuned.name) / "bert"
    refuse_trained_on_test(split.training, adapter_under_test(domain, "bert"))


def test_an_adapter_that_was_taught_with_other_events_is_refused(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    for other in (
        domain.histories.truncate(domain.histories.lengths - 1),  # its test events are the other's validation events
        replace(domain.histories, users=("x", *domain.histories.users[1:])),
    ):
        with pytest.raises(MendableError, match=r"trained on other events.*finetune rank"):
            adapter_under_test(replace(domain, histories=other), "bert")


def test_an_adapter_knows_nothing_of_items_without_events(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    wider = replace(domain.catalogue, items=(*domain.catalogue.items, replace(things(1)[0], item_id="new")))
    assert adapter_under_test(replace(domain, catalogue=wider), "bert").name == "bert"


def test_under_one_instant_for_all_an_adapter_is_refused_because_it_was_taught_what_is_asked(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    by_time = split_domain(OpenedDomain(domain), "time", seed=3)
    with pytest.raises(MendableError, match="leave-one-out"):
        refuse_trained_on_test(by_time.training, adapter_under_test(domain, "bert"))
    with pytest.raises(MendableError, match="may know the answers"):
        make_model("bert").fit(by_time.training)
    make_model("fusion").fit(by_time.training)


def test_trials_on_validation_events_may_use_an_adapter_that_was_taught_without_them(tuned: Small) -> None:
    split = split_domain(OpenedDomain(load_domain(tuned.name)), "leave-one-out", seed=3)
    domain = load_domain(tuned.name)
    refuse_trained_on_test(split.tuning, adapter_under_test(domain, "bert"))


def test_a_domain_without_an_adapter_is_refused_before_anything_is_run(
    home: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    domain = write_domain(walks())
    build_domain(domain.name, encoder=str(tiny))
    with pytest.raises(MendableError, match=r"no bert adapter for small.*finetune rank"):
        main(["rank", "--domain", domain.name, "--models", "popularity,bert", "--json"])
    assert not list(home.glob("evaluations/*"))


def test_a_tuned_gpt_that_nobody_has_trained_has_a_row_that_says_so(tuned: Small) -> None:
    with pytest.raises(NotInstalled, match="not installed: no gpt adapter"):
        prepared("gpt", tuned)


def test_what_a_result_depends_on_changes_with_the_adapter(own: Small) -> None:
    before = prepared("bert", own)
    assert prepared("bert", own) == before
    path = adapters_folder(own.name) / "bert" / "reranker.json"
    path.write_text(path.read_text().replace('"blend"', ' "blend"'))
    assert prepared("bert", own) != before


# --- the command ------------------------------------------------------------


def test_our_models_stand_in_one_table_and_leave_the_index_as_it_is(
    own: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {name: files_below(own.home / name) for name in ("indexes", "adapters", "domains")}
    main(["rank", "--domain", own.name, "--models", ",".join(OURS), "--json"])
    rows = json.loads(capsys.readouterr().out)["models"]
    assert list(rows) == list(OURS)
    assert all(0 < rows[name]["ndcg@10"]["mean"] <= 1 for name in OURS)
    assert rows["behaviour"]["ndcg@10"]["mean"] > 0.3  # steps of one or two: nearly always among the next
    assert {name: files_below(own.home / name) for name in before} == before


# --- scores for `predict` ---------------------------------------------------


def test_the_agents_score_of_a_question_is_the_fused_one_after_what_lay_before(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    split = split_domain(OpenedDomain(domain), "leave-one-out", seed=3)
    questions = make_questions(replace(domain, histories=split.training.histories, catalogue=split.catalogue), seed=1)
    few = questions.of(np.isin(np.arange(len(questions)), (0, 1, 17, 40)))
    found = agent_scores(split.training, few)
    assert np.isfinite(found).all()
    retriever = fitted_retriever(split.training)
    for n in range(len(few)):
        shown = split.training.unshuffled(few.histories)[int(few.owners[n])].before(int(few.places[n]))
        row = split.training.original[few.rows[n : n + 1]]
        fused = retriever.fused_scores(Query(shown), retriever.features.of(shown), row)
        assert found[n] == pytest.approx(fused[0], abs=1e-5)
