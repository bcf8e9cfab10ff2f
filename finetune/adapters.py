"""`python -m finetune adapters`: lists the versions of a domain's adapters, chooses the current one, deletes one."""

from agent.rerank.adapter_versions import (
    Version,
    delete_version,
    find_current,
    find_version,
    list_versions,
    make_current,
)
from index.data.domain import existing_folder
from index.progress import note
from index.storage.home import adapters_folder


def change_adapters(domain: str, use: str | None = None, delete: str | None = None) -> None:
    """Let a version serve, or delete one. Raises MendableError for an unknown domain or version."""
    if not adapters_folder(domain).is_dir():
        existing_folder(domain)
    if use is not None:
        version = find_version(domain, use, "--use")
        make_current(domain, version)
        note(f"adapter {version.name} ({version.kind}) is current now")
    if delete is not None:
        version = find_version(domain, delete, "--delete")
        delete_version(domain, version)
        current = find_current(domain, version.kind)
        serving = f"{current.name} is current" if current else f"{domain} has no current {version.kind} adapter"
        note(f"adapter {version.name} ({version.kind}) is deleted; {serving}")


def adapter_lines(domain: str) -> list[str]:
    """The versions of a domain's adapters as lines for a terminal, newest first; `*` marks those that serve."""
    versions = list_versions(domain)
    if not versions:
        return [f"no adapter of {domain}: `python -m finetune rank --domain {domain}` makes one"]
    return [_line(each) for each in versions]


def _line(version: Version) -> str:
    ndcg = "unknown" if version.ndcg is None else f"{version.ndcg:.4f}"
    last = "  refitted on all events" if version.serving != version.folder else ""
    mark = "*" if version.is_current else " "
    return f"{mark} {version.name:<26} {version.kind:<10} {version.made[:19]}  ndcg@10 {ndcg}{last}"
