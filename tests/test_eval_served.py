"""What is measured is what is served: the model `agent` of `eval rank` gives the lists of `recommend`."""

import csv
import gzip
import json
import os
import shutil
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.__main__ import main as agent_main
from agent.dialogue.session import Session
from agent.open_agent import open_agent
from agent.rerank.open_ranker import tuned_ranker
from eval.__main__ import main
from eval.models.adapter_checks import adapter_under_test
from eval.models.registry import make_model
from eval.rank.protocols import Split, split_domain
from eval.rank.run_models import rank_cases
from index.build.behaviour_part import SEED
from index.build.builder import Builder, build_domain, build_with
from index.build.loading import OpenedDomain, open_index
from index.data.domain import load_domain
from index.data.item_text import item_text
from index.embedding.encoder import TextEncoder
from index.storage.home import CLONE, adapters_folder
from index.types import Floats
from tests.helpers_small import Small, write_domain

K, N_USERS = 10, 50
SHARE = 20.0  # the texts of the small domain are nearly alike: with the usual weight diversification would move nothing
LISTS = 320  # that the fusion learns from in the test of the real domain: all 7,000 would take minutes
FILMS = "movielens-100k"
BUILT = Path(os.environ.get("PALATE_HOME") or CLONE / "var")  # read before any test has a home of its own


