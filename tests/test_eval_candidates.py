"""Lists made by others: ranked as they are, what is strange in them counted and shown, what is wrong refused."""

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eval.__main__ import main
from eval.metrics.base import parse_metric
from eval.metrics.ranking import per_user
from eval.rank.candidate_files import cases_of, counts_of, read_file, read_files, result_of
from eval.rank.list_format import join_ids, split_ids
from eval.rank.protocols import Cases
from index.data.domain import Catalogue
from index.data.records import Item
from index.data.tables import items_table, table_path, write_table
from index.errors import MendableError
from index.storage.home import domain_folder
from tests.helpers_eval import histories, random_events, write_domain

CATALOGUE = Catalogue(tuple(Item(f"i{n}", f"Thing {n}") for n in range(10)))
TESTED = Cases(histories({"a": [0, 1], "b": [2], "c": [3]}), histories({"a": [5], "b": [6], "c": [7]}))


def written(path: Path, lists: Mapping[str, Sequence[str]]) -> Path:
    """A candidate file, gzipped where its name says so."""
    text = "user_id,item_ids\n" + "".join(f"{user},{' '.join(items)}\n" for user, items in lists.items())
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def ranks_of(path: Path) -> dict[str, float]:
    """The rank of each user's answer."""
    file = read_file(path, CATALOGUE)
    cases = cases_of([file], TESTED)
    found = result_of(file, cases, 100).ranked.ranks.ranks
    return dict(zip(cases.histories.users, found.tolist(), strict=True))


@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz"])
def test_list_is_ranked_as_it_is_and_an_empty_one_is_a_miss(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, {"c": ["i9", "i7"], "a": ["i0", "i1", "i5", "i5"], "b": []})
    assert ranks_of(path) == {"a": 2.0, "b": np.inf, "c": 1.0}


def test_name_of_a_model_is_the_files_up_to_the_first_dot(tmp_path: Path) -> None:
    assert read_file(written(tmp_path / "candidates-x.v2.csv.gz", {"a": []}), CATALOGUE).model == "candidates-x"


def test_answer_beyond_the_hundredth_place_keeps_its_rank_and_is_in_no_metric(tmp_path: Path) -> None:
    path = written(tmp_path / "long.csv", {"a": [*["i9"] * 120, "i5"]})
    file = read_file(path, CATALOGUE)
    result = result_of(file, cases_of([file], TESTED), 100)
    assert result.ranked.ranks.ranks.tolist() == [120.0]
    assert per_user(result.ranked.ranks, parse_metric("recall@100")).tolist() == [0.0]
    assert result.ranked.lists.shape == (1, 100)


def test_unknown_ids_keep_their_places_and_are_shown_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "strange.csv", {"a": ["gone", "i5"], "b": ["i6"], "c": ["gone", "also-gone"]})
    assert ranks_of(path) == {"a": 1.0, "b": 0.0, "c": np.inf}
    said = capsys.readouterr().err
    assert f"{path}:2: no item 'gone'" in said
    assert f"{path}:4: no item 'also-gone'" in said
    assert "3 ids" in said


def test_control_characters_of_an_unknown_id_are_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read_file(written(tmp_path / "evil.csv", {"a": ["\x1b[31mred"]}), CATALOGUE)
    assert "\x1b" not in capsys.readouterr().err


def test_strange_items_are_counted_by_kind(tmp_path: Path) -> None:
    lists = {"a": ["i0", "i1", "i2"], "b": ["i3", "i3", "gone"], "c": []}
    file = read_file(written(tmp_path / "mine.csv", lists), CATALOGUE)
    counts = counts_of(file, TESTED.histories, len(CATALOGUE))
    assert (counts.history_items, counts.unknown_ids, counts.repeated_ids, counts.empty_lists) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "columns"),
        (b"user_id,items\na,i1\n", r"bad.csv:1\. .*user_id,item_ids"),
        (b"user_id,item_ids\n", "no lists"),
        (b"user_id,item_ids\na,i1\nb\n", r"1 columns, not 2, .*bad.csv:3"),
        (b"user_id,item_ids\na,i1\nb,i2\na,i3\n", r"'a' has a second list, .*bad.csv:4"),
        (b"user_id,item_ids\na,\xff\xfe\n", "cannot be read"),
        (b'user_id,item_ids\na,"i1\n', "cannot be read"),
    ],
)
def test_file_that_is_no_candidate_file_is_refused_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(MendableError, match=said):
        read_file(tmp_path / "bad.csv", CATALOGUE)


