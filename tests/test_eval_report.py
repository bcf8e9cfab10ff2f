"""Reports: the fields of the contract, lists, groups, the page by itself and in a browser, two side by side."""

import csv
import gzip
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.__main__ import main
from eval.environment import machine
from eval.metrics.ranking import EVERY_METRIC
from eval.rank.compare import read_report
from eval.rank.groups import groupings
from eval.rank.protocols import Cases
from index.errors import MendableError
from tests.helpers_browser import chromium_path
from tests.helpers_eval import histories, random_events, write_domain

N_USERS, N_ITEMS = 60, 130
HOSTILE = "<script>alert(1)</script>&$x_1$"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reports `one` (leave-one-out, a hostile file name beside two models) and `late` (time)."""
    folder = tmp_path_factory.mktemp("reports")
    events = random_events(N_USERS, N_ITEMS, seed=7)
    random = np.random.default_rng(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PALATE_HOME", str(folder / "home"))
        write_domain("small", events, N_ITEMS)
        write_domain("timed", events, N_ITEMS, random.integers(0, 10_000, len(events)).tolist())
        users = sorted({user for user, _ in events})
        name = HOSTILE.replace("/", "∕")
        lists = "".join(f"{user},i{n} i{n + 1}\n" for n, user in enumerate(users))
        (folder / f"{name}.csv").write_text("user_id,item_ids\n" + lists)
        candidates = ["--candidates", str(folder / f"{name}.csv")]
        main(["rank", "--domain", "small", "--models", "popularity,ease", *candidates, "--report", str(folder / "one")])
        main(
            [
                "rank",
                "--domain",
                "timed",
                "--models",
                "popularity",
                "--protocol",
                "time",
                "--report",
                str(folder / "late"),
            ]
        )
    return folder


def stated(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return content


def test_report_states_what_it_was_made_of(reports: Path) -> None:
    report = stated(reports / "one")
    assert (report["domain"], report["protocol"], report["order"]) == ("small", "leave-one-out", "row number")
    assert (report["n_users"], report["n_items"], report["n_users_left_out"]) == (N_USERS, N_ITEMS, 0)
    assert (report["n_repeats"], report["seed"], report["k"]) == (0, 1, [5, 10, 20, 50, 100])
    assert re.fullmatch("[0-9a-f]{64}", report["data_sha256"])
    assert "sources" in report["code_version"]
    assert report["settings"]["models"]["ease"]["settings"] == {"penalty": 500.0}
    assert report["retrieval"] == {}


def test_every_model_has_every_metric_with_an_interval_around_its_mean(reports: Path) -> None:
    for row in stated(reports / "one")["models"].values():
        for metric in EVERY_METRIC:
            low, high = row[str(metric)]["ci95"]
            assert 0 <= low <= row[str(metric)]["mean"] <= high <= 1
        for name in ("coverage@10", "popularity_lift@10", "personalisation@10"):
            assert isinstance(row[name], float)


def test_pairs_differ_by_the_difference_of_their_means(reports: Path) -> None:
    report = stated(reports / "one")
    assert len(report["paired"]) == 3
    for pair in report["paired"]:
        means = [report["models"][pair[side]]["ndcg@10"]["mean"] for side in "ab"]
        assert pair["difference"] == pytest.approx(means[0] - means[1], abs=1e-7)
        assert pair["ci95"][0] <= pair["difference"] <= pair["ci95"][1]


def test_report_names_neither_folders_nor_the_host(reports: Path) -> None:
    import socket

    text = (reports / "one" / "report.json").read_text()
    assert str(reports) not in text
    assert socket.gethostname() not in json.dumps(machine())


def test_users_who_next_had_an_item_that_nobody_had_are_measured_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists with the answer for every second of them, and with nothing right for all others."""
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    events = random_events(N_USERS, N_ITEMS, seed=7)
    write_domain("small", events, N_ITEMS)
    had: dict[str, list[str]] = {}
    for user, item in events:
        had.setdefault(user, []).append(item)
    known = {item for items in had.values() for item in items[:-1]}
    asked = [user for user in sorted(had) if had[user][-1] not in known]
    right = set(asked[::2])
    lines = [f"{user},{had[user][-1] if user in right else had[user][0]}" for user in sorted(had)]
    (tmp_path / "lists.csv").write_text("user_id,item_ids\n" + "\n".join(lines) + "\n")
    folder = tmp_path / "report"
    lists = ["--candidates", str(tmp_path / "lists.csv")]
    main(["rank", "--domain", "small", "--models", "popularity", *lists, "--report", str(folder)])
    found = stated(folder)["unknown_items"]
    assert found["n"] == len(asked) > 2
    assert found["models"]["popularity"]["recall@50"]["mean"] == 0
    assert found["models"]["lists"]["recall@50"]["mean"] == pytest.approx(len(right) / len(asked))
    assert "whose relevant items are cold" in (folder / "report.html").read_text(encoding="utf-8")


