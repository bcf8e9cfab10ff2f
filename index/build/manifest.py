"""The manifest of an index: its format version, encoder, sizes, tables and files, and the check of these files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index.errors import MendableError
from index.storage.file_hashes import file_sha256
from index.storage.home import write_json

NAME = "manifest.json"
FORMAT_VERSION = 1
MAX_HASHED = 64 << 20  # bytes of a file that is hashed when an index is opened; larger ones are checked by size alone


@dataclass(frozen=True)
class FileRecord:
    """Size in bytes and SHA-256 of a file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What `manifest.json` holds; `parts` has each part's version and figures by its name."""

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
        """Write the manifest as one step, which completes the index."""
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
        raise refuse_index("its manifest cannot be read", path, path.parent.parent.name) from why
    raise refuse_index(f"it has format {version!r}, this program reads {FORMAT_VERSION}", path, path.parent.parent.name)


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
            raise refuse_index("a file is missing", path, manifest.domain)
        if size != record.bytes:
            raise refuse_index(f"a file has {size} bytes, the manifest says {record.bytes}", path, manifest.domain)
        if size <= MAX_HASHED and file_sha256(path) != record.sha256:
            raise refuse_index("a file has another content than the manifest says", path, manifest.domain)


def refuse_index(why: str, where: Path | str, domain: str) -> MendableError:
    """The error for an index that cannot be used, with the command that rebuilds it."""
    return MendableError(f"the index is refused: {why}", str(where), f"Run `python -m index build --domain {domain}`")


def texts_sha256(texts: tuple[str, ...]) -> str:
    """The SHA-256 of texts in their order, 64 hex digits."""
    digest = hashlib.sha256()
    for text in texts:
        raw = text.encode("utf-8", "surrogatepass")
        digest.update(f"{len(raw)}:".encode() + raw)
    return digest.hexdigest()
