"""Decides whether a new version of an adapter serves: where it is better than the current one on the same validation.

Two trainings are comparable by their records where their validation keys are equal and retrieval alone came to the same
NDCG@10. Else the current adapter scores those of the new validation lists whose event it has not learned from
either, so that both are measured on the same unknown events. Where there was no time to validate on all users that are
held out, the difference must be a clear one: few users cannot tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from agent.rerank.adapter_files import read_settings_file, read_trained_on, readable_adapter
from agent.rerank.adapter_versions import Version, find_current, make_current
from agent.rerank.open_ranker import tuned_ranker
from finetune.blend import blend_lists
from finetune.settings import VALIDATION_SEED, VALIDATION_USERS
from finetune.validation import score_lists
from finetune.validation_lists import ValidationList, ndcg_at_10
from index.build.loading import DomainIndex
from index.data.splits import split_validation
from index.errors import MendableError
from index.types import Floats

CLEAR = 1.645  # standard errors that a mean difference of few users must be above zero: one-sided 95 %
SAME_BEFORE = 5e-4  # NDCG@10 of retrieval alone: numbers of another machine differ by less, another retrieval by more


@dataclass(frozen=True)
class Comparison:
    """What a comparison needs: the domain's index, the validation lists, and where the current adapter scores them."""

    index: DomainIndex
    lists: Sequence[ValidationList]
    device: torch.device
    replace: bool = False  # make the new version current without comparing
    needs_evaluation: bool = False  # time is kept for it
    is_whole: bool = True  # the lists are of all users that are held out


def is_comparable(record: Mapping[str, Any], key: Mapping[str, Any], before: float) -> bool:
    """Whether a training record's figures are of the validation with this key and this NDCG@10 of retrieval alone."""
    try:
        return bool(record["validation_key"] == key and abs(record["before"]["ndcg@10"] - before) < SAME_BEFORE)
    except (KeyError, TypeError):
        return False


def choose_current(made: Version, comparison: Comparison, scores: Sequence[Floats]) -> str:
    """Make a version current where it is to serve; what was decided and why, in one sentence.

    `scores` are its blended scores of the validation lists.
    """
    domain = comparison.index.domain.name
    current = find_current(domain, made.kind)
    name = f"adapter {made.name} ({made.kind})"
    if not made.has_learned:
        return f"{name} is not current: it has learned nothing in 0 steps"
    if comparison.replace or current is None:
        make_current(domain, made)
        return f"{name} is current now" + (", without a comparison (--replace)" if comparison.replace else "")
    verdict = _compare(made, current, comparison, scores)
    if verdict.is_better:
        make_current(domain, made)
        return f"{name} is current now: {verdict.reason}"
    choose = f"`python -m finetune adapters --domain {domain} --use {made.name}` chooses it"
    return f"{name} is kept and not current: {verdict.reason} ({choose})"


@dataclass(frozen=True)
class Verdict:
    """Whether a new version is better than the current one, and by which figures."""

    is_better: bool
    reason: str


def _compare(made: Version, current: Version, comparison: Comparison, scores: Sequence[Floats]) -> Verdict:
    record = made.record
    own = float(record["after"]["ndcg@10"])
    known = is_comparable(current.record, record["validation_key"], record["before"]["ndcg@10"])
    if known and current.ndcg is not None:
        figures = f"ndcg@10 {own:.4f}, {current.name} has {current.ndcg:.4f} on the same validation"
        return Verdict(own > current.ndcg, figures)
    try:
        mismatch = read_trained_on(current.folder).find_mismatch(comparison.index.domain)
        if mismatch is not None:
            return Verdict(True, f"{current.name} was trained on {mismatch}")
        unknown = _unknown_to(current, comparison)
        lists, scores = [comparison.lists[n] for n in unknown], [scores[n] for n in unknown]
        if not lists:
            return Verdict(False, f"ndcg@10 {own:.4f}, and {current.name} has learned from every event that told it")
        others = _scores_of(current, replace(comparison, lists=lists))
    except MendableError as why:
        return Verdict(True, f"{current.name} cannot be used ({why.what})")
    pairs = zip(lists, scores, others, strict=True)
    differences = np.array([ndcg_at_10([each], [a]) - ndcg_at_10([each], [b]) for each, a, b in pairs], np.float32)
    figures = (
        f"ndcg@10 {ndcg_at_10(lists, scores):.4f}, {current.name} has {ndcg_at_10(lists, others):.4f} when it is "
        f"validated on the same users and candidates, {len(lists)} events that neither has learned from"
    )
    if is_gain(differences, comparison.is_whole):
        return Verdict(True, figures)
    return Verdict(False, figures + ("" if comparison.is_whole else f", no clear gain on {len(lists)} users"))


def is_gain(differences: Floats, is_whole: bool) -> bool:
    """Whether differences of NDCG by user are a gain: their mean is above zero, of a part of the users clearly so."""
    if is_whole or len(differences) < 2:
        return bool(is_whole and len(differences) and differences.mean() > 0)
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return bool(differences.mean() > CLEAR * error)


def _unknown_to(current: Version, comparison: Comparison) -> list[int]:
    """The numbers of the validation lists whose event the current version has not learned from.

    Raises MendableError where its settings cannot be read.
    """
    with readable_adapter(current.folder):
        made = read_settings_file(current.folder)
    histories = comparison.index.domain.histories
    n_users = int(made.get("validated_users", VALIDATION_USERS)) or len(histories)
    seed, n_events = int(made.get("validation_seed", VALIDATION_SEED)), int(made.get("validated_events", 1))
    part = split_validation(histories, len(comparison.index.domain.catalogue), n_users, seed, n_events=n_events)
    held_out = set(zip(part.users.tolist(), part.n_before.tolist(), strict=True))
    return [n for n, each in enumerate(comparison.lists) if (each.user, each.n_before) in held_out]


def _scores_of(current: Version, comparison: Comparison) -> list[Floats]:
    """The current version's blended scores of the validation lists. Raises MendableError where it cannot be used."""
    ranker = tuned_ranker(current.kind, current.folder, comparison.index)
    loaded = ranker.scorer.loaded
    loaded.reranker.to(comparison.device)
    scores = score_lists(ranker.scorer, comparison.lists, comparison.device) or []
    return blend_lists(comparison.lists, scores, loaded.settings.blend)
