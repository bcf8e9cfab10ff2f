"""Fits models and ranks for the tested users in chunks; each result is saved as soon as it is there."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics.base import Metric, Ranks
from eval.metrics.ranking import per_user
from eval.models.registry import (
    Model,
    NotInstalled,
    Prepared,
    Setting,
    Training,
    default_settings,
    make_model,
    source_key,
)
from eval.rank import tuning
from eval.rank.protocols import Cases, Split
from eval.rank.ranking import Ranked, check_scores, mask, ranks_of, top_rows_per_user
from eval.rank.results import Missing, Outcome, Result, Saved, Trial
from eval.rank.sampled import keep_sample
from index.build.loading import OpenedDomain
from index.data.domain import Catalogue
from index.errors import MendableError
from index.progress import note, progress, stage

LIST_LENGTH = 100
SELECTION_METRIC = Metric("ndcg", 10)  # by which settings are chosen and models compared
MAX_USERS, MAX_SCORES = 512, 1 << 24  # of a chunk: bounds the memory and the time between two updates of the progress


@dataclass(frozen=True)
class Plan:
    """How models are run: `trials` of settings for each; ranking among `sampled` random items, None for all."""

    trials: int = 0
    sampled: int | None = None
    fresh: bool = False
    precision: str = "float32"  # of models that have such a setting


def prepare_models(names: Sequence[str], opened: OpenedDomain) -> dict[str, str | Missing]:
    """For each model what its result depends on beside the domain, or why it cannot run; checked before any is run.

    Raises MendableError where the user must do something first, such as building the index.
    """
    found: dict[str, str | Missing] = {}
    for name in names:
        try:
            model = make_model(name)
            if model.needs_index:
                _ = opened.index
            found[name] = source_key(name) + (model.prepare(opened) if isinstance(model, Prepared) else "")
        except NotInstalled as why:
            found[name] = Missing(name, str(why))
    return found


def run_models(
    names: Sequence[str], split: Split, cases: Cases, plan: Plan, depends_on: Mapping[str, str]
) -> list[Outcome]:
    """Each model's result in the order given; results that an earlier run has saved are not computed again.

    `depends_on` is what all results depend on, such as the hash of the domain's tables.
    """
    ready = prepare_models(names, split.training.opened)
    key = {**depends_on, "trials": plan.trials, "sampled": plan.sampled, "precision": plan.precision}
    saved = {name: Saved(split.training.opened.name, name, {**key, "prepared": str(ready[name])}) for name in names}
    done = {} if plan.fresh else {name: result for name in names if (result := saved[name].load())}
    if done:
        note(f"resuming: {', '.join(done)} {'was' if len(done) == 1 else 'were'} done (--fresh runs all again)")
    outcomes: list[Outcome] = []
    for name in names:
        state = ready[name]
        outcomes.append(
            state if isinstance(state, Missing) else done.get(name) or run_model(name, split, cases, plan, saved[name])
        )
    return outcomes


def run_model(name: str, split: Split, cases: Cases, plan: Plan, saved: Saved) -> Outcome:
    """Tune, fit and rank one model, and save its result."""
    try:
        trials = _tune(name, split, plan, saved)
        settings = tuning.best(trials)
        if "precision" in default_settings(name):
            settings = {**settings, "precision": plan.precision}
        model, seconds = _fit(name, settings, split.training)
    except NotInstalled as why:
        return Missing(name, str(why))
    ranked, ms_per_user = rank_cases(model, name, cases, split.catalogue, plan.sampled, split.training.seed)
    result = Result(name, ranked, {**default_settings(name), **settings}, trials, seconds, ms_per_user)
    saved.save(result)
    return result


def rank_cases(
    model: Model, name: str, cases: Cases, catalogue: Catalogue, sampled: int | None = None, seed: int = 0
) -> tuple[Ranked, float]:
    """Ranks and lists of a fitted model, and its milliseconds for one user; memory does not grow with the users.

    Raises MendableError where the model gives NaN.
    """
    n_items, spent = len(catalogue), 0.0
    step = max(1, min(MAX_USERS, MAX_SCORES // n_items))
    random = np.random.default_rng(seed)
    parts: list[Ranked] = []
    for start in progress(range(0, len(cases), step), f"rank by {name}, users", len(cases), step):
        part = cases.of(np.arange(start, min(start + step, len(cases))))
        began = time.perf_counter()
        raw = model.scores(part.histories)
        spent += time.perf_counter() - began
        scores = check_scores(raw, (len(part), n_items), name)
        mask(scores, part.histories)
        scores[:, ~catalogue.available] = -np.inf
        if sampled is not None:
            keep_sample(scores, part, catalogue, sampled, random)
        parts.append(Ranked(ranks_of(scores, part.relevant), top_rows_per_user(scores, LIST_LENGTH)))
    ranks = Ranks(cases.relevant.starts, np.concatenate([part.ranks.ranks for part in parts]))
    return Ranked(ranks, np.concatenate([part.lists for part in parts])), 1000 * spent / len(cases)


def _tune(name: str, split: Split, plan: Plan, saved: Saved) -> tuple[Trial, ...]:
    """The trials of a model on validation, none where the plan has none or the model has nothing to choose."""
    every = tuning.settings_to_try(name, plan.trials, split.training.seed)
    if every and not len(split.validation):
        raise MendableError("no user has an event to validate on", "--tune", "Use --tune 0, which takes the defaults")
    cases = split.validation.sample(tuning.MAX_USERS, split.training.seed)

    def judge(settings: Mapping[str, Setting]) -> float:
        model, _ = _fit(name, settings, split.tuning)
        ranked, _ = rank_cases(model, name, cases, split.catalogue)
        return float(per_user(ranked.ranks, SELECTION_METRIC).mean())

    before = () if plan.fresh else saved.load_trials()
    return tuning.tune(progress(every, f"tune {name}", len(every)), before, judge, saved.save_trials) if every else ()


def _fit(name: str, settings: Mapping[str, Setting], training: Training) -> tuple[Model, float]:
    model = make_model(name, settings)
    began = time.perf_counter()
    with stage(f"fit {name}"):
        model.fit(training)
    return model, time.perf_counter() - began
