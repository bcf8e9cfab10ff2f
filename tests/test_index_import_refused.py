"""What an import cannot use: bad rows counted and kept, and what fails leaves everything as it was."""

import gzip
import json
import os
import resource
import subprocess
import sys
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


def many_bad_rows(folder: Path) -> None:
    shop(folder, [*csv_events(), BAD["no user"], BAD["no item"]])


def untyped_atomic_file(folder: Path) -> None:
    (folder / "x.inter").write_text("user_id:token\titem_id:wombat\n1\t2\n")


def no_table(folder: Path) -> None:
    (folder / "notes.txt").write_text("hello")


REFUSED = (
    broken_header,
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
    assert done.stderr.startswith("error: cannot write")
    assert len(done.stderr.splitlines()) == 1
    assert stamp(home / "domains") == before
    assert not list((home / "unfinished").iterdir())
