"""Which adapter of a kind serves a domain: the version that the file `current` names, else the one that is shipped."""

from pathlib import Path

from index.storage.home import CLONE, adapters_folder, write_bytes

CURRENT = "current"
SHIPPED = CLONE / "adapters"  # what comes with the program


def read_current(parent: Path) -> str:
    """The version that `current` names among those in a folder, empty where it cannot be read."""
    try:
        return (parent / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def write_current(parent: Path, version: str) -> None:
    """Let a version in this folder serve from now on."""
    write_bytes(parent / CURRENT, f"{version}\n".encode())


def current_or_shipped(domain: str, kind: str, settings: str) -> Path | None:
    """The folder of the adapter, None where there is none; a folder that has the file `settings` is an adapter."""
    parent = adapters_folder(domain) / kind
    own, shipped = parent / (read_current(parent) or "none"), SHIPPED / kind
    return next((folder for folder in (own, shipped) if (folder / settings).is_file()), None)
