"""The card of a sentiment adapter: what it is, how it was made, how well it agrees with labels, what it is not for."""

from collections.abc import Mapping
from typing import Any

from index.sentiment.polarity import PolaritySettings

CARD = """---
base_model: {base}
library_name: peft
license: apache-2.0
tags: [sentiment, aspect-sentiment, lora]
---

# Polarity of English texts{domain}

A LoRA of rank {rank} on {layers} layers of {base}, with a small head over the mean of the states and the first token's.
Its input is a passage of a text, an aspect and a separator before it where the judgement is of that aspect; its output,
after calibration, a polarity from -1 to 1 and the probability that it is positive. It judges English alone.

| on {n_held_out} held-out texts | before | after |
|---|---|---|
{rows}

The best step was chosen on these texts; each is judged by a calibration that was fitted to the others (five folds).
Before: {before}.

- made by: `{command}`
- {seconds:.0f} s of training in {precision}, {steps} steps, {epochs} whole epochs over {n_training} texts, seed {seed}
- data: SHA-256 of the lines `{data}`
- files: `adapter_model.safetensors` and `adapter_config.json` in PEFT's format, `head.safetensors`, `sentiment.json`
  (base model, calibration), `training.json` (loss curve, settings)

It tells what a text says, not whether that is true or fair.
"""


def card_of(record: Mapping[str, Any], settings: PolaritySettings) -> str:
    """The card as Markdown."""
    before, after, domain = record["before"], record["after"], record["settings"]["domain"]
    names = [name for name in after if name != "log_likelihood"] + ["log_likelihood"]
    rows = [f"| {name.replace('_', ' ')} | {_cell(before.get(name))} | {_cell(after[name])} |" for name in names]
    return CARD.format(
        base=settings.base_model,
        rank=settings.rank,
        layers=settings.layers,
        domain=f" of {domain}" if domain else "",
        rows="\n".join(rows),
        before="the adapter that judged this domain until then" if domain else "the share of positive texts, always",
        data=record["data_sha256"],
        **{
            name: record[name]
            for name in ("n_held_out", "n_training", "command", "seconds", "precision", "steps", "epochs", "seed")
        },
    )


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
