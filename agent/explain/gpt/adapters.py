"""Which adapter words the reasons of a domain: the current one of its own, else the one that is shipped."""

from pathlib import Path

from index.errors import MendableError
from index.storage.home import CLONE, adapters_folder

SHIPPED = CLONE / "adapters" / "reasons"
KIND = "reasons"
SETTINGS = "reasons.json"  # a folder that has this file is an adapter that words reasons
CURRENT = "current"


def find_reason_adapter(domain: str) -> Path | None:
    """The folder of the adapter that words reasons of a domain, None where there is none at all."""
    parent = adapters_folder(domain) / KIND
    try:
        own = parent / (parent / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        own = parent / "none"
    return next((folder for folder in (own, SHIPPED) if (folder / SETTINGS).is_file()), None)


def existing_reason_adapter(domain: str) -> Path:
    """As `find_reason_adapter`. Raises MendableError where there is none."""
    found = find_reason_adapter(domain)
    if found is None:
        way_out = f"Make one with `python -m finetune reasons --domain {domain}`, or leave --writer out"
        raise MendableError("there is no adapter that words reasons", "--writer gpt", way_out)
    return found
