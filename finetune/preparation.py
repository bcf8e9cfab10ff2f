"""Prepares the validation lists of a training in a share of its minutes, and keeps them for the training that resumes.

Fitting retrieval without the held-out events takes longer than anything else before the first step. Its cost is
estimated from one fit and a few lists on this machine, as busy as it is: where it would take more than
MAX_SHARE_OF_BUDGET, retrieval is fitted and users are validated on to the share that fits.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from agent.rerank.tensor_files import tensor_writes
from finetune.budget import Budget
from finetune.training_data import TrainingData, ValidationList, ValidationPlan, make_training_data, split_for
from finetune.workers import ALONE, Workers
from index.build.loading import DomainIndex
from index.command import note
from index.data.domain import Histories
from index.retrieval.fusion_training import FOLDS, QUICK_FOLDS, count_lists, fitted_features, single_thread
from index.storage.home import CLONE, write_file
from index.storage.json_text import json_text

MAX_SHARE_OF_BUDGET = 0.5
MIN_SHARE = 0.05
PROBES = 12  # histories of which features are made, to know how long that takes
PER_FUSION_LIST, PER_CANDIDATE_LIST = 4, 5  # cost in features of one history, as measured on movielens-100k
KEY = "key"


@dataclass(frozen=True)
class Cost:
    """What preparation is made of: seconds of one fit of behaviour and of one history's features, and how many."""

    fit_seconds: float
    features_seconds: float
    n_retrievers: int
    n_fusion_lists: int
    n_candidate_lists: int

    def seconds(self, share: float) -> float:
        """The estimated seconds of a share of the whole preparation."""
        fits = self.n_retrievers * ((FOLDS if share >= 1 else QUICK_FOLDS) + 1)
        lists = PER_FUSION_LIST * self.n_retrievers * self.n_fusion_lists + PER_CANDIDATE_LIST * self.n_candidate_lists
        return fits * self.fit_seconds + share * lists * self.features_seconds

    def affordable_share(self, seconds: float) -> float:
        """The share that takes so many seconds, at most all, at least MIN_SHARE."""
        if self.seconds(1.0) <= seconds:
            return 1.0
        fixed, whole = self.seconds(0.0), self.seconds(1 - 1e-9)
        return float(np.clip((seconds - fixed) / max(whole - fixed, 1e-9), MIN_SHARE, 1 - 1e-9))


@dataclass(frozen=True)
class Preparation:
    """How a training's data are prepared: on which index, for which budget, in which file they are kept.

    `n_retrievers`, `n_more_lists`: how often retrieval is fitted in all, and what is retrieved beside for validation.
    """

    index: DomainIndex
    budget: Budget
    plan: ValidationPlan
    file: Path
    n_retrievers: int = 1
    n_more_lists: int = 0
    workers: Workers = ALONE

    def training_data(self, resumes: bool) -> TrainingData:
        """The data, those that were kept where the training resumes or they were made with nothing left out."""
        kept = self._load()
        is_enough = kept is not None and (resumes or kept.share >= 1)
        if self.workers.shared(is_enough)[0] and kept is not None:
            return kept
        plan = replace(self.plan, share=self.workers.shared(self._share())[0])
        if plan.share < 1 and self.workers.is_first:
            note(f"preparing takes long here: retrieval is fitted and validated on {plan.share:.0%} of what there is")
        data = make_training_data(self.index, plan)
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
            "n_candidates": self.plan.n_candidates,
            "seed": self.plan.seed,
        }

    def _share(self) -> float:
        if self.budget.minutes is None:
            return 1.0
        histories = split_for(self.index, self.plan).training
        return self._cost(histories).affordable_share(MAX_SHARE_OF_BUDGET * self.budget.seconds)

    def _cost(self, histories: Histories) -> Cost:
        domain = self.index.domain
        written = None if self.index.reviews is None else self.index.reviews.found
        with single_thread():
            began = time.monotonic()
            features = fitted_features(histories, domain.catalogue, np.asarray(self.index.vectors), written)
            fitted = time.monotonic()
            places = np.linspace(0, len(histories) - 1, min(PROBES, len(histories))).astype(int)
            for place in places:
                features.of(histories[int(place)])
            each = (time.monotonic() - fitted) / max(len(places), 1)
        n_users = min(self.plan.max_users, len(histories))
        return Cost(fitted - began, each, self.n_retrievers, count_lists(len(histories)), n_users + self.n_more_lists)

    def _save(self, data: TrainingData) -> None:
        lists = data.validation
        tensors = {
            "lengths": torch.tensor([len(each.rows) for each in lists], dtype=torch.int64),
            "users": torch.tensor([each.user for each in lists], dtype=torch.int64),
            "truths": torch.tensor([each.truth for each in lists], dtype=torch.int64),
            "rows": torch.from_numpy(np.concatenate([np.zeros(0, np.int64), *(each.rows for each in lists)])),
            "fused": torch.from_numpy(np.concatenate([np.zeros(0, np.float32), *(each.fused for each in lists)])),
        }
        about = {KEY: json_text(self._key), "share": repr(data.share)}
        with tensor_writes(self.file):
            write_file(self.file, lambda path: save_file(tensors, path, about))

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
            share, training = float(about["share"]), split_for(self.index, self.plan).training
            ends = np.cumsum(tensors["lengths"])[:-1]
            parts = zip(np.split(tensors["rows"], ends), np.split(tensors["fused"], ends), strict=True)
            lists = tuple(
                ValidationList(training[int(user)], rows, fused, int(truth), int(user))
                for user, truth, (rows, fused) in zip(tensors["users"], tensors["truths"], parts, strict=False)
            )
            return TrainingData(training, lists, share)
        except (OSError, ValueError, KeyError, IndexError, SafetensorError):
            return None  # made again


def _retrieval_sha256() -> str:
    """A hash of the code that retrieves: lists of another code are not taken for those of this one."""
    digest = hashlib.sha256()
    for path in sorted((CLONE / "index" / "retrieval").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
