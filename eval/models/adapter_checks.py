"""Which adapter `eval` tests, and whether it may: one that has learned from a tested event is refused."""

import hashlib
from pathlib import Path

import numpy as np

from agent.rerank.adapter_folders import find_adapter
from eval.models.registry import Training
from index.data.domain import Domain
from index.data.splits import split_validation
from index.embedding.model_files import file_sha256
from index.errors import MendableError


def has_adapter(domain: Domain, kind: str) -> bool:
    """Whether there is an adapter of this kind for the domain."""
    return find_adapter(domain.name, kind) is not None


def adapter_under_test(domain: Domain, kind: str) -> Path:
    """The adapter to test. Raises MendableError where there is none, or where it was trained on other events."""
    from agent.rerank.adapters import events_sha256, read_settings

    way_out = f"Run `python -m finetune rank --domain {domain.name} --backbone {kind}`"
    folder = find_adapter(domain.name, kind)
    if folder is None:
        raise MendableError(f"no {kind} adapter for {domain.name}", f"--models {kind}", way_out)
    histories = domain.histories
    own = events_sha256(histories.users, histories.starts, domain.catalogue.ids, histories.rows)
    trained_on = read_settings(folder).events_sha256
    if trained_on != own:
        raise MendableError(
            f"the adapter was trained on other events ({trained_on[:12]}, here {own[:12]}): it may know the answers",
            str(folder),
            way_out,
        )
    return folder


def adapter_key(folder: Path) -> str:
    """A hash of every file of an adapter: what a saved result depends on."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)} {file_sha256(path)}\n".encode())
    return digest.hexdigest()


def refuse_trained_on_test(training: Training, folder: Path) -> None:
    """Raise MendableError where the adapter learned from an event that is held out here, as by one instant for all."""
    from agent.rerank.adapters import read_settings

    domain = training.opened.domain
    made, histories, n_items = read_settings(folder), domain.histories, len(domain.catalogue)
    trained = split_validation(histories, n_items, made.validated_users or len(histories), made.seed).training
    fitted = dict(zip(training.histories.users, training.histories.lengths.tolist(), strict=True))
    own = np.array([fitted.get(user, 0) for user in trained.users], np.int64)
    if (trained.lengths > own).any():
        raise MendableError(
            f"the adapter was trained on {int(np.maximum(trained.lengths - own, 0).sum())} events that are held "
            "out here: it may know the answers",
            str(folder),
            "Use --protocol leave-one-out, or leave the model out of --models",
        )
