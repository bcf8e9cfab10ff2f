"""An index on disk: built, extended, shortened, refused; and whole after a kill or a full disk at any moment."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.build.build_lock import only_writer
from index.build.builder import build_with
from index.build.loading import open_index
from index.data.domain import load_domain
from index.data.item_text import item_text
from index.errors import MendableError
from index.storage.home import index_folder
from index.types import Floats
from tests.helpers_index import (
    FILMS,
    HashingEncoder,
    built_domain,
    files_below,
    found,
    full_disk,
    generations,
    many,
    opened,
    text_builder,
    write_domain,
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# --- build and load ---------------------------------------------------------


def test_a_built_index_has_a_vector_of_each_item() -> None:
    domain = built_domain()
    expected = HashingEncoder().encode([item_text(item) for item in FILMS])
    assert np.array_equal(opened(domain).vectors, expected)
    assert opened(domain).text.mean == pytest.approx(expected.mean(0), abs=1e-6)


def test_the_manifest_tells_what_the_index_is_made_of() -> None:
    domain = built_domain()
    content = json.loads((generations()[0] / "manifest.json").read_text())
    made = {name: content[name] for name in ("encoder", "encoder_sha256", "encoder_found_in", "dim", "tables_sha256")}
    assert made == {
        "encoder": "hashing",
        "encoder_sha256": "a" * 64,
        "encoder_found_in": "the tests",
        "dim": 256,
        "tables_sha256": domain.sha256,
    }
    assert (content["n_items"], content["n_users"], content["domain"]) == (6, 1, "films")
    assert content["parts"]["text"]["store"]["kind"] == "flat"
    below = {name for name in files_below(generations()[0]) if name != "manifest.json"}
    assert set(content["files"]) == below


def test_a_second_build_without_changes_writes_nothing(own_home: Path) -> None:
    built_domain()
    before, builder = files_below(own_home), text_builder()
    build_with(builder, "films")
    assert files_below(own_home) == before
    assert isinstance(builder.encoder, HashingEncoder) and not builder.encoder.seen


def test_force_builds_again() -> None:
    built_domain()
    old = generations()
    build_with(text_builder(), "films", force=True)
    assert len(generations()) == 1 and generations() != old


@pytest.mark.parametrize("change", ["tables", "encoder", "file"])
def test_a_build_after_a_change_makes_a_new_index(change: str) -> None:
    built_domain()
    encoder = HashingEncoder(sha256="b" * 64) if change == "encoder" else HashingEncoder()
    if change == "tables":
        write_domain("films", FILMS[:4])
    if change == "file":
        (generations()[0] / "text" / "vectors.npy").write_bytes(b"")
    build_with(text_builder(encoder), "films")
    assert open_index(load_domain("films"), encoder).manifest.n_items == (4 if change == "tables" else 6)


def test_an_empty_catalogue_can_be_built_and_searched() -> None:
    built_domain(items=())
    assert found("star") == []


def test_opening_an_index_writes_nothing(own_home: Path) -> None:
    built_domain()
    before = files_below(own_home)
    found("star wars")
    assert files_below(own_home) == before


def test_an_index_can_be_opened_while_another_takes_its_place() -> None:
    domain = built_domain()
    first = opened(domain)
    build_with(text_builder(), "films", force=True)
    assert first.vectors[0] @ first.vectors[0] == pytest.approx(1.0)  # what is mapped stays, though it is unlinked
    assert found("star wars")[0].item_id == "1"


# --- what is refused --------------------------------------------------------


def truncate(folder: Path) -> None:
    os.truncate(folder / "text" / "vectors.npy", 500)


def change_a_byte(folder: Path) -> None:
    path = folder / "text" / "vectors.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 255
    path.write_bytes(content)


def lose_a_file(folder: Path) -> None:
    (folder / "text" / "words" / "words.json").unlink()


def break_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def edit_manifest(**changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return edit


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (truncate, ("500 bytes", "vectors.npy")),
        (change_a_byte, ("another content", "vectors.npy")),
        (lose_a_file, ("missing", "words.json")),
        (break_manifest, ("cannot be read", "manifest.json")),
        (edit_manifest(format_version=99), ("99", "reads 1")),
        (edit_manifest(encoder="another", encoder_sha256="0" * 64), ("another", "hashing")),
        (edit_manifest(encoder_sha256="0" * 64), ("000000000000", "aaaaaaaaaaaa")),
        (edit_manifest(tables_sha256="0" * 64), ("000000000000",)),
        (edit_manifest(n_items=5), ("5 items", "catalogue 6")),
        (edit_manifest(files=None), ("cannot be read",)),
        (edit_manifest(parts={"text": {"version": 0}}), ("version 0",)),
    ],
)
def test_an_index_that_does_not_fit_is_refused(damage: Callable[[Path], None], named: Sequence[str]) -> None:
    domain = built_domain()
    damage(generations()[0])
    with pytest.raises(MendableError) as refused:
        opened(domain)
    assert "index build --domain films" in str(refused.value)
    for word in named:
        assert word in str(refused.value)


def test_an_index_of_an_encoder_that_is_not_here_is_refused() -> None:
    domain = built_domain()
    with pytest.raises(MendableError, match=r"encoder 'hashing' is not on this machine.*index build --domain films"):
        open_index(domain)


def test_a_domain_without_index_says_how_to_make_one() -> None:
    with pytest.raises(MendableError, match=r"no index.*index build --domain films"):
        opened(write_domain())


def test_an_index_made_of_other_tables_is_refused_naming_both() -> None:
    old = built_domain().sha256[:12]
    domain = write_domain("films", FILMS[:5])
    with pytest.raises(MendableError, match=f"{old}.*{domain.sha256[:12]}"):
        opened(domain)


def test_a_second_writer_is_refused() -> None:
    write_domain()
    with only_writer("films"), pytest.raises(MendableError, match="another run"):
        build_with(text_builder(), "films")


# --- kills and full disks ---------------------------------------------------

KILLED = """
import os, signal, sys
from index.build.builder import Builder, build_with
from index.build.text_part import TextPart
from tests.helpers_index import HashingEncoder

