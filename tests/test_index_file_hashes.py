"""Hashes of files that are kept: those of the content as it is, whatever a file's times say."""

import hashlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.storage import file_hashes
from index.storage.file_hashes import FILE, MIN_KEPT, SETTLED, file_sha256

LARGE = bytes(range(256)) * (MIN_KEPT // 256 + 1)


def settled(path: Path, content: bytes) -> Path:
    """A file that was written long enough ago for its hash to be kept."""
    path.write_bytes(content)
    time.sleep(SETTLED + 0.1)
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return settled(tmp_path_factory.mktemp("large") / "file", LARGE)


@pytest.fixture(autouse=True)
def new_process() -> None:
    """As in a process that begins: no hash is in memory."""
    file_hashes._hash_of_state.cache_clear()


def kept(home: Path) -> bool:
    return (home / "cache" / FILE).is_file()


@given(content=st.binary(max_size=3000))
def test_the_hash_of_a_small_file_is_that_of_its_content(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("small") / "file"
    path.write_bytes(content)
    assert file_sha256(path) == hashlib.sha256(content).hexdigest()


def test_a_large_file_is_read_once_by_all_processes(home: Path, large: Path) -> None:
    first = file_sha256(large)
    assert first == hashlib.sha256(LARGE).hexdigest()
    text = (home / "cache" / FILE).read_text()
    (home / "cache" / FILE).write_text(text.replace(first, "f" * 64))
    file_hashes._hash_of_state.cache_clear()
    assert file_sha256(large) == "f" * 64


def test_another_content_of_the_same_size_is_noticed_though_its_time_is_set_back(home: Path, tmp_path: Path) -> None:
    path = settled(tmp_path / "large", LARGE)
    file_sha256(path)
    assert kept(home)
    state, other = path.stat(), LARGE[::-1]
    path.write_bytes(other)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert file_sha256(path) == hashlib.sha256(other).hexdigest()


def test_the_hash_of_a_file_that_has_just_been_written_is_not_kept(home: Path, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(LARGE)
    assert file_sha256(tmp_path / "large") == hashlib.sha256(LARGE).hexdigest()
    assert not kept(home)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 3}', '{"x": [1, 2, 3]}'])
def test_kept_hashes_that_cannot_be_read_are_made_anew(home: Path, large: Path, content: str) -> None:
    (home / "cache").mkdir(parents=True)
    (home / "cache" / FILE).write_text(content)
    assert file_sha256(large) == hashlib.sha256(LARGE).hexdigest()


def test_a_home_that_cannot_be_written_is_no_error(home: Path, large: Path) -> None:
    home.mkdir()
    (home / "cache").write_text("a file where a folder is needed")
    assert file_sha256(large) == hashlib.sha256(LARGE).hexdigest()


def test_a_file_that_is_not_there_is_the_systems_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_sha256(tmp_path / "nowhere")
