"""The model card of an adapter: what it is, how it was made, what it gains, what it must not be used for."""

from collections.abc import Mapping
from typing import Any

INPUTS = {
    "items": "Its input is a user's history, one token an item,\n"
    "newest last; its output the log odds of each candidate as the next item.",
    "words": "Its input is a user's history in words,\n"
    "newest last; its output a score of each candidate, in words too, as the next item.",
}
CARD = """---
base_model: {base}
library_name: peft
license: apache-2.0
tags: [recommendation, reranking, lora]
---

# Reranker for {domain}

A LoRA of rank {rank} on the first {layers} layers of {base}, with a small head. {inputs}
Its output is added to the fused score of retrieval with weight {weight:g}{features}.

| | NDCG@10 on {n_events} events of {n_users} validation users |
|---|---|
| retrieval alone | {before:.4f} |
| this reranker alone, on the same candidates | {alone:.4f} |
| both | {after:.4f} |

The best step was chosen on these users, and the blend on others of them than it is measured on (five folds): see the
project's README for figures on test events.

- made by: `{command}`
- {seconds:.0f} s of training in {precision}, {steps} steps, {epochs} epochs, seed {seed}; on processors that compute in
  another precision the same command gives slightly other figures
- data: SHA-256 of the tables `{data}`; held out: {held_out}
- files: `adapter_model.safetensors` and `adapter_config.json` in PEFT's format, `head.safetensors` and `reranker.json`
  (item ids, sizes) beside them, `training.json` (loss curve and settings)

It was trained on this domain's items and on what its users happened to do; it does not tell what is good for anybody.
"""


def card_of(record: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """The card as Markdown; `about` has `base`, `rank`, `layers` and `prompt`."""
    return CARD.format(
        **about,
        weight=round(float(record["blend"]["weight"]), 3),
        features=", retrieval's features with weights of their own" if record["blend"]["products"] else "",
        inputs=INPUTS[str(about["prompt"])],
        domain=record["settings"]["domain"],
        n_users=record["n_validation_users"],
        n_events=record["n_validation_events"],
        before=record["before"]["ndcg@10"],
        alone=record["reranker_alone"]["ndcg@10"],
        after=record["after"]["ndcg@10"],
        command=record["command"],
        seconds=record["seconds"],
        steps=record["steps"],
        epochs=record["epochs"],
        seed=record["seed"],
        precision=record["precision"],
        data=record["data_sha256"],
        held_out=record["held_out"],
    )