def test_lists_hold_a_hundred_items_of_each_user_and_none_of_the_history(reports: Path) -> None:
    had: dict[str, list[str]] = {}
    for user, item in random_events(N_USERS, N_ITEMS, seed=7):
        had.setdefault(user, []).append(item)
    with gzip.open(reports / "one" / "lists" / "ease.csv.gz", "rt", encoding="utf-8") as file:
        lists = {row["user_id"]: row["item_ids"].split() for row in csv.DictReader(file)}
    assert set(lists) == set(had)
    for user, items in lists.items():
        assert len(items) == len(set(items)) == 100
        assert not set(items) & set(had[user][:-1])


def test_time_report_states_its_instants(reports: Path) -> None:
    report = stated(reports / "late")
    assert report["order"] == "timestamp"
    assert 0 < report["split"]["validation_from"] < report["split"]["test_from"] < 10_000
    assert 0 < report["n_users"] <= N_USERS - report["n_users_left_out"]


def test_groups_divide_the_users_and_average_to_the_whole(reports: Path) -> None:
    report = stated(reports / "one")
    for name in ("history", "popularity"):
        groups = report["groups"][name]
        assert sum(group["n"] for group in groups) == N_USERS
        weighted = sum(group["n"] * group["models"]["ease"]["mean"] for group in groups) / N_USERS
        assert weighted == pytest.approx(report["models"]["ease"]["ndcg@10"]["mean"], abs=1e-6)


def test_cold_users_and_items_are_apart() -> None:
    cases = Cases(histories({"a": [0], "b": [0, 1, 2, 3, 4, 5]}), histories({"a": [6], "b": [7]}))
    counts = np.array([9, 9, 9, 9, 9, 9, 20, 2])
    cold = {group.label: group.numbers.tolist() for group in groupings(cases, counts)["cold"]}
    assert cold == {
        "users with under 5 events": [0],
        "other users": [1],
        "items with under 5 events": [1],
        "other items": [0],
    }


class Loaded(HTMLParser):
    """Collects the ids and tags of a page, and what it loads from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(str(value))
            if name in ("src", "srcset", "data", "poster") or (name in ("href", "xlink:href") and tag != "a"):
                self.outside += [] if str(value).startswith(("data:", "#")) else [str(value)]


@pytest.mark.parametrize("name", ["one", "late"])
def test_page_loads_nothing_and_has_its_plots_and_tables(reports: Path, name: str) -> None:
    page = (reports / name / "report.html").read_text(encoding="utf-8")
    loaded = Loaded()
    loaded.feed(page)
    assert loaded.outside == []
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", page)
    assert loaded.tags.count("svg") >= 7
    assert loaded.tags.count("table") >= 3
    assert len(loaded.ids) == len(set(loaded.ids))


def test_name_of_a_model_is_text_on_the_page_and_nothing_else(reports: Path) -> None:
    page = (reports / "one" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<script>") == 1


def test_page_opens_without_a_console_error_and_sorts_by_a_press(reports: Path, tmp_path: Path) -> None:
    browser = chromium_path()
    press = "<script>const b = document.querySelector('th button'); b.click(); b.click();"
    press += "document.title = 'sorted: ' + document.querySelector('tbody td').textContent</script></body>"
    page = (reports / "one" / "report.html").read_text(encoding="utf-8").replace("</body>", press)
    (tmp_path / "pressed.html").write_text(page, encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    command.append(f"--user-data-dir={tmp_path / 'profile'}")
    shown = subprocess.run(
        [*command, (tmp_path / "pressed.html").as_uri()], capture_output=True, text=True, check=True, timeout=120
    )
    assert "CONSOLE" not in shown.stderr
    assert "<title>sorted: popularity</title>" in shown.stdout
    assert 'aria-sort="descending"' in shown.stdout


def test_compare_prints_the_models_of_both_and_what_differs(
    reports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["compare", str(reports / "one"), str(reports / "late" / "report.json"), "--report", str(tmp_path)])
    printed = capsys.readouterr().out
    for part in ("popularity", "ease", "B - A", "not comparable", "protocol: leave-one-out and time"):
        assert part in printed
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "ease" in page
    assert "<script>alert" not in page


def test_compare_of_a_report_with_itself_differs_by_nothing(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", str(reports / "one"), str(reports / "one")])
    printed = capsys.readouterr().out
    assert "not comparable" not in printed
    assert {float(word) for line in printed.splitlines() if "B - A" in line for word in line.split()[3:]} == {0.0}


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"models": 3, "n_items": 1}', '{"models": {"a": 1}, "n_items": 1}']
)
def test_what_is_no_report_is_refused_by_name(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    with pytest.raises(MendableError, match=r"report\.json"):
        read_report(tmp_path)


def test_report_folder_that_cannot_be_made_is_said_before_the_work(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALATE_HOME", str(reports / "home"))
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(MendableError, match="taken"):
        main(["rank", "--domain", "small", "--models", "popularity", "--report", str(tmp_path / "taken" / "deeper")])
