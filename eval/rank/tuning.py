"""Chooses a model's settings by trials on validation: a seeded random search whose first trial are the defaults."""

from collections.abc import Callable, Iterable, Mapping
from itertools import product

import numpy as np

from eval.models.registry import Setting, default_settings, model_class
from eval.rank.results import Trial

MAX_USERS = 2000  # validation users of a trial: more would cost, and hardly change which settings win


def settings_to_try(name: str, trials: int, seed: int) -> list[dict[str, Setting]]:
    """At most `trials` different settings from the model's search space; none where there is nothing to choose."""
    space: Mapping[str, tuple[Setting, ...]] = model_class(name).search_space
    if not space or not trials:
        return []
    defaults = default_settings(name)
    every = [dict(zip(space, values, strict=True)) for values in product(*space.values())]
    others = [each for each in every if {**defaults, **each} != defaults]
    order = np.random.default_rng(seed).permutation(len(others))
    return [{}, *(others[n] for n in order[: trials - 1])]


def tune(
    every: Iterable[Mapping[str, Setting]],
    before: tuple[Trial, ...],
    judge: Callable[[Mapping[str, Setting]], float],
    save: Callable[[tuple[Trial, ...]], None],
) -> tuple[Trial, ...]:
    """Judge each of the settings once, except those of the trials `before`; `save` is called after each trial."""
    known = {_key(trial.settings): trial for trial in before}
    done: tuple[Trial, ...] = ()
    for settings in every:
        done += (known.get(_key(settings)) or Trial(settings, judge(settings)),)
        save(done)
    return done


def best(trials: tuple[Trial, ...]) -> Mapping[str, Setting]:
    """The settings of the best trial, the first of equals; the defaults where there is no trial."""
    return max(trials, key=lambda trial: trial.ndcg).settings if trials else {}


def _key(settings: Mapping[str, Setting]) -> tuple[tuple[str, Setting], ...]:
    return tuple(sorted(settings.items()))
