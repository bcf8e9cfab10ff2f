"""Usual names of columns: taken for ours where ours are not there, told once; what is left out is named once."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.data.domain import load_domain
from index.data.tables import read_table, table_path
from index.importers.column_names import USUAL_NAMES, squeeze
from index.storage.home import CLONE, domain_folder
from tests.helpers_import import EVENTS, HEADER, N_EVENTS, csv_events, recbole, shop, take


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def events() -> list[tuple[str, str, float | None, int | None]]:
    found = read_table(table_path(domain_folder("shop"), "interactions")).to_pylist()
    return [(each["user_id"], each["item_id"], each["value"], each["timestamp"]) for each in found]


def usual(table: str) -> Iterator[tuple[str, str]]:
    return ((ours, name) for ours, names in USUAL_NAMES[table].items() for name in names)


@pytest.mark.parametrize(("ours", "name"), [pair for pair in usual("interactions") if pair[0] != "event"])
def test_a_usual_name_is_read_as_our_column_and_told(ours: str, name: str, folder: Path) -> None:
    report = take(shop(folder, header=HEADER.replace(ours, name)))
    assert events() == EVENTS
    kinds = {kind: each for kind, each in report.tally.kinds.items() if "column" in kind}
    assert {kind: each.first for kind, each in kinds.items()} == {
        f"column {name!r} read as {ours}": f"{folder}/interactions.csv:1"
    }


@pytest.mark.parametrize("header", ["User ID,itemId,Value,TimeStamp", "USER-ID,Item.Id,VALUE,timestamp"])
def test_capitals_and_what_stands_between_words_do_not_matter(header: str, folder: Path) -> None:
    take(shop(folder, header=header))
    assert events() == EVENTS


@pytest.mark.parametrize("name", [name for _, name in usual("items")])
def test_usual_names_of_items_are_read_as_id_and_title(name: str, folder: Path) -> None:
    ours = "item_id" if name in USUAL_NAMES["items"]["item_id"] else "title"
    header = {"item_id": "item_id", "title": "title"} | {ours: name}
    (folder / "items.csv").write_text(f"{header['item_id']},{header['title']},genre\na,One,war\n")
    take(folder)
    (item,) = load_domain("shop").catalogue.items
    assert (item.item_id, item.title, dict(item.attributes)) == ("a", "One", {"genre": "war"})


def test_reviews_with_usual_names_are_reviews_and_events(folder: Path) -> None:
    header = "reviewerID,asin,reviewText,overall,unixReviewTime,summary,helpful"
    (folder / "reviews.csv").write_text(f"{header}\nu,a,fine,4,1400000000,Good,3\n")
    report = take(folder)
    assert events() == [("u", "a", 4.0, 1_400_000_000)]
    (review,) = read_table(table_path(domain_folder("shop"), "reviews")).to_pylist()
    assert (review["title"], review["text"], review["rating"]) == ("Good", "fine", 4.0)
    assert report.tally.kinds["column 'helpful' left out"].n == 1


def test_our_own_name_wins_and_the_usual_one_is_left_out_and_named_once(folder: Path) -> None:
    rows = [f"{row},{n % 3},x" for n, row in enumerate(csv_events())]
    report = take(shop(folder, rows, f"{HEADER},rating,device"))
    assert events() == EVENTS
    left_out = {kind: each.n for kind, each in report.tally.kinds.items() if "column" in kind}
    assert left_out == {"column 'rating' left out": 1, "column 'device' left out": 1}
    assert sum("device" in note for note in report.notes) == 1


def test_a_map_wins_over_a_usual_name(folder: Path) -> None:
    rows = [f"{row},{n % 3 + 1}" for n, row in enumerate(csv_events())]
    report = take(shop(folder, rows, "user_id,item_id,rating,timestamp,score"), names={"score": "value"})
    assert [each[2] for each in events()] == [n % 3 + 1 for n in range(N_EVENTS)]
    assert "column 'rating' left out" in report.tally.kinds


@pytest.mark.parametrize(
    ("name", "cell"), [("score", "good"), ("date", "in May"), ("time", "noon"), ("rating", "PG-13"), ("rating", "")]
)
def test_a_column_of_words_under_a_usual_name_of_numbers_is_left_out(name: str, cell: str, folder: Path) -> None:
    report = take(shop(folder, [f"{row.rsplit(',', 2)[0]},{cell}" for row in csv_events()], f"user_id,item_id,{name}"))
    assert report.tally.rejected == 0
    assert f"column {name!r} left out" in report.tally.kinds


def test_which_column_of_json_lines_is_ours_is_decided_once_for_the_file(folder: Path) -> None:
    rows: list[dict[str, object]] = [{"user_id": f"u{n}", "item_id": "a", "rating": 5, "score": 0.5} for n in range(9)]
    rows[3].pop("rating")
    rows.insert(0, {"user_id": "u", "item_id": "a", "score": 0.7})
    (folder / "interactions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = take(folder)
    assert [each[2] for each in events()] == [row.get("rating") for row in rows]
    assert report.tally.kinds["column 'score' left out"].first == f"{folder}/interactions.jsonl:1"


def test_usual_names_are_known_in_atomic_files_too(folder: Path) -> None:
    path = recbole(folder) / "x.inter"
    path.write_text(path.read_text().replace("rating:float", "stars:float"))
    take(folder)
    assert events() == EVENTS


def test_columns_beyond_the_first_fifty_are_left_out_by_number(folder: Path) -> None:
    more = [f"c{n}" for n in range(60)]
    rows = [f"{row},{','.join('x' for _ in more)}" for row in csv_events()]
    report = take(shop(folder, rows, ",".join([HEADER, *more])))
    assert report.tally.kinds["column 'c49' left out"].n == 1
    assert report.tally.kinds["further column left out"].n == 10


def test_the_document_of_columns_lists_every_usual_name_in_order() -> None:
    text = (CLONE / "docs" / "columns.md").read_text()
    for table, columns in USUAL_NAMES.items():
        for ours, names in columns.items():
            (row,) = re.findall(rf"^\| `{table}` \| `{ours}` \| (.*) \|$", text, re.M)
            assert tuple(re.findall(r"`([^`]+)`", row)) == names


def test_no_usual_name_of_a_table_stands_for_two_columns() -> None:
    for columns in USUAL_NAMES.values():
        keys = [squeeze(name) for ours, names in columns.items() for name in (ours, *names)]
        assert len(keys) == len(set(keys))
