"""Several processes that train one reranker: they do what one does that sums as many batches for a step."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from agent.rerank.adapter_versions import list_versions
from finetune.training_job import curves_folder
from finetune.workers import Workers
from index.build.builder import build_domain
from index.storage.home import CLONE
from tests.helpers_small import Small, walks, write_domain


@pytest.fixture
def built(home: Path, tiny: Path) -> Small:
    """The small domain, built and not tuned."""
    write_domain(walks(n_users=400, length=16), name="small")  # four batches an epoch: two for each worker
    build_domain("small", encoder=str(tiny))
    return Small(home, "small", tiny)


def tuned_by(
    small: Small, *launcher: str, options: tuple[str, ...] = ()
) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
    """The LoRA and the record that a launcher's training leaves."""
    length = ["--epochs", "2", "--seed", "4"]
    command = [
        *launcher,
        "-m",
        "finetune",
        "rank",
        "--domain",
        small.name,
        "--backbone",
        str(small.encoder),
        *length,
        *options,
    ]
    environment = {**os.environ, "PALATE_HOME": str(small.home), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, cwd=CLONE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        _, scores = process.communicate(timeout=150)
    finally:
        with contextlib.suppress(ProcessLookupError):  # workers that wait for one another outlive their launcher
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, scores.decode()[-2000:]
    folder = list_versions(small.name)[0].folder
    return load_file(folder / "adapter_model.safetensors"), json.loads((folder / "training.json").read_text())


def test_two_workers_learn_what_one_learns_with_two_batches_a_step(built: Small) -> None:
    alone, record = tuned_by(built, sys.executable, options=("--accumulate", "2"))
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    together, both = tuned_by(built, *launcher)
    assert both["steps"] == record["steps"]
    assert both["tokens"] == pytest.approx(record["tokens"], rel=0.1)  # the first counts for all
    assert set(alone) == set(together)
    assert any(value.abs().max() > 0 for name, value in alone.items() if "lora_B" in name)
    for name, value in alone.items():
        assert value == pytest.approx(together[name], abs=2e-4), name


def test_curves_for_tensorboard_are_written(tuned: Small) -> None:
    files = list(curves_folder(tuned.name, "bert").glob("events.out.tfevents.*"))
    assert len(files) == 1
    content = files[0].read_bytes()
    assert all(name in content for name in (b"train/loss", b"train/events_per_s", b"validation/ndcg_at_10"))


def test_alone_nothing_is_shared_or_averaged(tmp_path: Path) -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.tensor([1.0, 3.0])
    worker = Workers()
    worker.average([parameter])
    assert parameter.grad.tolist() == [1.0, 3.0]
    assert worker.shared(0.5, 2.0) == [0.5, 2.0]
    assert [worker.place(5, at) for at in (0, 4)] == [0, 4]
    assert Workers(1, 2).place(5, 4) == 4  # an odd batch is taken by both