@pytest.mark.parametrize("content", [b"user_id,item_ids\n", gzip.compress(b"user_id,item_ids\na,i1\n", mtime=0)[:-12]])
def test_file_that_is_not_or_only_half_gzipped_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "half.csv.gz").write_bytes(content)
    with pytest.raises(MendableError, match=r"cannot be read.*half\.csv\.gz"):
        read_file(tmp_path / "half.csv.gz", CATALOGUE)


def test_missing_file_and_folder_are_refused_by_name(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(MendableError, match=path.name):
            read_file(path, CATALOGUE)


def test_columns_may_stand_in_another_order_beside_others_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("\ufeffitem_ids,score,user_id\ni5 i1,3,a\n", encoding="utf-8")
    assert ranks_of(tmp_path / "wide.csv") == {"a": 0.0}


def test_files_of_different_users_are_refused_naming_the_first(tmp_path: Path) -> None:
    first, second = written(tmp_path / "x.csv", {"a": [], "b": []}), written(tmp_path / "y.csv", {"a": []})
    with pytest.raises(MendableError, match=r"1 users.*'b'"):
        read_files([first, second], CATALOGUE)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    files = [written(tmp_path / "x.csv", {"a": []}), written(tmp_path / "other" / "x.csv.gz", {"a": []})]
    with pytest.raises(MendableError, match="both be the model 'x'"):
        read_files(files, CATALOGUE)


def test_user_without_a_test_event_is_refused_with_the_line(tmp_path: Path) -> None:
    file = read_file(written(tmp_path / "x.csv", {"a": [], "stranger": ["i1"]}), CATALOGUE)
    with pytest.raises(MendableError, match=r"'stranger'.*x\.csv:3"):
        cases_of([file], TESTED)


def test_an_id_that_a_list_repeats_is_shown_by_line_and_keeps_its_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "twice.csv", {"a": ["i9", "i9", "i9", "i5"], "b": ["i6", "i1", "i6"], "c": ["i1"]})
    assert ranks_of(path) == {"a": 3.0, "b": 0.0, "c": np.inf}
    said = capsys.readouterr().err
    assert said.count(f"{path}:2: 'i9' stands in this list before") == 2
    assert said.count(f"{path}:3: 'i6' stands in this list before") == 1
    assert f"{path}: 3 repeated ids" in said
    assert f"{path}:4" not in said
    file = read_file(path, CATALOGUE)
    assert counts_of(file, TESTED.histories, len(CATALOGUE)).repeated_ids == 3


# --- ids of every kind

any_ids = st.lists(st.text(min_size=1, max_size=8), max_size=6)
NASTY_IDS = ("cat 7", '"7"', '"', 'a "b" c', "a\tb", "\\", "7,8", "sku/7", "a\u00a07", "  ", '"cat 7"', "\u2028")


@given(any_ids, any_ids)
@example(list(NASTY_IDS), [])
def test_ids_that_are_written_are_read_back_whatever_they_hold(ids: list[str], others: list[str]) -> None:
    assert split_ids(join_ids(ids), {*ids, *others}) == ids
    assert split_ids(join_ids(ids), ()) == ids


@given(st.lists(st.from_regex(r"[^\s\"][^\s]*", fullmatch=True), max_size=6))
def test_ids_without_blanks_are_written_as_they_are(ids: list[str]) -> None:
    assert join_ids(ids) == " ".join(ids)
    assert split_ids("  ".join(ids), ()) == ids


