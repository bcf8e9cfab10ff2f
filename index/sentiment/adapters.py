"""Which sentiment adapter judges a domain: the current one of its own, else the one that is shipped."""

from pathlib import Path

from index.storage.home import CLONE, adapters_folder

SHIPPED = CLONE / "adapters" / "sentiment"
SETTINGS = "sentiment.json"  # a folder that has this file is a sentiment adapter
CURRENT = "current"


def find_domain_adapter(domain: str) -> Path | None:
    """The folder of the adapter that judges a domain, None where there is none at all."""
    parent = adapters_folder(domain) / "sentiment"
    try:
        own = parent / (parent / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        own = parent / "none"
    return next((folder for folder in (own, SHIPPED) if (folder / SETTINGS).is_file()), None)
