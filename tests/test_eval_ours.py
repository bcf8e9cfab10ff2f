"""Our own models in an evaluation: what they may see, what they rank, and adapters that might know the answers."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.ranking import history_query
from eval.__main__ import main
from eval.models.adapter_checks import adapter_under_test, is_served, refuse_trained_on_test
from eval.models.registry import NotInstalled, Prepared, Training, make_model
from eval.models.retrieval import fitted_retriever
from eval.predict.agent_scores import agent_scores
from eval.predict.questions import make_questions
from eval.rank.protocols import Split, split_domain
from index.build.builder import build_domain
from index.build.loading import OpenedDomain
from index.data.domain import Domain, Histories, load_domain
from index.errors import MendableError
from index.parallel import MIN_ITEMS
from index.retrieval.candidate_pool import CANDIDATES
from index.retrieval.query import Query
from tests.helpers_index import files_below
from tests.helpers_small import N_ITEMS, Small, history, things, walks, write_domain
from tests.helpers_training import serving

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


@pytest.mark.parametrize("name", ["fusion", "bert", "agent"])
def test_scores_of_users_for_whom_two_processes_retrieve_are_those_of_one(
    name: str, split: Split, use_cores: Callable[[int], None]
) -> None:
    model = make_model(name)
    model.fit(split.training)
    found = []
    for n in (2, 1):
        use_cores(n)
        found.append(model.scores(split.test.histories))
    two, one = found
    assert len(two) >= MIN_ITEMS  # fewer are not spread
    assert np.array_equal(two, one)


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
    """On the candidates of its own retrieval: fused scores plus the reranker's blended log odds."""
    split = split_domain(OpenedDomain(load_domain(tuned.name)), "leave-one-out", seed=3)
    fusion, bert = make_model("fusion"), make_model("bert")
    for model in (fusion, bert):
        model.fit(split.training)
    blend = json.loads((serving(tuned.name) / "reranker.json").read_text())["blend"]
    before, after = fusion.scores(split.test.histories), bert.scores(split.test.histories)
    finite = np.isfinite(before)
    assert np.array_equal(finite, np.isfinite(after))
    assert (blend["weight"] > 0) == (np.abs(after[finite] - before[finite]).max() > 0)


# --- adapters that might know the answers -----------------------------------


def test_an_adapter_of_these_events_is_taken(tuned: Small, split: Split) -> None:
    domain = load_domain(tuned.name)
    assert adapter_under_test(domain, "bert") == serving(tuned.name)
    refuse_trained_on_test(split.training, adapter_under_test(domain, "bert"))


def other_data(domain: Domain) -> list[tuple[str, Domain]]:
    """The domain with other data, and what a refusal names."""
    events, catalogue = domain.histories, domain.catalogue
    assert events.times is not None
    retitled = replace(catalogue, items=(replace(catalogue.items[0], title="Another"), *catalogue.items[1:]))
    made = [
        ("other events", replace(domain, histories=replace(events, times=events.times + 1))),
        ("other ratings", replace(domain, histories=events.truncate(events.lengths - 1))),  # tests what is validated on
        ("other ratings", replace(domain, histories=replace(events, users=("x", *events.users[1:])))),
        ("other ratings", replace(domain, histories=replace(events, values=6 - events.values))),
        ("other texts", replace(domain, catalogue=retitled)),
        ("other items", replace(domain, catalogue=replace(catalogue, items=catalogue.items[:-1]))),
    ]
    return [(named, replace(each, sha256="f" * 64)) for named, each in made]


