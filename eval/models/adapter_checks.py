"""Which adapter `eval` tests; one that was trained on other data, or has learned from a test event, is refused."""

import hashlib
from pathlib import Path

import numpy as np

from agent.rerank.adapter_files import read_trained_on
from agent.rerank.adapter_versions import find_adapter, find_current
from agent.rerank.data_fingerprint import has_same_histories
from eval.models.registry import Training
from index.data.domain import Domain
from index.data.splits import split_validation
from index.embedding.model_files import file_sha256
from index.errors import MendableError


def has_adapter(domain: Domain, kind: str) -> bool:
    """Whether there is an adapter of this kind for the domain."""
    return find_adapter(domain.name, kind) is not None


def is_served(domain: Domain, kind: str) -> bool:
    """Whether the agent ranks with an adapter of this kind: there is one, and it was trained on this domain's data."""
    folder = find_adapter(domain.name, kind)
    return folder is not None and read_trained_on(folder).find_mismatch(domain) is None


def adapter_under_test(domain: Domain, kind: str) -> Path:
    """The adapter to test.

    It is the version that serves, as it was before its last step on all events. Raises MendableError where there is
    none, where it was trained on other items, texts or events than the domain has,
    and where it learned from test events.
    """
    way_out = f"Run `python -m finetune rank --domain {domain.name} --backbone {kind}`"
    current = find_current(domain.name, kind)
    if current is None:
        raise MendableError(f"no {kind} adapter for {domain.name}", f"--models {kind}", way_out)
    folder = current.folder
    trained_on = read_trained_on(folder)
    mismatch = trained_on.find_mismatch(domain)
    if mismatch is None and not has_same_histories(trained_on.data, domain):
        mismatch = "other events"
    if mismatch is not None:
        raise MendableError(
            f"the adapter was trained on {mismatch}: it may know the answers",
            str(folder),
            way_out,
        )
    if trained_on.knows_test:
        raise MendableError("the adapter learned from test events: it knows the answers", str(folder), way_out)
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
    made, histories = read_settings(folder), domain.histories
    n_users = made.validated_users or len(histories)
    n_items, n_events = len(domain.catalogue), made.validated_events
    trained = split_validation(histories, n_items, n_users, made.validation_seed, n_events=n_events).training
    fitted = dict(zip(training.histories.users, training.histories.lengths.tolist(), strict=True))
    own = np.array([fitted.get(user, 0) for user in trained.users], np.int64)
    if (trained.lengths > own).any():
        raise MendableError(
            f"the adapter was trained on {int(np.maximum(trained.lengths - own, 0).sum())} events that are held "
            "out here: it may know the answers",
            str(folder),
            "Use --protocol leave-one-out, or leave the model out of --models",
        )
