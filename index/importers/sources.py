"""The files of an import: found in folders and zips, opened whatever they are packed in, read in blocks of lines."""

import codecs
import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, NoReturn

from index.errors import MendableError, reason
from index.progress import track

MAX_LINE = 8 << 20  # bytes; a longer line is one rejected row, whatever its length
BLOCK = 1 << 20  # bytes read at a time
MAX_NAMED = 20  # files named in one line
TOO_LONG = "\0\0\0\n"  # stands in a block for a line over MAX_LINE
DAMAGE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole lines of a file: their bytes, and their number with that of the first."""

    first_line: int
    content: bytes
    n_lines: int
    encoding: str

    @property
    def lines(self) -> list[str]:
        """The lines with their ends; bytes that are no text are lone surrogates."""
        try:
            text = self.content.decode(self.encoding)
        except UnicodeDecodeError:
            text = self.content.decode(self.encoding, "surrogateescape")
        return list(io.StringIO(text, newline="\n"))


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a member of a zip; `linked` where it was reached through a symbolic link."""

    path: Path
    member: str | None = None
    linked: bool = False

    @property
    def shown(self) -> str:
        """The name under which messages show it."""
        return str(self.path) if self.member is None else f"{self.path}/{self.member}"

    @property
    def name(self) -> str:
        """Its own name in small letters, without folder and `.gz`."""
        return self.own_name.lower().removesuffix(".gz")

    @property
    def own_name(self) -> str:
        """Its own name as it is written, without its folder."""
        return PurePosixPath(self.shown).name

    @property
    def folder(self) -> str:
        """The name of the folder that holds it, in small letters."""
        return PurePosixPath(self.shown).parent.name.lower()

    def at(self, line: int) -> str:
        """`file:line`."""
        return f"{self.shown}:{line}"

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Its bytes, unpacked. Raises MendableError where it cannot be opened or, while it is read, is damaged."""
        try:
            with self._packed() as packed:
                yield gzip.GzipFile(fileobj=packed) if self.shown.lower().endswith(".gz") else packed  # type: ignore[misc]  # a GzipFile reads as any file does
        except DAMAGE as why:
            raise MendableError(
                f"the file is damaged or cut off ({str(why) or type(why).__name__})",
                self.shown,
                "Get it anew and import again",
            ) from why
        except OSError as why:
            raise MendableError(
                f"cannot read the file ({reason(why)})", self.shown, "Check the path and its permissions"
            ) from why

    def blocks(self, encoding: str = "utf-8") -> Iterator[Block]:
        """Its lines, about 1 MiB at a time in bounded memory, without a byte order mark."""
        line = 1
        with self.open() as file, track("MB", self._size / 1e6) as step:
            packed: Any = getattr(file, "fileobj", file)
            for chunk in _whole_lines(file):
                step.update(packed.tell() / 1e6)
                content = chunk.removeprefix(codecs.BOM_UTF8) if line == 1 else chunk
                n_lines = content.count(b"\n") + (not content.endswith(b"\n"))
                yield Block(line, content, n_lines, encoding)
                line += n_lines

    @property
    def _size(self) -> int:
        """Bytes as they are packed."""
        if self.member is None:
            return self.path.stat().st_size
        with zipfile.ZipFile(self.path) as archive:
            return archive.getinfo(self.member).file_size

    @contextmanager
    def _packed(self) -> Iterator[IO[bytes]]:
        if self.member is None:
            with self.path.open("rb") as file:
                yield file
        else:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as member:
                yield member


@dataclass(frozen=True)
class Found:
    """The files under some paths, and what was passed over there, each with its reason in words."""

    sources: tuple[Source, ...]
    passed_over: tuple[str, ...] = ()


def find_sources(paths: Sequence[Path]) -> Found:
    """The files under some paths, in order of name. Raises MendableError for a path that cannot be imported from."""
    found: list[Source] = []
    passed_over: list[str] = []
    for path in paths:
        if not path.exists() and not path.is_symlink():
            raise MendableError("there is no such file or folder", str(path), "Check the path")
        inside = _files_below(path, passed_over) if path.is_dir() else [path]
        if not inside:
            raise MendableError(
                "the folder holds no file" + (f" but {list_names(passed_over)}" if passed_over else ""),
                str(path),
                "Name a folder that holds tables",
            )
        for each in inside:
            found += _sources_of(each)
    return Found(tuple({source.shown: source for source in found}.values()), tuple(passed_over))


def list_names(names: Sequence[str]) -> str:
    """At most MAX_NAMED names in words, and how many there are beyond."""
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more if names else "nothing"


def _files_below(folder: Path, passed_over: list[str]) -> list[Path]:
    """The files in a folder and its folders, in order of name; links to folders and empty ones are passed over."""
    files: list[Path] = []
    for name, folders, names in os.walk(folder, onerror=_refuse_unreadable):
        here = Path(name)
        links = [each for each in folders if (here / each).is_symlink()]
        passed_over += [f"{here / each} (a link to a folder)" for each in sorted(links)]
        if not folders and not names and here != folder:
            passed_over.append(f"{here} (an empty folder)")
        files += [here / each for each in names]
    return sorted(files)


def _refuse_unreadable(why: OSError) -> NoReturn:
    raise MendableError(
        f"cannot read the folder ({reason(why)})", str(why.filename), "Check its permissions, or leave it out"
    ) from why


def _sources_of(path: Path) -> list[Source]:
    if not path.exists():
        raise MendableError("the link leads nowhere", str(path), "Remove it, or name the files themselves")
    if not path.is_file():
        raise MendableError("this is no regular file", str(path), "Remove it, or name the files themselves")
    if path.suffix.lower() == ".zip":
        return [Source(path, member, path.is_symlink()) for member in _members(path)]
    return [Source(path, None, path.is_symlink())]


def _members(path: Path) -> list[str]:
    """The files in a zip; refused as a whole where a member would lie outside the folder it is unpacked into."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError) as why:
        raise MendableError(
            f"this is no zip that can be read ({why})", str(path), "Get it anew and import again"
        ) from why
    for name in names:
        inner = PurePosixPath(name.replace("\\", "/"))
        if inner.is_absolute() or ".." in inner.parts or ":" in inner.parts[0]:
            raise MendableError(f"the zip holds a path that leads out of it ({name!r})", str(path), "Do not trust it")
    twice = next((name for name, n in Counter(map(str, map(PurePosixPath, names))).items() if n > 1), None)
    if twice is not None:
        raise MendableError(
            f"the zip holds {twice!r} more than once", str(path), "Pack it anew with one file of each name"
        )
    return sorted(names)


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Chunks that end with a line, but for the last; a line over MAX_LINE is thrown away as it comes.

    Where the first block has carriage returns and no line feed, the file is an old Mac's: they end its lines.
    """
    rest, skipping, returns = b"", False, None
    while chunk := file.read(BLOCK):
        if returns is None:
            returns = b"\r" in chunk and b"\n" not in chunk
        if returns:
            chunk = chunk.replace(b"\r", b"\n")
        if skipping:
            end = chunk.find(b"\n") + 1
            if not end:
                continue
            chunk, skipping = chunk[end:], False
        end = chunk.rfind(b"\n") + 1
        if end:
            yield rest + chunk[:end]
            rest = chunk[end:]
        else:
            rest += chunk
        if len(rest) > MAX_LINE:
            yield TOO_LONG.encode()
            rest, skipping = b"", True
    if rest:
        yield rest