def test_an_adapter_that_was_trained_on_other_data_is_refused_and_not_served(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    assert is_served(domain, "bert")
    for named, other in other_data(domain):
        with pytest.raises(MendableError, match=rf"trained on {named}.*finetune rank"):
            adapter_under_test(other, "bert")
        assert is_served(other, "bert") == (named == "other events")  # it may serve what it may not be tested on


def test_an_adapter_that_learned_from_test_events_is_refused(own: Small) -> None:
    path = serving(own.name) / "reranker.json"
    path.write_text(path.read_text().replace('"knows_test": false', '"knows_test": true'))
    with pytest.raises(MendableError, match="learned from test events"):
        adapter_under_test(load_domain(own.name), "bert")


def test_an_adapter_knows_nothing_of_items_without_events(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    items = (*domain.catalogue.items, replace(things(1)[0], item_id="new"))
    wider = replace(domain, catalogue=replace(domain.catalogue, items=items), sha256="f" * 64)
    assert adapter_under_test(wider, "bert") == serving(tuned.name)


def test_under_one_instant_for_all_an_adapter_is_refused_because_it_was_trained_on_test_events(tuned: Small) -> None:
    domain = load_domain(tuned.name)
    by_time = split_domain(OpenedDomain(domain), "time", seed=3)
    with pytest.raises(MendableError, match="leave-one-out"):
        refuse_trained_on_test(by_time.training, adapter_under_test(domain, "bert"))
    with pytest.raises(MendableError, match="may know the answers"):
        make_model("bert").fit(by_time.training)
    make_model("fusion").fit(by_time.training)


def test_trials_on_validation_events_may_use_an_adapter_that_was_trained_without_them(tuned: Small) -> None:
    split = split_domain(OpenedDomain(load_domain(tuned.name)), "leave-one-out", seed=3)
    domain = load_domain(tuned.name)
    refuse_trained_on_test(split.tuning, adapter_under_test(domain, "bert"))


@pytest.mark.parametrize("arguments", [["bert"], ["popularity,bert", "--claim", "bert:popularity"]])
def test_a_reranker_that_nobody_trained_is_refused_before_anything_is_run(
    home: Path, tiny: Path, arguments: list[str]
) -> None:
    domain = write_domain(walks())
    build_domain(domain.name, encoder=str(tiny))
    with pytest.raises(MendableError, match=r"no bert adapter for small.*finetune rank"):
        main(["rank", "--domain", domain.name, "--models", *arguments, "--json"])
    assert not list(home.glob("evaluations/*"))


def test_beside_others_a_reranker_that_nobody_trained_is_left_out_and_that_is_said(
    home: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    domain = write_domain(walks())
    build_domain(domain.name, encoder=str(tiny))
    main(["rank", "--domain", domain.name, "--models", "popularity,bert", "--report", str(home / "report"), "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert list(printed["models"]) == ["popularity"]
    assert "no bert adapter for small" in printed["left_out"]["bert"]
    assert "no bert adapter for small" in (home / "report" / "report.html").read_text()
    main(["rank", "--domain", domain.name, "--models", "popularity,bert"])
    assert "bert is left out" in capsys.readouterr().out


def test_a_tuned_gpt_that_nobody_has_trained_has_a_row_that_says_so(tuned: Small) -> None:
    with pytest.raises(NotInstalled, match="not installed: no gpt adapter"):
        prepared("gpt", tuned)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("adapter_config.json", '"lora_alpha": 32', '"lora_alpha": 64'),
        ("reranker.json", '"blend": ', '"blend":  '),
        ("training.json", '"seed": 1', '"seed": 11'),
        ("README.md", "# Reranker", "# reranker"),
    ],
)
def test_a_result_depends_on_every_file_of_the_adapter(own: Small, name: str, before: str, after: str) -> None:
    key = prepared("bert", own)
    assert prepared("bert", own) == key
    path = serving(own.name) / name
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    assert prepared("bert", own) != key


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "head.safetensors"])
def test_a_result_depends_on_the_adapters_tensors(own: Small, name: str) -> None:
    key = prepared("bert", own)
    path = serving(own.name) / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert prepared("bert", own) != key


def test_with_another_lora_alpha_the_lists_are_made_anew(own: Small, capsys: pytest.CaptureFixture[str]) -> None:
    def results() -> set[str]:
        main(["rank", "--domain", own.name, "--models", "bert", "--json"])
        capsys.readouterr()
        return {path.name for path in (own.home / "evaluations" / own.name).iterdir()}

    first = results()
    assert results() == first
    path = serving(own.name) / "adapter_config.json"
    path.write_text(path.read_text().replace('"lora_alpha": 32', '"lora_alpha": 320'))
    assert first < results()


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
