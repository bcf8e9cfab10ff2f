"""Trains adapters of small domains as a user does, and finds what a training leaves."""

import json
import signal
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from agent.rerank.adapter_versions import Version, find_current, list_versions
from agent.rerank.sequence_reranker import SequenceReranker
from finetune.__main__ import main
from index.build.builder import build_domain
from index.data.domain import Domain
from tests.helpers_models import tiny_bert


def built(domain: Domain, tiny: Path) -> Domain:
    """The domain, its index built with this encoder."""
    build_domain(domain.name, encoder=str(tiny))
    return domain


def finetune(domain: str, tiny: Path, *arguments: str) -> Path:
    """The folder of the version that a training leaves."""
    before = {version.name for version in list_versions(domain)}
    main(["rank", "--domain", domain, "--backbone", str(tiny), *(arguments or ("--epochs", "2"))])
    (made,) = (version for version in list_versions(domain) if version.name not in before)
    return made.folder


def serving(domain: str, kind: str = "bert") -> Path:
    """The folder of the version that is current."""
    current = find_current(domain, kind)
    assert current is not None
    return current.folder


def another_bert(folder: Path) -> Path:
    """A model like the tiny one with other weights."""
    weights = tiny_bert(folder) / "model.safetensors"
    save_file({name: value + 0.01 for name, value in load_file(weights).items()}, weights, {"format": "pt"})
    return folder


def ndcg(folder: Path) -> float:
    """The recorded NDCG@10 of a version on validation."""
    return float(json.loads((folder / "training.json").read_text())["after"]["ndcg@10"])


def rewrite(folder: Path, name: str, **fields: object) -> None:
    """Change fields of a JSON file."""
    content = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps({**content, **fields}))


def interrupted_at_once(domain: str, tiny: Path, *arguments: str) -> Version:
    """What a training leaves to which Ctrl-C comes while it validates the start."""

    def stop(self: SequenceReranker, mode: bool = True) -> SequenceReranker:
        if not mode and not sent and signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            sent.append(True)
            signal.raise_signal(signal.SIGINT)
        return train(self, mode)

    sent: list[bool] = []
    train = SequenceReranker.train
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SequenceReranker, "train", stop)
        folder = finetune(domain, tiny, *(arguments or ()), "--epochs", "2")
    return next(version for version in list_versions(domain) if version.folder == folder)
