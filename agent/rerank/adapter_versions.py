"""The versions of a domain's adapters: `PALATE_HOME/adapters/DOMAIN/KIND/VERSION`, and `current`, which names one.

A version is written aside, renamed into its place and never changed, but that `refitted` may come into it. The one that
serves is named by `current`; without that file it is the adapter that is shipped for the domain. Only `delete_version`
deletes.

A version itself has learned from no held-out event, so that evaluations can use it. In its folder `refitted` may lie
what came of it after a last step on all events: with this it serves.
"""

import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.rerank.adapter_files import SETTINGS, WEIGHTS, read_record, read_settings_file
from agent.rerank.rankers import TUNED
from index.embedding.imports import BROKEN
from index.embedding.model_files import file_sha256
from index.errors import MendableError
from index.storage.current_adapter import CURRENT, SHIPPED, read_current, write_current
from index.storage.folder_lock import LOCK, only_one
from index.storage.home import adapters_folder, mendable_writes, replace_folder

REFITTED = "refitted"  # in a version's folder: the same after a last step on all events, with which it serves
NAME = re.compile(r"\w[\w.-]*", re.ASCII)  # a hidden folder is no version: it is being written


@dataclass(frozen=True)
class Version:
    """One adapter of a domain; `folder` holds its files."""

    kind: str
    name: str
    folder: Path
    is_current: bool = False

    @property
    def is_shipped(self) -> bool:
        """Whether it comes with the program."""
        return self.folder.parent == SHIPPED

    @property
    def serving(self) -> Path:
        """The folder that the agent ranks with: where the training learned from all events last, what came of that."""
        refitted = self.folder / REFITTED
        return refitted if (refitted / SETTINGS).is_file() else self.folder

    @property
    def record(self) -> dict[str, Any]:
        """Its training record, empty where it cannot be read."""
        return dict(read_record(self.folder))

    @property
    def made(self) -> str:
        """When its training ended, ISO 8601 in UTC."""
        return str(self.record.get("made") or _time_of(self.folder).isoformat())

    @property
    def ndcg(self) -> float | None:
        """Its NDCG@10 on validation, as recorded after its training."""
        try:
            return float(self.record["after"]["ndcg@10"])
        except BROKEN:
            return None

    @property
    def has_learned(self) -> bool:
        """Whether its training did a step."""
        return self.record.get("steps") != 0

    def as_json(self) -> dict[str, Any]:
        """What `python -m finetune adapters --json` prints of it."""
        try:
            knows_test = bool(read_settings_file(self.folder)["knows_test"])
        except BROKEN:
            knows_test = False
        return {
            "version": self.name,
            "kind": self.kind,
            "made": self.made,
            "ndcg@10": self.ndcg,
            "current": self.is_current,
            "knows_test": knows_test,
            "serves_with_all_events": self.serving != self.folder,
            "steps": self.record.get("steps"),
            "folder": str(self.folder),
        }


def list_versions(domain: str) -> list[Version]:
    """All versions of a domain, of every kind, those that are shipped too, newest first."""
    found = [version for kind in TUNED for version in _versions_of(domain, kind)]
    return sorted(found, key=lambda version: (version.made, version.name), reverse=True)


def find_current(domain: str, kind: str) -> Version | None:
    """The version that serves a domain, None where there is none."""
    return next((version for version in _versions_of(domain, kind) if version.is_current), None)


def find_adapter(domain: str, kind: str) -> Path | None:
    """The folder of the adapter that serves a domain, None where there is none."""
    current = find_current(domain, kind)
    return None if current is None else current.serving


def name_of(folder: Path) -> str:
    """How replies and reports name the adapter of a folder: its version, and `/refitted` where it knows all events."""
    return f"{folder.parent.name}/{REFITTED}" if folder.name == REFITTED else folder.name


