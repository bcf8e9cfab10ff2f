"""Where a domain's adapters are: those that the user trained come before those that are shipped."""

from pathlib import Path

from index.storage.home import CLONE, adapters_folder, restore_folder

SETTINGS = "reranker.json"  # settings of the reranker; written last, so that a folder which has it is whole
SHIPPED = CLONE / "adapters"


def find_adapter(domain: str, kind: str) -> Path | None:
    """The folder of a domain's adapter: one that the user trained, else one that is shipped, else None."""
    own = adapters_folder(domain) / kind
    restore_folder(own)
    for folder in (own, SHIPPED / f"{domain}-{kind}"):
        if (folder / SETTINGS).is_file():
            return folder
    return None
