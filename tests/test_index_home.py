"""The home: names of domains, folders replaced as one step, and what is said of a disk that cannot be written."""

import errno
import os
from pathlib import Path

import pytest

from index.errors import WAYS_OUT, MendableError
from index.storage.home import checked_name, domain_folder, mendable_writes, replace_folder, restore_folder
from tests.helpers_import import shop, stamp, take


def full(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "file").write_text(text)
    return folder


@pytest.mark.parametrize("name", ["zed", "Z", "7", "a.b-c_d", "zed.old", "x" * 100])
def test_a_name_begins_with_a_letter_or_digit(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".zed.old", "-x", "_x", "a/b", "a b", "é", "a\n", "x" * 101, "\x1b[31m"]
)
def test_any_other_name_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(MendableError) as refused:
        checked_name(name)
    assert str(refused.value).isprintable()


def test_where_a_replaced_folder_waits_no_domain_can_lie(home: Path, tmp_path: Path) -> None:
    """Whatever `replace_folder` leaves beside a domain when it is killed has a name that is refused."""
    target = full(domain_folder("zed"), "old")
    target.rename(target.with_name(".zed.old"))
    restore_folder(target)
    assert (target / "file").read_text() == "old"
    with pytest.raises(MendableError, match="zed"):
        domain_folder(".zed.old")


def test_importing_a_domain_again_leaves_every_other_domain_as_it_was(home: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    folder = shop(tmp_path / "in")
    for name in ("zed", "zed.old", "zed.1.tmp"):
        take(folder, name)
    others = {name: stamp(domain_folder(name)) for name in ("zed.old", "zed.1.tmp")}
    take(folder, "zed")
    assert {name: stamp(domain_folder(name)) for name in others} == others
    assert sorted(path.name for path in (home / "domains").iterdir()) == ["zed", "zed.1.tmp", "zed.old"]


def test_a_folder_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target, aside = full(tmp_path / "x" / "zed", "old"), full(tmp_path / "y", "new")
    replace_folder(aside, target)
    assert [(path.name, (path / "file").read_text()) for path in target.parent.iterdir()] == [("zed", "new")]


def test_a_folder_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    target = full(tmp_path / "x" / "zed", "old")
    with pytest.raises(MendableError):
        replace_folder(tmp_path / "nowhere", target)
    assert [(path.name, (path / "file").read_text()) for path in target.parent.iterdir()] == [("zed", "old")]


@pytest.mark.parametrize("number", [*WAYS_OUT, errno.ENOENT, errno.ELOOP, errno.ENODEV])
def test_a_write_that_fails_is_told_in_the_system_s_words_with_the_way_out_for_that_reason(number: int) -> None:
    with pytest.raises(MendableError) as refused, mendable_writes(Path("somewhere")):
        raise OSError(number, "a library's words", "here/file")
    line = str(refused.value)
    assert line.startswith(f"cannot write ({os.strerror(number)}), here/file. ")
    assert ("free some space" in line.lower()) == (number == errno.ENOSPC)
    assert ("quota" in line.lower().partition("here/file")[2]) == (number == errno.EDQUOT)
    assert ("right to" in line) == (number in (errno.EACCES, errno.EPERM))


def test_an_error_number_that_a_library_hides_in_its_text_is_found() -> None:
    with pytest.raises(MendableError, match=r"No space left on device.*Free some space"), mendable_writes(Path("x")):
        raise OSError(None, "Error while serializing: I/O error: whatever (os error 28)", "x")


@pytest.mark.parametrize("where", ["blocked", "blocked/below", "/proc/palate"])
def test_a_home_that_cannot_be_written_is_one_line_without_a_word_of_space(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blocked").write_text("")
    (tmp_path / "in").mkdir()
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / where))
    with pytest.raises(MendableError, match=r"cannot write \(.*PALATE_HOME") as refused:
        take(shop(tmp_path / "in"))
    assert "space" not in str(refused.value)
