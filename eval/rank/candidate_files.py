"""Ranked lists of other systems, read from files and ranked as they are; odd entries are counted and shown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eval.metrics.base import NO_ITEM, ranks_in_lists
from eval.rank.list_format import COLUMNS, read_lists, split_ids
from eval.rank.protocols import Cases
from eval.rank.ranking import Ranked
from eval.rank.results import Result
from index.data.domain import Catalogue, Histories
from index.errors import MendableError
from index.progress import note

MAX_SHOWN = 20  # lines with unknown ids, and with repeated ones, that are shown for each file


@dataclass(frozen=True)
class Place:
    """An id and the line of the file in which it stands."""

    line: int
    item_id: str


@dataclass(frozen=True)
class ListFile:
    """One file: rows of the catalogue for each user, unknown ids being rows beyond it, in the order of `unknown`.

    `repeats` has each place of an id after the first in its list.
    """

    model: str
    path: Path
    rows: dict[str, npt.NDArray[np.int32]]
    lines: dict[str, int]
    unknown: tuple[str, ...]
    unknown_places: tuple[Place, ...]
    repeats: tuple[Place, ...]


@dataclass(frozen=True)
class Counts:
    """Odd entries of a file, which are left as they are: numbers of ids, and of users with an empty list."""

    history_items: int
    unknown_ids: int
    repeated_ids: int
    empty_lists: int


def read_files(paths: Sequence[Path], catalogue: Catalogue) -> list[ListFile]:
    """Read all files; they must have the same users. Raises MendableError naming the file and line that is wrong."""
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
    """Read one file; unknown and repeated ids keep their places and are shown on stderr by `file:line`."""
    rows: dict[str, npt.NDArray[np.int32]] = {}
    lines: dict[str, int] = {}
    unknown: dict[str, int] = {}
    unknown_places: list[Place] = []
    repeats: list[Place] = []
    for line, user, text in read_lists(path):
        if user in rows:
            raise MendableError(
                f"user {user!r} has a second list", f"{path}:{line}", f"Keep one; the first is in line {lines[user]}"
            )
        ids = split_ids(text, catalogue.row_of)
        for strange in (each for each in ids if each not in catalogue.row_of):
            unknown.setdefault(strange, len(catalogue) + len(unknown))
            unknown_places.append(Place(line, strange))
        repeats += [Place(line, each) for each, n in Counter(ids).items() for _ in range(n - 1)]
        found = [catalogue.row_of.get(each, unknown.get(each, NO_ITEM)) for each in ids]
        rows[user], lines[user] = np.array(found, np.int32), line
    if not rows:
        raise MendableError("the file has no lists", str(path), f"Give a CSV with the columns {','.join(COLUMNS)}")
    file = ListFile(model_of(path), path, rows, lines, tuple(unknown), tuple(unknown_places), tuple(repeats))
    _show(file.unknown_places, file, "no item {}", "ids that the catalogue lacks; they keep their places")
    _show(file.repeats, file, "{} stands in this list before", "repeated ids; each keeps its place and counts once")
    return file


def model_of(path: Path) -> str:
    """The name of the model whose lists a file holds."""
    return path.name.split(".")[0] or path.name


def cases_of(files: Sequence[ListFile], tested: Cases) -> Cases:
    """The tested users of the files, in the order of the domain. Raises MendableError for a user who is not tested."""
    place = tested.histories.place_of
    untested = [(line, user) for user, line in files[0].lines.items() if user not in place]
    if untested:
        line, user = untested[0]
        raise MendableError(
            f"{len(untested)} users of the file have no test event in this domain and protocol, the first {user!r}",
            f"{files[0].path}:{line}",
            "Leave them out of the candidate files",
        )
    return tested.of(np.sort(np.array([place[user] for user in files[0].lines], np.int64)))


def result_of(file: ListFile, cases: Cases, length: int) -> Result:
    """The lists as they are, ranked for these cases; `length` of each are kept."""
    users = cases.histories.users
    longest = max(length, *(len(file.rows[user]) for user in users))
    lists = np.full((len(users), longest), NO_ITEM, np.int32)
    for n, user in enumerate(users):
        lists[n, : len(file.rows[user])] = file.rows[user]
    ranks = ranks_in_lists(lists, cases.relevant.starts, cases.relevant.rows)
    return Result(file.model, Ranked(ranks, lists[:, :length]), {}, unknown=file.unknown)


def counts_of(file: ListFile, histories: Histories, n_items: int) -> Counts:
    """Number of listed items that are in their user's history, of unknown and of repeated ids, of empty lists."""
    lists = [file.rows[user].astype(np.int64) for user in histories.users]
    owners = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    size = n_items + len(file.unknown)
    listed = owners * size + np.concatenate([*lists, np.zeros(0, np.int64)])
    return Counts(
        history_items=int(np.isin(listed, histories.owners * size + histories.rows).sum()),
        unknown_ids=len(file.unknown_places),
        repeated_ids=len(file.repeats),
        empty_lists=sum(not len(each) for each in lists),
    )


def _show(places: Sequence[Place], file: ListFile, each: str, all_of_them: str) -> None:
    """Print the first of some places by `file:line`, and how many there are."""
    for place in places[:MAX_SHOWN]:
        note(f"{file.path}:{place.line}: {each.format(repr(place.item_id))}")
    if places:
        note(f"{file.path}: {len(places)} {all_of_them}")
