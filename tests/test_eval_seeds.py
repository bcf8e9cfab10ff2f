"""Several seeds in one run, fitting on training events only, claims tested apart, figures by training events."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.__main__ import main
from eval.metrics.statistics import holm, intervals, paired_tests
from eval.rank.protocols import split_domain
from index.build.loading import OpenedDomain
from index.data.domain import load_domain
from index.errors import MendableError
from tests.helpers_eval import random_events, write_domain

N_USERS, N_ITEMS = 60, 40
RANDOM_MODEL, FIXED_MODEL = "neumf", "popularity"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the domain `small`."""
    folder = tmp_path_factory.mktemp("seeds")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PALATE_HOME", str(folder))
        write_domain("small", random_events(N_USERS, N_ITEMS, seed=7), N_ITEMS)
    return folder


@pytest.fixture(autouse=True)
def in_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALATE_HOME", str(home))


def rank(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    main(["rank", "--domain", "small", "--models", f"{FIXED_MODEL},{RANDOM_MODEL}", "--json", *arguments])
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def mean(printed: dict[str, Any], model: str = RANDOM_MODEL) -> float:
    return float(printed["models"][model]["ndcg@10"]["mean"])


def test_the_mean_is_that_of_the_runs_with_one_seed_and_the_spread_is_between_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alone = [mean(rank(capsys, "--seed", str(seed))) for seed in (1, 2, 3)]
    together = rank(capsys, "--seeds", "1,2,3")
    row = together["models"][RANDOM_MODEL]
    assert mean(together) == pytest.approx(np.mean(alone))
    assert [row["seeds"][seed]["ndcg@10"] for seed in ("1", "2", "3")] == pytest.approx(alone)
    assert row["spread"]["ndcg@10"] == pytest.approx(max(alone) - min(alone))
    assert row["spread"]["ndcg@10"] > 0
    low, high = row["ndcg@10"]["ci95"]
    assert low <= mean(together) <= high


def test_one_of_several_seeds_is_as_the_run_with_that_seed(capsys: pytest.CaptureFixture[str]) -> None:
    one, several = rank(capsys, "--seed", "4"), rank(capsys, "--seeds", "4")
    for printed in (one, several):
        del printed["models"][FIXED_MODEL]["ms_per_user"], printed["models"][RANDOM_MODEL]["ms_per_user"]
    assert one == several


def test_a_model_without_chance_has_no_spread(capsys: pytest.CaptureFixture[str]) -> None:
    row = rank(capsys, "--seeds", "1,2")["models"][FIXED_MODEL]
    assert row["spread"]["ndcg@10"] == row["spread"]["recall@100"] == 0


def test_lists_of_further_seeds_lie_in_folders_of_their_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rank(capsys, "--seeds", "1,2", "--report", str(tmp_path))
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv.gz")}
    names = (f"{FIXED_MODEL}.csv.gz", f"{RANDOM_MODEL}.csv.gz")
    assert found == {*(f"lists/{name}" for name in names), *(f"lists/seed-2/{name}" for name in names)}
    assert json.loads((tmp_path / "report.json").read_text())["settings"]["seeds"] == [1, 2]


def test_the_page_says_which_seeds_ran_what_was_fitted_on_and_the_figures_by_training_events(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    printed = rank(capsys, "--seeds", "1,2", "--fit", "train", "--report", str(tmp_path))
    page = (tmp_path / "report.html").read_text()
    assert "mean of seeds 1, 2" in page
    assert "fitted on training events only" in page
    groups = printed["by_training_events"][RANDOM_MODEL]
    for label, group in groups.items():
        assert (f"{label} ({group['n']:,} users)" in page) == (group["n"] > 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--seeds", "1,1"), "twice"), (("--claim", "popularity"), "no pair"), (("--claim", "bert:ease"), "'bert'")],
)
def test_what_cannot_be_asked_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises((SystemExit, MendableError), match=None) as refused:
        rank(capsys, *arguments)
    assert said in capsys.readouterr().err + str(refused.value)


def test_equal_seeds_give_the_interval_of_one_and_different_seeds_a_wider_one() -> None:
    random = np.random.default_rng(1)
    values = random.random((200, 1))
    (one,), (same,) = intervals(values, seed=1), intervals(np.stack([values] * 3), seed=1)
    assert (same.mean, same.low, same.high) == pytest.approx((one.mean, one.low, one.high))
    (apart,) = intervals(np.stack([values - 0.3, values, values + 0.3]), seed=1)
    assert apart.high - apart.low > 3 * (one.high - one.low)


def test_claims_are_corrected_among_themselves_and_the_others_among_all() -> None:
    random = np.random.default_rng(2)
    base = random.random(150)
    values = np.stack([base, *(base + random.normal(shift, 0.3, 150) for shift in (0.03, 0.06, 0.07))], axis=1)
    names = ("a", "b", "c", "d")
    plain = paired_tests(names, values, "ndcg@10", seed=1)
    claimed = paired_tests(names, values, "ndcg@10", seed=1, claims=(("d", "a"),))
    alone = paired_tests(("a", "d"), values[:, [0, 3]], "ndcg@10", seed=1)
    of_claim = next(each for each in claimed if (each.a, each.b) == ("a", "d"))
    assert of_claim.p == pytest.approx(alone[0].p, abs=0.002)
    assert [each.p for each in claimed if not each.is_claimed] == [
        each.p for each in plain if (each.a, each.b) != ("a", "d")
    ]
    assert [each.is_claimed for each in claimed].count(True) == 1
    assert holm(np.array([each.p for each in alone]))[0] == alone[0].p


def test_with_train_no_model_sees_the_last_two_events_and_the_history_holds_the_last_but_one() -> None:
    opened = OpenedDomain(load_domain("small"))
    split, usual = split_domain(opened, "leave-one-out", 1, True), split_domain(opened, "leave-one-out", 1)
    assert split.training.histories.users == usual.training.histories.users
    assert np.array_equal(split.training.histories.lengths, usual.training.histories.lengths - 1)
    assert np.array_equal(split.test.histories.lengths, split.training.histories.lengths + 1)
    assert np.array_equal(split.test.relevant.rows, usual.test.relevant.rows)
    assert np.array_equal(split.tuning.histories.lengths, split.training.histories.lengths)


def test_the_fit_is_stated_and_changes_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    usual, train = rank(capsys), rank(capsys, "--fit", "train")
    assert "fit" not in usual and train["fit"] == "train"
    assert mean(usual, FIXED_MODEL) != mean(train, FIXED_MODEL)


def test_figures_by_training_events_divide_the_users_and_average_to_the_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = rank(capsys, "--seeds", "1,2")
    for model, by_events in printed["by_training_events"].items():
        assert list(by_events) == ["0", "1-5", "6-20", "21-100", "101+"]
        assert sum(each["n"] for each in by_events.values()) == printed["n_users"]
        total = sum(each["n"] * each["ndcg@10"]["mean"] for each in by_events.values() if each["n"])
        assert total / printed["n_users"] == pytest.approx(mean(printed, model))
        assert all(("recall@50" in each) == (each["n"] > 0) for each in by_events.values())
