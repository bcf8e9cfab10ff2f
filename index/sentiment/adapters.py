"""Which sentiment adapter judges a domain: the current one of its own, else the one that is shipped."""

from pathlib import Path

from index.storage.current_adapter import current_or_shipped

KIND = "sentiment"
SETTINGS = "sentiment.json"  # a folder that has this file is a sentiment adapter


def find_domain_adapter(domain: str) -> Path | None:
    """The folder of the adapter that judges a domain, None where there is none at all."""
    return current_or_shipped(domain, KIND, SETTINGS)
