"""What an index says of itself, and the check that its files are those that were written."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index.embedding.model_files import file_sha256
from index.errors import MendableError
from index.storage.home import write_json

NAME = "manifest.json"
FORMAT_VERSION = 1
HASHED_UP_TO = 64 << 20  # bytes; larger files are checked by their size when an index is opened


@dataclass(frozen=True)
class FileRecord:
    """Size in bytes and SHA-256 of a file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """An index in words; `parts` has each part's version and what it tells of itself."""

    domain: str
    created: str  # ISO 8601, UTC
    encoder: str
    encoder_sha256: str
    encoder_found_in: str
    dim: int
    n_items: int
    n_users: int
    tables_sha256: str
    parts: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, FileRecord]
    format_version: int = FORMAT_VERSION

    def write(self, folder: Path) -> None:
        """Write the manifest as one step; from here on the folder counts as an index."""
        content = asdict(self)
        write_json(folder / NAME, {"format_version": content.pop("format_version"), **content})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an index's folder. Raises MendableError where it cannot be read or is of another format."""
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["format_version"]
        if version == FORMAT_VERSION:
            files = {str(name): FileRecord(**record) for name, record in content.pop("files").items()}
            return Manifest(**content, files=files)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as why:
        raise refused("its manifest cannot be read", path, path.parent.parent.name) from why
    raise refused(f"it has format {version!r}, this program reads {FORMAT_VERSION}", path, path.parent.parent.name)


def record_files(folder: Path) -> dict[str, FileRecord]:
    """Size and hash of every file of an index but its manifest."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    return {str(path.relative_to(folder)): FileRecord(path.stat().st_size, file_sha256(path)) for path in paths}


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises MendableError where a file is missing, has another size, or, if it is not large, another content."""
    for name, record in manifest.files.items():
        path = folder / name
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            raise refused("a file is missing", path, manifest.domain)
        if size != record.bytes:
            raise refused(f"a file has {size} bytes, the manifest says {record.bytes}", path, manifest.domain)
        if size <= HASHED_UP_TO and file_sha256(path) != record.sha256:
            raise refused("a file has another content than the manifest says", path, manifest.domain)


def refused(why: str, where: Path | str, domain: str) -> MendableError:
    """The error of an index that cannot be used, with the command that makes it anew."""
    return MendableError(f"the index is refused: {why}", str(where), f"Run `python -m index build --domain {domain}`")


def texts_sha256(texts: tuple[str, ...]) -> str:
    """One hash over texts in their order."""
    digest = hashlib.sha256()
    for text in texts:
        raw = text.encode("utf-8", "surrogatepass")
        digest.update(f"{len(raw)}:".encode() + raw)
    return digest.hexdigest()
