"""What a training that words reasons leaves: the adapter, its record and its card."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.explain.gpt.adapters import KIND, find_reason_adapter
from agent.explain.gpt.model import LoadedWriter, load_writer, save_writer
from agent.rerank.adapter_files import RECORD
from agent.rerank.adapter_versions import add_version
from finetune.objective import precision_on
from finetune.progress import Progress
from finetune.reasons.examples import Examples
from finetune.reasons.judgement import judge_drafts
from finetune.reasons.settings import ReasonsSettings
from finetune.reasons.training_plans import Planned
from finetune.training_job import device_of, library_versions
from index.progress import note
from index.storage.current_adapter import write_current
from index.storage.home import adapters_folder
from index.storage.json_text import json_text
from index.storage.tensor_files import tensor_writes

CARD = """---
base_model: {base}
library_name: peft
license: apache-2.0
tags: [explanation, recommendation, lora]
---

# Wording of reasons

A LoRA of rank {rank} on the attention of the last {layers} layers of {base}, and its word head cut to
{n_words} words. It reads what a reason says, as facts over slots ("you liked X; both are K"), and writes one or two
sentences over the same slots; the program fills the slots with the exact names and values. So it knows no domain, and
serves any.

| on held-out plans | the base alone | with this LoRA |
|---|---|---|
| perplexity of a token, {n_held_out} texts | {before[perplexity]:.3f} | {after[perplexity]:.3f} |
| first drafts that the checker passes, of {n_drafts} | {before[passed]:.3f} | {after[passed]:.3f} |
| different wordings among ten | {before[distinct]:.3f} | {after[distinct]:.3f} |

- made by: `{command}`
- {seconds:.0f} s of training in {precision}, {steps} steps, {epochs} whole epochs over {n_training} texts of a grammar,
  seed {seed}
- data: SHA-256 of the texts `{data}`
- files: `adapter_model.safetensors` and `adapter_config.json` in PEFT's format, `head.safetensors` (the word head,
  cut to these words), `reasons.json` (base model, words), `training.json` (loss curve, settings)

It words what the program has found and adds nothing; what it writes is checked as any other writer's text is.
"""


@dataclass(frozen=True)
class ReasonsTraining:
    """A training that has ended: its best tensors are in place; what it learned from, and the figures of both ends."""

    settings: ReasonsSettings
    loaded: LoadedWriter
    at: Progress
    training: Examples
    held_out: Examples
    before: Mapping[str, float]
    after: Mapping[str, float]
    judged: Sequence[Planned]


def write_result(training: ReasonsTraining) -> Path:
    """Write a version; it words reasons from now on unless more drafts of the one that does so pass the checker."""
    record, domain = _record_of(training), training.settings.domain

    def fill(folder: Path) -> None:
        with tensor_writes(folder):
            save_writer(folder, training.loaded)
            (folder / RECORD).write_text(json_text(record, indent=1) + "\n", encoding="utf-8")
            (folder / "README.md").write_text(_card_of(training, record), encoding="utf-8")

    serving = find_reason_adapter(domain)
    version = add_version(domain, KIND, datetime.fromisoformat(str(record["made"])), fill)
    passed = training.after["passed"]
    known = judge_drafts(load_writer(serving), training.judged).passed if serving is not None else 0.0
    if passed >= known:
        write_current(adapters_folder(domain) / KIND, version.name)
    how = "words reasons from now on" if passed >= known else "is kept, not used"
    note(f"adapter {version.name} {how}: the checker passes {passed:.3f} of its first drafts, before {known:.3f}")
    return version.folder


def _record_of(training: ReasonsTraining) -> dict[str, Any]:
    settings, at = training.settings, training.at
    return {
        "command": settings.command,
        "settings": asdict(settings),
        "made": datetime.now(UTC).isoformat(timespec="microseconds"),
        "data_sha256": training.training.sha256,
        "n_training": len(training.training.each),
        "n_held_out": len(training.held_out.each),
        "n_refused": training.training.n_refused + training.held_out.n_refused,  # texts of the grammar
        "seed": settings.seed,
        "seconds": round(at.seconds, 1),
        "steps": at.step,
        "epochs": at.epoch,
        "tokens": at.n_events,
        "finished": at.finished,
        "loss": [list(pair) for pair in at.loss],
        "validation": [list(pair) for pair in at.validation],
        "before": dict(training.before),
        "after": dict(training.after),
        "versions": library_versions(),
        "precision": precision_on(device_of(settings.device)),
    }


def _card_of(training: ReasonsTraining, record: Mapping[str, Any]) -> str:
    made, names = (
        training.loaded.settings,
        ("n_training", "n_held_out", "command", "seconds", "precision", "steps", "epochs"),
    )
    return CARD.format(
        base=made.base_model,
        rank=made.rank,
        layers=made.layers,
        n_words=len(training.loaded.table.every),
        before=record["before"],
        after=record["after"],
        n_drafts=record["after"]["n_drafts"],
        data=record["data_sha256"],
        seed=record["seed"],
        **{name: record[name] for name in names},
    )
