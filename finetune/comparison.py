"""Decides whether a new version of an adapter serves: where it is better than the current one on the same validation.

Two trainings are comparable by their records where their validation keys are equal and retrieval alone came to the same
NDCG@10. Else the current adapter scores the new training's validation lists, so that both are measured on the same
events. It may have been trained on some of them, which raises its figure: where the comparison is not fair, it favours
the version that serves already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from agent.rerank.adapter_files import read_trained_on
from agent.rerank.adapter_versions import Version, find_current, make_current
from agent.rerank.open_ranker import tuned_ranker
from finetune.blend import blend_lists
from finetune.training_data import ValidationList, ndcg_at_10
from finetune.validation import score_lists
from index.build.loading import DomainIndex
from index.errors import MendableError

SAME_BEFORE = 5e-4  # NDCG@10 of retrieval alone: numbers of another machine differ by less, another retrieval by more


@dataclass(frozen=True)
class Comparison:
    """What a comparison needs: the domain's index, the validation lists, and where the current adapter scores them."""

    index: DomainIndex
    lists: Sequence[ValidationList]
    device: torch.device
    replace: bool = False  # make the new version current without comparing
    needs_evaluation: bool = False  # time is kept for it


def is_comparable(record: Mapping[str, Any], key: Mapping[str, Any], before: float) -> bool:
    """Whether a training record's figures are of the validation with this key and this NDCG@10 of retrieval alone."""
    try:
        return bool(record["validation_key"] == key and abs(record["before"]["ndcg@10"] - before) < SAME_BEFORE)
    except (KeyError, TypeError):
        return False


def choose_current(made: Version, comparison: Comparison) -> str:
    """Make a version current where it is to serve; what was decided and why, in one sentence."""
    domain = comparison.index.domain.name
    current = find_current(domain, made.kind)
    name = f"adapter {made.name} ({made.kind})"
    if not made.has_learned:
        return f"{name} is not current: it has learned nothing in 0 steps"
    if comparison.replace or current is None:
        make_current(domain, made)
        return f"{name} is current now" + (", without a comparison (--replace)" if comparison.replace else "")
    own = made.record["after"]["ndcg@10"]
    other, how = _ndcg_of_current(current, made, comparison)
    if other is None:
        make_current(domain, made)
        return f"{name} is current now: {how}"
    figures = f"ndcg@10 {own:.4f}, {current.name} has {other:.4f} {how}"
    if own > other:
        make_current(domain, made)
        return f"{name} is current now: {figures}"
    choose = f"`python -m finetune adapters --domain {domain} --use {made.name}` chooses it"
    return f"{name} is kept and not current: {figures} ({choose})"


def _ndcg_of_current(current: Version, made: Version, comparison: Comparison) -> tuple[float | None, str]:
    """The current version's NDCG@10 on the new one's validation, None where it cannot serve; and how it was found."""
    record = made.record
    if is_comparable(current.record, record["validation_key"], record["before"]["ndcg@10"]):
        return current.ndcg, "on the same validation"
    try:
        mismatch = read_trained_on(current.folder).find_mismatch(comparison.index.domain)
        if mismatch is not None:
            return None, f"{current.name} was trained on {mismatch}"
        ranker = tuned_ranker(current.kind, current.folder, comparison.index)
    except MendableError as why:
        return None, f"{current.name} cannot be used ({why.what})"
    loaded = ranker.scorer.loaded
    loaded.reranker.to(comparison.device)
    scores = score_lists(ranker.scorer, comparison.lists, comparison.device) or []
    ndcg = ndcg_at_10(comparison.lists, blend_lists(comparison.lists, scores, loaded.settings.blend))
    return ndcg, "when it is validated on the same users and candidates"