@pytest.fixture
def own(tuned_once: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small domain, built and tuned, in a home that may be written to."""
    monkeypatch.setattr("agent.diversity.SHARE", SHARE)
    shutil.copytree(tuned_once.home, tmp_path / "home")
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def evaluated_lists(split: Split, model: str = "agent") -> dict[str, list[str]]:
    """The first K ids that a model ranks for each of the first N_USERS tested users."""
    made = make_model(model)
    made.fit(split.training)
    cases = split.test.of(np.arange(N_USERS))
    ranked, _ = rank_cases(made, model, cases, split.catalogue)
    ids = split.catalogue.ids
    lists = ranked.lists[:, :K].tolist()
    return {
        user: [ids[row] for row in rows if row >= 0] for user, rows in zip(cases.histories.users, lists, strict=True)
    }


def write_training_events(split: Split, name: str) -> None:
    """A domain of the events that models of the split are fitted on."""
    domain = split.training.opened.domain
    write_domain(split.training.unshuffled(split.training.histories), domain.catalogue.items, name)


def served_lists(name: str, users: Iterable[str], adapter: Path | None) -> dict[str, list[str]]:
    """What `recommend --user` shows to each user, ranked by an adapter, by retrieval alone where there is none.

    The adapter is that of the whole domain: `open_agent` would not take it for one of these events.
    """
    agent = open_agent(name, "fusion")
    if adapter is not None:
        agent = replace(agent, ranker=tuned_ranker("bert", adapter, open_index(agent.domain)))
    return {user: [each.item.item_id for each in Session(agent, user, K).opening().recommendations] for user in users}


@pytest.mark.parametrize("ranker", ["bert", "fusion"])
def test_recommend_shows_the_list_that_the_evaluation_ranks_when_both_are_fitted_on_the_same_events(
    own: Path, tiny: Path, ranker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if ranker == "fusion":
        shutil.rmtree(adapters_folder("small"))
    adapter = adapter_under_test(load_domain("small"), "bert") if ranker == "bert" else None
    split = split_domain(OpenedDomain(load_domain("small")), "leave-one-out", SEED)
    wanted = evaluated_lists(split)
    assert len(wanted) == N_USERS
    assert {len(ids) for ids in wanted.values()} == {K}
    assert wanted != evaluated_lists(split, ranker)  # diversification moves something
    write_training_events(split, "cut")
    build_domain("cut", encoder=str(tiny))
    assert served_lists("cut", wanted, adapter) == wanted
    if adapter is None:
        user = next(iter(wanted))
        capsys.readouterr()
        agent_main(["recommend", "--domain", "cut", "--user", user, "--json"])
        printed = json.loads(capsys.readouterr().out)
        assert [each["item_id"] for each in printed["recommendations"]] == wanted[user]


# --- what the report says of it


def ranked(capsys: pytest.CaptureFixture[str], models: str, report: Path) -> tuple[dict[str, Any], str]:
    """The report of a run over the small domain, and its page."""
    main(["rank", "--domain", "small", "--models", models, "--report", str(report), "--json"])
    printed = json.loads(capsys.readouterr().out)
    content, page = stated(report)
    assert printed.get("served") == content.get("served")
    return content, page


def stated(report: Path) -> tuple[dict[str, Any], str]:
    """A written report, and its page."""
    content: dict[str, Any] = json.loads((report / "report.json").read_text())
    return content, (report / "report.html").read_text()


@pytest.fixture(scope="module")
def compared(tuned_once: Small, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with the agent and its ranker."""
    folder = tmp_path_factory.mktemp("compared")
    shutil.copytree(tuned_once.home, folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agent.diversity.SHARE", SHARE)
        patch.setenv("PALATE_HOME", str(folder / "home"))
        main(["rank", "--domain", "small", "--models", "fusion,bert,agent", "--report", str(folder / "report")])
    return folder / "report"


def test_the_report_states_what_differs_and_what_diversification_costs_and_gains(compared: Path) -> None:
    report, page = stated(compared)
    served, rows = report["served"], report["models"]
    assert (served["model"], served["ranker"], served["places"]) == ("agent", "bert", K)
    for part in ("recommend --user", "diversified", "below are by the ranker's score", "no words"):
        assert part in served["note"]
    assert list(served["figures"]) == ["ndcg@10", "diversity@10", "coverage@10"]
    for name, each in served["figures"].items():
        means = [rows[model][name] for model in ("agent", "bert")]
        means = [mean["mean"] if isinstance(mean, dict) else mean for mean in means]
        assert [each["agent"], each["ranker"]] == pytest.approx(means, abs=1e-6)
        assert each["difference"] == pytest.approx(means[0] - means[1], abs=1e-6)
    for name in ("ndcg@10", "diversity@10"):
        low, high = served["figures"][name]["ci95"]
        assert low <= served["figures"][name]["difference"] <= high
    assert served["figures"]["diversity@10"]["difference"] > 0
    (pair,) = (pair for pair in report["paired"] if (pair["a"], pair["b"]) == ("bert", "agent"))
    assert served["figures"]["ndcg@10"]["difference"] == pytest.approx(-pair["difference"])
    assert "What diversification costs and gains" in page
    assert f"{served['figures']['diversity@10']['difference']:+.4f}" in page


def test_the_agents_deeper_places_are_those_of_its_ranker(compared: Path) -> None:
    lists = {}
    for model in ("bert", "agent"):
        with gzip.open(compared / "lists" / f"{model}.csv.gz", "rt") as file:
            lists[model] = {row["user_id"]: row["item_ids"].split() for row in csv.DictReader(file)}
    moved = 0
    for user, by_score in lists["bert"].items():
        served = lists["agent"][user]
        assert sorted(served) == sorted(by_score)
        assert served[K:] == [item_id for item_id in by_score if item_id not in served[:K]]
        moved += served[:K] != by_score[:K]
    assert moved > 0


def test_without_its_rankers_row_the_agent_is_described_and_compared_with_nothing(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, page = ranked(capsys, "agent,popularity", tmp_path / "one")
    assert "figures" not in report["served"]
    assert "Its ranker, bert, is not in this run" in page
    report, page = ranked(capsys, "popularity", tmp_path / "other")
    assert "served" not in report
    assert "diversification" not in page


def test_without_an_adapter_the_agent_stands_beside_retrieval_alone(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(adapters_folder("small"))
    report, _ = ranked(capsys, "fusion,agent", tmp_path)
    assert report["served"]["ranker"] == "fusion"
    assert "ndcg@10" in report["served"]["figures"]


# --- the real domain


@dataclass
class KnownTexts:
    """The encoder of an index, as far as the texts that it has embedded: nothing is computed again.

    Equal texts in different batches have vectors that differ in the last bit: each is given in its turn.
    """

    name: str
    sha256: str
    dim: int
    vectors_of: dict[str, deque[Floats]]
    precision: str = "float32"

    def encode(self, texts: Sequence[str], what: str = "") -> Floats:
        """(texts, dim)"""
        return np.stack([self.vectors_of[text].popleft() for text in texts])


@pytest.mark.models
@pytest.mark.timeout(600)
def test_recommend_shows_the_evaluated_lists_of_fifty_users_of_the_real_domain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not all((BUILT / kind / FILMS).is_dir() for kind in ("domains", "indexes")):
        pytest.skip(f"no built {FILMS} in {BUILT.name}: `make chat` makes one")
    for kind in ("domains", "indexes"):
        shutil.copytree(BUILT / kind / FILMS, tmp_path / kind / FILMS)
    monkeypatch.setenv("PALATE_HOME", str(tmp_path))
    for name in ("MIN_LISTS", "MAX_LISTS"):
        monkeypatch.setattr(f"index.retrieval.fusion_training_lists.{name}", LISTS)
    opened = OpenedDomain(load_domain(FILMS))
    split = split_domain(opened, "leave-one-out", SEED)
    wanted = evaluated_lists(split)
    write_training_events(split, "cut")
    manifest, vectors = opened.index.manifest, defaultdict[str, deque[Floats]](deque)
    for item, vector in zip(opened.domain.catalogue.items, np.asarray(opened.index.vectors), strict=True):
        vectors[item_text(item)].append(vector)
    encoder: TextEncoder = KnownTexts(manifest.encoder, manifest.encoder_sha256, manifest.dim, vectors)
    build_with(Builder(encoder, manifest.encoder_found_in), "cut")
    assert len(wanted) == N_USERS
    assert served_lists("cut", wanted, adapter_under_test(opened.domain, "bert")) == wanted
