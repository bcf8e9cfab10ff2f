"""What tests of several files share: a home of their own, a tiny model, a small domain that is built and tuned."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # several workers share the cores; read when torch is first imported

from tests.helpers_models import tiny_bert
from tests.helpers_small import Small, walks, write_domain


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PALATE_HOME."""
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a BERT with a few thousand random weights."""
    return tiny_bert(tmp_path_factory.mktemp("tiny") / "bert")


@pytest.fixture(scope="session")
def tuned_once(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Small:
    """The small domain, built and tuned with the tiny BERT."""
    from finetune.rank import finetune_rank
    from finetune.settings import RankSettings
    from index.build.builder import build_domain

    made = Small(tmp_path_factory.mktemp("tuned"), "small", tiny)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALATE_HOME", str(made.home))
        write_domain(walks(n_users=60), name=made.name)
        build_domain(made.name, encoder=str(tiny))
        finetune_rank(RankSettings(made.name, str(tiny), epochs=6, fit="train"))
    return made


@pytest.fixture
def tuned(tuned_once: Small, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    """The same for one test, which reads it only."""
    monkeypatch.setenv("PALATE_HOME", str(tuned_once.home))
    yield tuned_once


@pytest.fixture
def use_cores(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets work be spread over so many processes, whatever the machine has."""

    def use(n: int) -> None:
        monkeypatch.setenv("OMP_NUM_THREADS", str(n))
        monkeypatch.setattr("index.parallel._own_cores", lambda: n)

    return use
