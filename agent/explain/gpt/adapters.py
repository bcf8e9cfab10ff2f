"""Which adapter words the reasons of a domain: the current one of its own, else the one that is shipped."""

from pathlib import Path

from index.errors import MendableError
from index.storage.current_adapter import current_or_shipped

KIND = "reasons"
SETTINGS = "reasons.json"  # a folder that has this file is an adapter that words reasons


def find_reason_adapter(domain: str) -> Path | None:
    """The folder of the adapter that words reasons of a domain, None where there is none at all."""
    return current_or_shipped(domain, KIND, SETTINGS)


def existing_reason_adapter(domain: str) -> Path:
    """As `find_reason_adapter`. Raises MendableError where there is none."""
    found = find_reason_adapter(domain)
    if found is None:
        way_out = f"Make one with `python -m finetune reasons --domain {domain}`, or leave --writer out"
        raise MendableError("there is no adapter that words reasons", "--writer gpt", way_out)
    return found
