"""Prepares the validation lists of a training within its minutes, and keeps them for the training that resumes.

Fitting retrieval without the held-out events takes longer than anything else before the first step, and a validation
takes as long as many steps. What they cost is measured on this machine, as busy as it is; where the whole would take
more than its part of the minutes, the fusion learns from fewer lists and fewer users are validated on.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from finetune.budget import Budget
from finetune.training_data import WHOLE_EFFORT, Effort, TrainingData, make_training_data, split_for
from finetune.validation import Scorer, score_lists
from finetune.validation_lists import ValidationList, ValidationPlan
from finetune.workers import ALONE, Workers
from index.build.loading import DomainIndex
from index.data.domain import Histories
from index.data.records import History
from index.data.splits import ValidationSplit
from index.parallel import count_workers, map_in_order, single_thread
from index.progress import note
from index.retrieval.behaviour_signals import Behaviour
from index.retrieval.fusion_features import Features
from index.retrieval.fusion_training_lists import FOLDS, SHORT_SHARE, count_lists, fit_features
from index.storage.home import CLONE, write_file
from index.storage.json_text import json_text
from index.storage.tensor_files import tensor_writes

FUSION_PART, LISTS_PART = 0.25, 0.2  # of the minutes, at most: fitting retrieval; retrieving and validating lists
VALIDATIONS = 3  # that a short training makes: at its start, its end, and in between
MIN_LISTS = 32
KEY = "key"
PROBES, SCORED_PROBES = 36, 12  # histories on which is measured what features, and a reranker's scores, take
PER_FUSION_LIST, PER_LIST = 1.2, 4.0  # what it takes, in features of one history, as measured on movielens-100k
PER_FITTED_LIST = 0.4  # to fit the fusion to a list, in features that one process makes: workers do not share it


@dataclass(frozen=True)
class Cost:
    """Seconds on this machine: to fit behaviour, to make the features of a history, to score the candidates of one.

    Features are made by `n_workers` processes: the seconds are those of all of them together.
    `busy`: seconds by the clock for one of the CPU. What several threads compute together is slowed by it once more.
    """

    fit: float
    features: float
    scores: float
    busy: float = 1.0
    n_workers: int = 1

    def effort(self, budget: Budget, n_fusion_lists: int, n_validation: int, n_more: int) -> Effort:
        """What fits into its part of the minutes; `n_more` lists are retrieved beside those of the validation."""
        fusion = n_fusion_lists * (PER_FUSION_LIST + self.n_workers * PER_FITTED_LIST) * self.features * self.busy
        lists = n_validation * ((1 + SHORT_SHARE) * PER_LIST * self.features + VALIDATIONS * self.scores)
        lists += n_more * PER_LIST * self.features
        share = min(1.0, LISTS_PART * budget.seconds / max(lists, 1e-9))
        share = min(1.0, max(share, MIN_LISTS / max(n_validation, 1)))
        left = FUSION_PART * budget.seconds - self.fit  # behaviour is fitted once more, or FOLDS times for the whole
        if left >= (FOLDS - 1) * self.fit + fusion:
            return Effort(1.0, share)
        return Effort(max(0.0, min(left / max(fusion, 1e-9), 1 - 1e-6)), share)


@dataclass(frozen=True)
class Preparation:
    """How a training's data are prepared: on which index, for which budget, in which file they are kept.

    `n_more`: how many lists are retrieved beside those that are validated on.
    """

    index: DomainIndex
    budget: Budget
    plan: ValidationPlan
    file: Path
    workers: Workers = ALONE
    n_more: int = 0

    def training_data(self, resumes: bool, scorer: Scorer, device: torch.device) -> TrainingData:
        """The data; those that were kept where the training resumes or nothing was left out of them."""
        kept = self._load()
        is_enough = kept is not None and (resumes or kept.effort.is_whole)
        if self.workers.shared(is_enough)[0] and kept is not None:
            return kept
        part = split_for(self.index, self.plan)
        effort, fitted = self._effort(part, scorer, device)
        if not effort.is_whole and self.workers.is_first:
            note(f"little time for this machine: validating on {effort.lists:.0%} of the users that are held out")
        data = make_training_data(self.index, self.plan, effort, fitted)
        if self.workers.is_first:
            self._save(data)
        return data

    @property
    def _key(self) -> dict[str, Any]:
        return {
            "tables_sha256": self.index.domain.sha256,
            "encoder_sha256": self.index.manifest.encoder_sha256,
            "retrieval": _retrieval_sha256(),
            "max_users": self.plan.max_users,
            "n_events": self.plan.n_events,
            "n_candidates": self.plan.n_candidates,
            "seed": self.plan.seed,
            "holds_out_all": self.plan.holds_out_all,
        }

    def _effort(self, part: ValidationSplit, scorer: Scorer, device: torch.device) -> tuple[Effort, Behaviour | None]:
        """What the budget allows, and the behaviour that was fitted to know it."""
        if self.budget.minutes is None:
            return WHOLE_EFFORT, None
        cost, fitted = self._measure(part.training, scorer, device)
        effort = cost.effort(self.budget, count_lists(len(part.training)), len(part.users), self.n_more)
        return Effort(*self.workers.shared(effort.fusion, effort.lists)), fitted

    def _measure(self, histories: Histories, scorer: Scorer, device: torch.device) -> tuple[Cost, Behaviour]:
        domain = self.index.domain
        places = np.linspace(0, len(histories) - 1, PROBES).astype(int)
        shown = [histories[int(place)] for place in places]
        rows = np.arange(min(self.plan.n_candidates, len(domain.catalogue)))
        began, cpu = time.monotonic(), time.process_time()
        with single_thread():
            vectors = np.asarray(self.index.vectors)
            features = fit_features(domain.catalogue, vectors, self.index.review_sources, histories)
        fit = time.monotonic() - began
        busy = max(1.0, fit / max(time.process_time() - cpu, 1e-9))
        scored = shown[:: PROBES // SCORED_PROBES]
        lists = [ValidationList(each, rows, np.zeros(len(rows), np.float32), -1) for each in scored]
        score_lists(scorer, lists[:1], device)  # the first time takes longer
        began = time.monotonic()
        score_lists(scorer, lists, device)
        scores = (time.monotonic() - began) / len(lists)
        n_workers = count_workers(len(shown))
        made = _measure_features(features, shown) / n_workers
        return Cost(fit, made, scores, busy, n_workers), features.behaviour

    def _save(self, data: TrainingData) -> None:
        lists = (*data.validation, *data.short)
        columns = lists[0].columns if lists else ()
        features = [each.features for each in lists if each.features is not None]
        tensors = {
            "lengths": torch.tensor([len(each.rows) for each in lists], dtype=torch.int64),
            "users": torch.tensor([each.user for each in lists], dtype=torch.int64),
            "n_before": torch.tensor([each.n_before for each in lists], dtype=torch.int64),
            "n_read": torch.tensor([len(each.history) for each in lists], dtype=torch.int64),
            "truths": torch.tensor([each.truth for each in lists], dtype=torch.int64),
            "rows": torch.from_numpy(np.concatenate([np.zeros(0, np.int64), *(each.rows for each in lists)])),
            "features": torch.from_numpy(np.concatenate([np.zeros((0, len(columns)), np.float32), *features])),
            "fused": torch.from_numpy(np.concatenate([np.zeros(0, np.float32), *(each.fused for each in lists)])),
        }
        content = {"effort": asdict(data.effort), "n_short": len(data.short), "columns": list(columns), KEY: self._key}
        about = {name: json_text(each) for name, each in content.items()}
        with tensor_writes(self.file):
            write_file(
                self.file,
                lambda path: save_file(tensors, path, about),
            )

    def _load(self) -> TrainingData | None:
        """The data that were kept, None where they are none, of other tables, or cannot be read."""
        if not self.file.is_file():
            return None
        try:
            with safe_open(self.file, "pt") as kept:
                about: Mapping[str, str] = kept.metadata() or {}
                tensors = {name: kept.get_tensor(name).numpy() for name in kept.keys()}  # noqa: SIM118  no mapping
            if json.loads(about[KEY]) != json.loads(json_text(self._key)):
                return None
            effort, part = Effort(**json.loads(about["effort"])), split_for(self.index, self.plan)
            ends = np.cumsum(tensors["lengths"])[:-1]
            columns = tuple(json.loads(about["columns"]))
            each = (np.split(tensors[name], ends) for name in ("rows", "fused", "features"))
            numbers = (tensors[name].tolist() for name in ("users", "n_before", "n_read", "truths"))
            lists = tuple(
                ValidationList(
                    part.until_test[user].before(n).newest(n_read), rows, fused, truth, user, features, columns, n
                )
                for user, n, n_read, truth, rows, fused, features in zip(*numbers, *each, strict=False)
            )
            n_whole = len(lists) - int(json.loads(about["n_short"]))
            return TrainingData(part.training, lists[:n_whole], effort, lists[n_whole:])
        except (OSError, ValueError, TypeError, KeyError, IndexError, SafetensorError):
            return None  # made again


def _measure_features(features: Features, histories: Sequence[History]) -> float:
    """Seconds in which a worker makes the features of a history while the others do the same."""

    def measure(history: History) -> float:
        began = time.monotonic()
        features.of(history)
        return time.monotonic() - began

    return float(np.mean(list(map_in_order(measure, histories))[1:]))  # the first loads what the others use


def _retrieval_sha256() -> str:
    """A hash of the code that retrieves: lists of another code are not taken for those of this one."""
    digest = hashlib.sha256()
    for folder in ("retrieval", "sentiment"):
        for path in sorted((CLONE / "index" / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