class Dies(HashingEncoder):
    def encode(self, texts, what=""):
        if len(self.seen) >= 1024:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts, what)

class Deadly:
    name, version = "deadly", 1
    def is_needed(self, domain):
        return True
    def build(self, context):
        os.kill(os.getpid(), signal.SIGKILL)

dies_early = sys.argv[1] == "early"
parts = (TextPart(),) if dies_early else (TextPart(), Deadly())
build_with(Builder(Dies() if dies_early else HashingEncoder(), "the tests", parts), "films", force=True)
"""


def kill_a_build(moment: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, moment], capture_output=True, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-500:]


@pytest.mark.parametrize("moment", ["early", "late"])
def test_a_killed_build_leaves_the_old_index_whole(moment: str) -> None:
    built_domain(items=many(1300))
    before = found("word7", 20)
    kill_a_build(moment)
    assert found("word7", 20) == before
    build_with(text_builder(), "films", force=True)
    assert found("word7", 20) == before
    assert len(list(index_folder("films").iterdir())) == 2  # one generation and the lock


def test_a_killed_build_goes_on_where_it_was() -> None:
    write_domain(items=many(1300))
    kill_a_build("early")
    builder = text_builder()
    build_with(builder, "films")
    assert isinstance(builder.encoder, HashingEncoder)
    assert builder.encoder.seen == [item_text(item) for item in many(1300)[1024:]]
    assert np.array_equal(opened().vectors, HashingEncoder().encode([item_text(item) for item in many(1300)]))


def test_a_cut_shard_is_embedded_again() -> None:
    write_domain(items=many(1300))
    kill_a_build("early")
    shard = min((index_folder("films") / ".building").iterdir())
    os.truncate(shard, 300)
    build_with(text_builder(), "films")
    assert np.array_equal(opened().vectors, HashingEncoder().encode([item_text(item) for item in many(1300)]))


@pytest.mark.parametrize("most", [1000, 200_000])  # in the first shard, in the vectors
def test_a_full_disk_is_one_error_and_the_old_index_stays(most: int) -> None:
    built_domain(items=many(1300))
    before, old = found("word7", 20), generations()
    with full_disk(most), pytest.raises(MendableError, match="cannot write"):
        build_with(text_builder(), "films", force=True)
    assert generations() == old
    assert found("word7", 20) == before


def test_an_interrupted_build_leaves_nothing_half_made() -> None:
    built_domain()

    class Interrupted(HashingEncoder):
        def encode(self, texts: Sequence[str], what: str = "") -> Floats:
            raise KeyboardInterrupt

    old = generations()
    with pytest.raises(KeyboardInterrupt):
        build_with(text_builder(Interrupted()), "films", force=True)
    assert generations() == old