def add_version(domain: str, kind: str, made: datetime, write: Callable[[Path], None]) -> Version:
    """Let `write` fill a folder, and put it in place as a version that is not current. Inside `only_training`."""
    parent = adapters_folder(domain) / kind
    aside = parent / ".new"
    shutil.rmtree(aside, ignore_errors=True)  # of a run that was killed
    with mendable_writes(parent):
        aside.mkdir(parents=True)
    try:
        write(aside)
        name = _free_name(domain, _name_of(aside, made))
        replace_folder(aside, parent / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Version(kind, name, parent / name)


def add_refitted(version: Version, write: Callable[[Path], None]) -> Path:
    """Let `write` fill a folder, and let the version serve with it from then on. Inside `only_training`."""
    aside = version.folder / f".{REFITTED}"
    shutil.rmtree(aside, ignore_errors=True)  # of a run that was killed
    with mendable_writes(version.folder):
        aside.mkdir()
    try:
        write(aside)
        replace_folder(aside, version.folder / REFITTED)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return version.folder / REFITTED


def make_current(domain: str, version: Version) -> None:
    """Let a version serve from now on. Raises MendableError for one that has learned nothing."""
    if not version.has_learned:
        raise MendableError(
            f"{version.name} has learned nothing: its training was interrupted before the first step",
            "--use",
            "Choose another version, or go on with its training by the command on its card",
        )
    write_current(adapters_folder(domain) / version.kind, version.name)


def find_version(domain: str, name: str, flag: str) -> Version:
    """The version of this name. Raises MendableError, naming those that there are."""
    versions = list_versions(domain)
    for version in versions:
        if version.name == name:
            return version
    known = ", ".join(version.name for version in versions)
    raise MendableError(
        f"no adapter {name!r} of {domain!r}",
        flag,
        f"There are: {known}" if known else f"There is none yet; `python -m finetune rank --domain {domain}` makes one",
    )


def delete_version(domain: str, version: Version) -> None:
    """Delete a version's folder.

    Raises MendableError for one that is shipped, and for the current one while another could be chosen instead.
    """
    if version.is_shipped:
        raise MendableError(f"{version.name} comes with the program", "--delete", "Choose another with --use")
    others = [each for each in _versions_of(domain, version.kind) if each.name != version.name and each.has_learned]
    if version.is_current and others:
        raise MendableError(
            f"{version.name} is the current one", "--delete", f"Choose another first: --use {others[0].name}"
        )
    parent = adapters_folder(domain) / version.kind
    with mendable_writes(version.folder):
        if version.is_current:
            (parent / CURRENT).unlink(missing_ok=True)
        (version.folder / SETTINGS).unlink(missing_ok=True)  # first: what is half removed must not count
        for path in version.folder.iterdir():
            if path.name not in (CURRENT, LOCK) and path.is_file():
                path.unlink()
        if version.folder != parent:
            shutil.rmtree(version.folder)


def only_training(domain: str, kind: str) -> AbstractContextManager[None]:
    """Keeps a second training of a domain and kind out. Raises MendableError where one is running."""
    return only_one(adapters_folder(domain) / kind, f"another training of a {kind} adapter for {domain!r} is running")


def move_unversioned(domain: str, kind: str) -> None:
    """Make a version of an adapter that lies in `KIND` itself, as they did before there were versions.

    Inside `only_training`. The copy has its place before the original goes: a kill leaves at least one of them whole.
    """
    parent = adapters_folder(domain) / kind
    files = [path for path in parent.iterdir() if path.is_file() and path.name not in (CURRENT, LOCK)]
    if (parent / SETTINGS).is_file():
        _copy_unversioned(domain, kind, files)
        with mendable_writes(parent):
            (parent / SETTINGS).unlink()
    for path in files:
        path.unlink(missing_ok=True)


def _copy_unversioned(domain: str, kind: str, files: list[Path]) -> None:
    parent = adapters_folder(domain) / kind
    current, name, aside = find_current(domain, kind), _name_of(parent, _time_of(parent)), parent / ".new"
    if not (parent / name / SETTINGS).is_file():
        shutil.rmtree(aside, ignore_errors=True)
        with mendable_writes(parent):
            aside.mkdir()
            for path in files:
                shutil.copy2(path, aside / path.name)
        replace_folder(aside, parent / name)
    if current is not None and current.name == name:
        write_current(parent, name)


def _versions_of(domain: str, kind: str) -> list[Version]:
    """The versions of one kind, in no order; one of them is current, or none."""
    parent, shipped = adapters_folder(domain) / kind, SHIPPED / f"{domain}-{kind}"
    folders = {shipped.name: shipped} if (shipped / SETTINGS).is_file() else {}
    serving = shipped.name
    if (parent / SETTINGS).is_file():  # made before there were versions
        serving = _name_of(parent, _time_of(parent))
        folders[serving] = parent
    if parent.is_dir():
        found = [path for path in sorted(parent.iterdir()) if NAME.fullmatch(path.name)]
        folders |= {path.name: path for path in found if (path / SETTINGS).is_file()}
    named = read_current(parent)
    serving = named if named in folders else serving
    return [Version(kind, name, folder, name == serving) for name, folder in folders.items()]


def _name_of(folder: Path, made: datetime) -> str:
    """The name of a version: when it was made, and the first digits of the hash of its LoRA."""
    weights = folder / WEIGHTS
    digest = file_sha256(weights)[:8] if weights.is_file() else "0" * 8
    return f"{made.astimezone(UTC):%Y%m%d-%H%M%S}-{digest}"


def _free_name(domain: str, name: str) -> str:
    """A name that no version of the domain has."""
    taken = {version.name for version in list_versions(domain)}
    names = (name if n == 1 else f"{name}-{n}" for n in range(1, len(taken) + 2))
    return next(each for each in names if each not in taken)


def _time_of(folder: Path) -> datetime:
    """When the settings of a folder were written, 1970 where they are gone meanwhile."""
    try:
        return datetime.fromtimestamp(int((folder / SETTINGS).stat().st_mtime), UTC)
    except OSError:
        return datetime.fromtimestamp(0, UTC)
