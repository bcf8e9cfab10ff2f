"""SHA-256 of files. Those of large files are kept in PALATE_HOME by size and times, since each command checks them."""

import functools
import hashlib
import json
import time
from pathlib import Path

from index.errors import MendableError
from index.storage.home import home, write_json

MIN_KEPT = 1 << 20  # bytes of a file whose hash is kept on disk; a smaller one is hashed in a millisecond
SETTLED = 2.0  # seconds since a file's last change after which its times tell it from any later content
FILE = "sha256.json"


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits; read again only where its size, times or inode are others."""
    state = path.stat()
    key = f"{state.st_size}-{state.st_mtime_ns}-{state.st_ctime_ns}-{state.st_ino}"
    return _hash_of_state(str(path.resolve()), key, home())


@functools.lru_cache(1024)
def _hash_of_state(path: str, key: str, where: Path) -> str:
    """The hash of a file in a state, from `where` if it is kept there."""
    if int(key.partition("-")[0]) < MIN_KEPT:
        return _hash(path)
    kept = _read(where / "cache" / FILE)
    known = kept.get(path)
    if isinstance(known, list) and len(known) == 2 and known[0] == key:
        return str(known[1])
    digest = _hash(path)
    changed_ns = max(int(part) for part in key.split("-")[1:3])
    if time.time_ns() - changed_ns > SETTLED * 1e9:
        _keep(where / "cache" / FILE, {**kept, path: [key, digest]})
    return digest


def _hash(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _keep(path: Path, content: dict[str, object]) -> None:
    """Write the hashes; a home that cannot be written costs time, nothing else."""
    try:
        write_json(path, {name: value for name, value in content.items() if Path(name).exists()})
    except MendableError:
        return