def test_an_id_that_others_wrote_with_its_own_quotes_is_found() -> None:
    assert split_ids('"7" i1', {'"7"', "i1"}) == ['"7"', "i1"]
    assert split_ids('"7" i1', {"7", "i1"}) == ["7", "i1"]
    assert split_ids('"7 i1', {'"7', "i1"}) == ['"7', "i1"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a domain `small`."""
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    write_domain("small", random_events(50, 30, seed=3), 30)
    return tmp_path


def test_written_lists_read_back_give_the_same_figures_and_beside_models_the_same_users(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["rank", "--domain", "small", "--models", "ease", "--users", "20", "--report", str(home / "r"), "--json"])
    first = json.loads(capsys.readouterr().out)
    path = (home / "r" / "lists" / "ease.csv.gz").rename(home / "others.csv.gz")
    main(["rank", "--domain", "small", "--models", "ease", "--candidates", str(path), "--json"])
    again = json.loads(capsys.readouterr().out)
    assert again["n_users"] == 20
    names = ("recall@10", "ndcg@5", "mrr@20", "coverage@10", "novelty@10", "personalisation@10")
    for model in ("ease", "others"):
        for name in names:
            found, wanted = again["models"][model][name], first["models"]["ease"][name]
            assert (found["mean"] if isinstance(found, dict) else found) == pytest.approx(
                wanted["mean"] if isinstance(wanted, dict) else wanted, abs=1e-3
            ), f"{model} {name}"
    assert again["candidates"]["others"]["history_items"] == 0


def test_lists_of_nasty_ids_read_back_give_the_same_figures(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ids = [f"{n}{NASTY_IDS[n % len(NASTY_IDS)]}" if n % 2 else f"{NASTY_IDS[n % len(NASTY_IDS)]}{n}" for n in range(30)]
    folder = domain_folder("small")
    events = [{"user_id": user, "item_id": ids[int(item[1:])]} for user, item in random_events(50, 30, seed=3)]
    write_table(items_table([Item(item_id, "Thing") for item_id in ids]), table_path(folder, "items"))
    write_table(pa.Table.from_pylist(events), table_path(folder, "interactions"))
    main(["rank", "--domain", "small", "--models", "ease", "--report", str(home / "r"), "--json"])
    first = json.loads(capsys.readouterr().out)
    path = (home / "r" / "lists" / "ease.csv.gz").rename(home / "others.csv.gz")
    main(["rank", "--domain", "small", "--candidates", str(path), "--report", str(home / "again"), "--json"])
    again = capsys.readouterr()
    assert "no item" not in again.err
    assert json.loads(again.out)["models"]["others"]["ndcg@10"] == first["models"]["ease"]["ndcg@10"]
    assert (home / "again" / "lists" / "others.csv.gz").read_bytes() == path.read_bytes()


def test_lists_that_repeat_an_item_have_figures_within_their_bounds(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    users = sorted({user for user, _ in random_events(50, 30, seed=3)})
    path = written(home / "same.csv", {user: ["i1", "i2"] * 10 for user in users})
    once = written(home / "once.csv", {user: ["i1", "i2"] for user in users})
    main(["rank", "--domain", "small", "--candidates", str(path), str(once), "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["candidates"]["same"]["repeated_ids"] == 18 * len(users)
    repeated, plain = (printed["models"][name] for name in ("same", "once"))
    for name in ("personalisation@10", "coverage@10", "novelty@10", "popularity_lift@10", "recall@10", "precision@10"):
        assert repeated[name] == plain[name], name
    assert 0 <= repeated["personalisation@10"] <= 1


def test_list_with_unknown_ids_is_written_as_it_was_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(home / "odd.csv", {"u1": ["i3", "zebra", "i4"], "u0": []})
    main(["rank", "--domain", "small", "--candidates", str(path), "--report", str(home / "r")])
    with gzip.open(home / "r" / "lists" / "odd.csv.gz", "rt", encoding="utf-8") as file:
        assert {row["user_id"]: row["item_ids"] for row in csv.DictReader(file)} == {"u0": "", "u1": "i3 zebra i4"}
    capsys.readouterr()


def test_file_named_as_a_model_of_the_run_and_chosen_users_are_refused(home: Path) -> None:
    path = written(home / "ease.csv", {"u1": []})
    with pytest.raises(MendableError, match="'ease'"):
        main(["rank", "--domain", "small", "--models", "ease", "--candidates", str(path)])
    with pytest.raises(MendableError, match="--users"):
        main(["rank", "--domain", "small", "--users", "3", "--candidates", str(path)])
