"""Ranked lists made by others, read from files: CSV with `user_id,item_ids`, ids separated by blanks, best first.

An id that holds a blank stands in double quotes, as `eval rank --report` writes it.
"""

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from eval.metrics.ranking import ranks_in_lists
from eval.rank.id_lists import split_ids
from eval.rank.protocols import Cases
from eval.rank.ranking import NONE, Ranked
from eval.rank.results import Result
from index.command import note
from index.data.domain import Catalogue, Histories
from index.errors import MendableError

COLUMNS = ("user_id", "item_ids")
MAX_SHOWN = 20  # lines with unknown ids that are shown for each file


@dataclass(frozen=True)
class ListFile:
    """One file: rows of the catalogue for each user, unknown ids being rows beyond it, in the order of `unknown`."""

    model: str
    path: Path
    rows: dict[str, npt.NDArray[np.int32]]
    lines: dict[str, int]
    unknown: tuple[str, ...]
    unknown_lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Counts:
    """What was strange in a file: none of it was changed. Numbers of ids, but for `empty`, a number of users."""

    history_items: int
    unknown_ids: int
    repeated_ids: int
    empty_lists: int


def read_files(paths: Sequence[Path], catalogue: Catalogue) -> list[ListFile]:
    """All the files, with the same users in each. Raises MendableError naming the file and line that is wrong."""
    files = [read_file(path, catalogue) for path in paths]
    for name in {file.model for file in files}:
        if len(same := [str(file.path) for file in files if file.model == name]) > 1:
            raise MendableError(f"two files would both be the model {name!r}", ", ".join(same), "Rename one of them")
    for file in files[1:]:
        different = sorted(file.rows.keys() ^ files[0].rows.keys())
        if different:
            raise MendableError(
                f"{len(different)} users are in one file only, the first of them {different[0]!r}",
                f"{files[0].path} and {file.path}",
                "Give files of the same users: they are compared user by user",
            )
    return files


def read_file(path: Path, catalogue: Catalogue) -> ListFile:
    """One file; ids that the catalogue lacks keep their places and are shown on stderr by `file:line`."""
    rows: dict[str, npt.NDArray[np.int32]] = {}
    lines: dict[str, int] = {}
    unknown: dict[str, int] = {}
    unknown_lines: list[tuple[int, str]] = []
    for line, user, text in _lines(path):
        ids = split_ids(text, catalogue.row_of)
        if user in rows:
            raise MendableError(
                f"user {user!r} has a second list", f"{path}:{line}", f"Keep one; the first is in line {lines[user]}"
            )
        for strange in (each for each in ids if each not in catalogue.row_of):
            unknown.setdefault(strange, len(catalogue) + len(unknown))
            unknown_lines.append((line, strange))
        found = [catalogue.row_of.get(each, unknown.get(each, NONE)) for each in ids]
        rows[user], lines[user] = np.array(found, np.int32), line
    if not rows:
        raise MendableError("the file has no lists", str(path), f"Give a CSV with the columns {','.join(COLUMNS)}")
    file = ListFile(path.name.split(".")[0] or path.name, path, rows, lines, tuple(unknown), tuple(unknown_lines))
    _show_unknown(file, catalogue)
    return file


def cases_of(files: Sequence[ListFile], tested: Cases) -> Cases:
    """The tested users of the files, in the order of the domain. Raises MendableError for one who is not tested."""
    place = tested.histories.place_of
    strangers = [(line, user) for user, line in files[0].lines.items() if user not in place]
    if strangers:
        line, user = strangers[0]
        raise MendableError(
            f"{len(strangers)} users of the file have no test event in this domain and protocol, the first {user!r}",
            f"{files[0].path}:{line}",
            "Leave them out of the candidate files",
        )
    return tested.of(np.sort(np.array([place[user] for user in files[0].lines], np.int64)))


def result_of(file: ListFile, cases: Cases, length: int) -> Result:
    """The lists as they are, ranked for these cases; `length` of each are kept."""
    users = cases.histories.users
    longest = max(length, *(len(file.rows[user]) for user in users))
    lists = np.full((len(users), longest), NONE, np.int32)
    for n, user in enumerate(users):
        lists[n, : len(file.rows[user])] = file.rows[user]
    ranks = ranks_in_lists(lists, cases.relevant.starts, cases.relevant.rows)
    return Result(file.model, Ranked(ranks, lists[:, :length]), {}, unknown=file.unknown)


def counts_of(file: ListFile, histories: Histories, n_items: int) -> Counts:
    """How many listed items each user had already, how many ids are unknown or repeated, how many lists are empty."""
    lists = [file.rows[user].astype(np.int64) for user in histories.users]
    owners = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    size = n_items + len(file.unknown)
    listed = owners * size + np.concatenate([*lists, np.zeros(0, np.int64)])
    had = np.repeat(np.arange(len(histories)), histories.lengths) * size + histories.rows
    return Counts(
        history_items=int(np.isin(listed, had).sum()),
        unknown_ids=len(file.unknown_lines),
        repeated_ids=len(listed) - len(np.unique(listed)),
        empty_lists=sum(not len(each) for each in lists),
    )


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, user and list of each row. Raises MendableError where the file cannot be read as such a table."""
    csv.field_size_limit(sys.maxsize)  # a list of a whole catalogue is longer than the module expects
    try:
        with _opened(path) as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
            if not set(COLUMNS) <= set(header):
                raise _no_table(f"the columns are {', '.join(header)[:80]!r}", f"{path}:1")
            user, ids = (header.index(name) for name in COLUMNS)
            for row in reader:
                if row and len(row) != len(header):
                    raise _no_table(f"a row has {len(row)} columns, not {len(header)}", f"{path}:{reader.line_num}")
                if row:
                    yield reader.line_num, row[user], row[ids]
    except (EOFError, zlib.error, UnicodeDecodeError, csv.Error, gzip.BadGzipFile) as why:
        raise _no_table(f"the file cannot be read ({why})", str(path)) from why
    except OSError as why:
        raise MendableError(
            f"cannot read a candidate file ({why.strerror})", f"--candidates {path}", "Give the path of a file"
        ) from why


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as raw:
        content = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        yield io.TextIOWrapper(content, "utf-8", newline="")


def _no_table(what: str, where: str) -> MendableError:
    return MendableError(what, where, f"A candidate file is CSV in UTF-8 with the columns {','.join(COLUMNS)}")


def _show_unknown(file: ListFile, catalogue: Catalogue) -> None:
    for line, strange in file.unknown_lines[:MAX_SHOWN]:
        note(f"{file.path}:{line}: no item {strange!r}")
    if file.unknown_lines:
        n = len(file.unknown_lines)
        note(f"{file.path}: {n} ids that the catalogue lacks; they keep their places and match nothing")
        if any(len(each.split()) > 1 for each in catalogue.ids):
            note(f"{file.path}: ids that hold blanks must stand in double quotes")
