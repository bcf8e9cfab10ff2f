"""What a result was made with: machine, libraries, version of this code; no name of a host or a user."""

import hashlib
import os
import platform
import shutil
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from index.parallel import count_workers
from index.storage.home import CLONE

LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "transformers",
    "peft",
    "faiss-cpu",
    "faiss-gpu",
    "implicit",
    "cornac",
    "torch-geometric",
    "lightgbm",
)
ROOMS = ("index", "agent", "eval")  # the code that a figure can depend on


def machine() -> dict[str, Any]:
    """Processor, cores that may be used, processes that share work, memory in GB, system, Python, libraries."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processes": count_workers(),  # that retrieve together for many users
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
    }


def code_version() -> str:
    """The commit where there is a repository, `-dirty` where it was changed, and a hash of the sources."""
    return f"{_commit() or 'no repository'}, sources {sources_sha256()[:12]}"


@cache
def sources_sha256() -> str:
    """One hash over the sources of the rooms that a figure can depend on."""
    digest = hashlib.sha256()
    for path in sorted(path for room in ROOMS for path in (CLONE / room).rglob("*.py")):
        digest.update(f"{path.relative_to(CLONE)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _commit() -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(CLONE), "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  a fixed command
    return found.stdout.strip() or None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
