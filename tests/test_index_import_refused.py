"""What an import cannot use: bad rows counted and kept, and what fails leaves everything as it was."""

import gzip
import json
import os
import resource
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from index.data.tables import read_table, table_path
from index.errors import MendableError
from index.storage.home import CLONE, domain_folder
from tests.helpers_import import (
    BAD,
    EVENTS,
    HEADER,
    N_EVENTS,
    N_ITEMS,
    SECOND,
    csv_events,
    grouplens_latest,
    shop,
    stamp,
    take,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_counted_kept_and_shown_and_costs_no_other(kind: str, folder: Path, home: Path) -> None:
    rows = csv_events()
    report = take(shop(folder, [*rows[:10], BAD[kind], *rows[10:]]), max_bad=5)
    assert report.tally.rejected == 1
    assert report.tally.kinds[kind].first == f"{folder}/interactions.csv:12"
    (kept,) = home.rglob("rejects.jsonl")
    (reject,) = map(json.loads, kept.read_text().splitlines())
    assert (reject["file"], reject["line"], reject["kind"]) == (f"{folder}/interactions.csv", 12, kind)
    events = read_table(table_path(domain_folder("shop"), "interactions")).to_pylist()
    assert [(e["user_id"], e["item_id"], e["value"], e["timestamp"]) for e in events] == EVENTS


def broken_header(folder: Path) -> None:
    shop(folder, header="alpha,beta,gamma,delta")


def json_without_the_columns(folder: Path) -> None:
    (shop(folder) / "interactions.csv").unlink()
    (folder / "interactions.jsonl").write_text('{"alpha": 1, "beta": 2}\n' * 5)


def column_twice(folder: Path) -> None:
    shop(folder, header="user_id,item_id,Item_ID,timestamp")


def table_twice(folder: Path) -> None:
    (shop(folder) / "items.jsonl").write_text('{"item_id": "1", "title": "x"}\n')


def dangling_link(folder: Path) -> None:
    (shop(folder) / "items.csv").unlink()
    (folder / "items.csv").symlink_to(folder / "gone.csv")


def named_pipe(folder: Path) -> None:
    (shop(folder) / "interactions.csv").unlink()
    os.mkfifo(folder / "interactions.csv")


def empty_file(folder: Path) -> None:
    (shop(folder) / "interactions.csv").write_bytes(b"")


def header_only(folder: Path) -> None:
    shop(folder, [])


def cut_gzip(folder: Path) -> None:
    whole = gzip.compress((shop(folder) / "interactions.csv").read_bytes())
    (folder / "interactions.csv").unlink()
    (folder / "interactions.csv.gz").write_bytes(whole[: len(whole) // 2])


def no_parquet(folder: Path) -> None:
    (shop(folder) / "interactions.csv").rename(folder / "interactions.parquet")


def utf_16(folder: Path) -> None:
    (shop(folder) / "interactions.csv").write_text("\n".join([HEADER, *csv_events()]), encoding="utf-16")


def zip_that_leads_out(folder: Path) -> None:
    with zipfile.ZipFile(grouplens_latest(folder) / "ml.zip", "a") as archive:
        archive.writestr("../escaped.csv", "x")


def zip_with_absolute_path(folder: Path) -> None:
    with zipfile.ZipFile(grouplens_latest(folder) / "ml.zip", "a") as archive:
        archive.writestr(f"{folder}/escaped.csv", "x")


def zip_damaged(folder: Path) -> None:
    path = grouplens_latest(folder) / "ml.zip"
    content = bytearray(path.read_bytes())
    content[100:120] = bytes(20)
    path.write_bytes(bytes(content))


def zip_with_two_members_of_one_name(folder: Path) -> None:
    with zipfile.ZipFile(grouplens_latest(folder) / "ml.zip", "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's own, of the second member
        archive.writestr("ml/ratings.csv", "userId,movieId,rating,timestamp\n1,1,1,1\n")


def zip_with_two_spellings_of_one_name(folder: Path) -> None:
    with zipfile.ZipFile(grouplens_latest(folder) / "ml.zip", "a") as archive:
        archive.writestr("ml/./ratings.csv", "userId,movieId,rating,timestamp\n1,1,1,1\n")


def only_a_link_to_a_folder(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    shop(folder.parent / "elsewhere")
    (folder / "shop").symlink_to(folder.parent / "elsewhere")


def ids_with_control_characters(folder: Path) -> None:
    shop(folder, [event.replace(",", "\x1b,", 1) for event in csv_events()])


def many_bad_rows(folder: Path) -> None:
    shop(folder, [*csv_events(), BAD["no user"], BAD["no item"]])


def untyped_atomic_file(folder: Path) -> None:
    (folder / "x.inter").write_text("user_id:token\titem_id:wombat\n1\t2\n")


def no_table(folder: Path) -> None:
    (folder / "notes.txt").write_text("hello")


REFUSED = (
    broken_header,
    json_without_the_columns,
    column_twice,
    table_twice,
    dangling_link,
    named_pipe,
    empty_file,
    header_only,
    cut_gzip,
    no_parquet,
    utf_16,
    zip_that_leads_out,
    zip_with_absolute_path,
    zip_damaged,
    zip_with_two_members_of_one_name,
    zip_with_two_spellings_of_one_name,
    only_a_link_to_a_folder,
    ids_with_control_characters,
    many_bad_rows,
    untyped_atomic_file,
    no_table,
    lambda folder: None,
)


@pytest.mark.parametrize("spoil", REFUSED)
def test_a_refused_import_leaves_the_earlier_domain_byte_for_byte(
    spoil: Callable[[Path], None], folder: Path, tmp_path: Path, home: Path
) -> None:
    (tmp_path / "good").mkdir()
    take(shop(tmp_path / "good"))
    before = stamp(home / "domains")
    spoil(folder)
    with pytest.raises(MendableError) as refused:
        take(folder)
    assert str(folder) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert stamp(home / "domains") == before
    assert not list((home / "unfinished").iterdir())
    assert not (tmp_path / "escaped.csv").exists()
    assert not (folder / "escaped.csv").exists()


CONTROLS = ["\x1b", "\x9b", "\x07", "\x7f", "\x85", "\u202e", "\u200f", "\u2028", "\ufeff"]


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("place", [0, 1])
def test_an_id_with_a_control_character_is_rejected_at_its_line(control: str, place: int, folder: Path) -> None:
    rows = csv_events()
    cells = ["1", "1", "5", "1400000000"]
    cells[place] = f"a{control}b"
    report = take(shop(folder, [*rows[:10], ",".join(cells), *rows[10:]]), max_bad=5)
    assert report.tally.first_reject == (
        f"{folder}/interactions.csv:12 (control character in the id of the {('user', 'item')[place]})"
    )
    assert report.as_json()["interactions"] == N_EVENTS


@pytest.mark.parametrize("control", CONTROLS)
def test_an_item_or_review_with_a_control_character_in_its_id_is_rejected_at_its_line(
    control: str, folder: Path
) -> None:
    escaped = json.dumps(f"a{control}b")
    (folder / "items.jsonl").write_text(f'{{"item_id": "a", "title": "x"}}\n{{"item_id": {escaped}, "title": "x"}}\n')
    review = f'"item_id": "a", "text": "fine", "review_id": {escaped}'
    (folder / "reviews.jsonl").write_text(f'{{"item_id": "a", "text": "good"}}\n{{{review}}}\n')
    report = take(folder, max_bad=50)
    kinds = {name: kind.first for name, kind in report.tally.kinds.items()}
    assert kinds == {
        "control character in the id of the item": f"{folder}/items.jsonl:2",
        "control character in the id of the review": f"{folder}/reviews.jsonl:2",
    }


@pytest.mark.parametrize("user_id", ["nan", "None", "null", "<NA>"])
def test_a_word_for_a_missing_value_is_no_user(user_id: str, folder: Path) -> None:
    report = take(shop(folder, [*csv_events(), f"{user_id},1,5,1400000000"]), max_bad=5)
    assert report.tally.kinds["no user"].first == f"{folder}/interactions.csv:{N_EVENTS + 2}"


@pytest.mark.parametrize(
    "row",
    [
        '{"user_id": "1", "item_id": "1", "item_id": "2", "timestamp": 1400000000}',
        '{"user_id": "1", "item_id": "1", "Item_ID": "2", "timestamp": 1400000000}',
    ],
)
def test_a_json_row_with_a_doubled_column_is_rejected_at_its_own_line(row: str, folder: Path) -> None:
    path = shop(folder) / "interactions.csv"
    names = path.read_text().splitlines()[0].split(",")
    lines = [json.dumps(dict(zip(names, event, strict=True))) for event in EVENTS]
    path.unlink()
    (folder / "interactions.jsonl").write_text("\n".join([*lines[:7], row, *lines[7:]]) + "\n")
    report = take(folder, max_bad=5)
    assert report.tally.first_reject == f"{folder}/interactions.jsonl:8 (row with a column that is there twice)"
    assert report.as_json()["interactions"] == N_EVENTS


def test_a_header_below_blank_lines_is_named_by_its_own_line(folder: Path) -> None:
    path = shop(folder, header="user_id,item_id,item_id,timestamp") / "interactions.csv"
    path.write_text("\n\n" + path.read_text())
    with pytest.raises(MendableError, match=r"interactions\.csv:3"):
        take(folder)
    path.write_text(path.read_text().replace("item_id,item_id", "wombat,zebra"))
    with pytest.raises(MendableError, match=r"'item_id' .*interactions\.csv:3"):
        take(folder)


def test_a_carriage_return_inside_a_row_is_named_as_what_it_is(folder: Path) -> None:
    rows = csv_events()
    report = take(shop(folder, [*rows[:10], "1,1,5\r,1400000000", *rows[10:]]), max_bad=5)
    assert report.tally.first_reject == f"{folder}/interactions.csv:12 (carriage return inside a row)"
    assert report.as_json()["interactions"] == N_EVENTS


def test_what_is_passed_over_in_a_folder_is_named(folder: Path) -> None:
    shop(folder)
    (folder.parent / "elsewhere").mkdir()
    shop(folder.parent / "elsewhere")
    (folder / "linked").symlink_to(folder.parent / "elsewhere")
    (folder / "below" / "deep").mkdir(parents=True)
    (folder / "below" / "linked-too").symlink_to(folder.parent / "elsewhere")
    (folder / "below" / "empty").mkdir()
    (folder / "LICENCE").write_text("CC0")
    report = take(folder)
    assert report.as_json()["items"] == N_ITEMS
    (line,) = [note for note in report.notes if note.startswith("left out:")]
    for name in ("linked (a link", "below/linked-too (a link", "below/empty (an empty", "below/deep (an empty"):
        assert f"{folder}/{name}" in line
    assert any("LICENCE" in note for note in report.notes)


def test_a_folder_that_is_named_itself_may_be_a_link(folder: Path) -> None:
    (folder.parent / "link").symlink_to(shop(folder))
    assert take(folder.parent / "link").as_json()["interactions"] == N_EVENTS


def test_rejects_of_a_refused_import_are_kept_until_one_succeeds(folder: Path, home: Path) -> None:
    many_bad_rows(folder)
    with pytest.raises(MendableError, match=r"interactions\.csv:37"):
        take(folder)
    assert not (home / "domains").exists()
    (kept,) = home.rglob("rejects.jsonl")
    assert len(kept.read_text().splitlines()) == 2
    take(folder, max_bad=10)
    (again,) = home.rglob("rejects.jsonl")
    assert again.parent == domain_folder("shop")
    assert len(again.read_text().splitlines()) == 2


def test_a_dry_run_counts_and_writes_nothing(folder: Path, home: Path) -> None:
    assert take(shop(folder), dry_run=True).as_json()["interactions"] == N_EVENTS
    assert not home.exists()


def test_a_full_disk_is_one_line_and_leaves_the_earlier_domain(folder: Path, tmp_path: Path, home: Path) -> None:
    (tmp_path / "good").mkdir()
    take(shop(tmp_path / "good"))
    before = stamp(home / "domains")
    shop(folder, [f"u{n},{n % N_ITEMS + 1},{n % 5 + 1},{SECOND + n * n}" for n in range(20_000)])
    done = subprocess.run(
        [sys.executable, "-m", "index", "import", str(folder), "--domain", "shop"],
        cwd=CLONE,
        env={**os.environ, "PALATE_HOME": str(home)},
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if "error" in line] == done.stderr.splitlines()[-1:]
    assert done.stderr.splitlines()[-1].startswith("error: cannot write (File too large)")
    assert stamp(home / "domains") == before
    assert not list((home / "unfinished").iterdir())
