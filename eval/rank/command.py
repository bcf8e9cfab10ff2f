"""Runs `python -m eval rank`: ranks models and candidate files under one protocol for the same users; report."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.environment import sources_sha256
from eval.models.adapter_checks import has_adapter
from eval.models.registry import parse_models
from eval.models.served import AGENT, served_ranker
from eval.rank.candidate_files import ListFile, cases_of, counts_of, model_of, read_files, result_of
from eval.rank.figures import SAMPLED_NOTE, figures
from eval.rank.protocols import Cases, Split, split_domain
from eval.rank.report import whole_report, write_report
from eval.rank.results import Outcome
from eval.rank.run import Run, Runs
from eval.rank.run_models import LIST_LENGTH, Plan, run_models
from index.build.generations import generation_folders
from index.build.loading import OpenedDomain
from index.data.domain import Domain, load_domain
from index.errors import MendableError
from index.progress import note
from index.retrieval.unit_vectors import unit_rows
from index.storage.home import mendable_writes
from index.types import Floats

BERT = "bert"  # the default reranker


@dataclass(frozen=True)
class RankSettings:
    """The command's settings, checked when built: `users` None are all, `sampled` None is the whole catalogue.

    With `fit` "train" no model is fitted on the event before the test. `claims` are pairs of models.
    """

    domain: str
    models: tuple[str, ...] = ()
    candidates: tuple[Path, ...] = ()
    protocol: str = "leave-one-out"
    users: int | None = None
    seeds: tuple[int, ...] = (1,)
    fit: str = "all"
    claims: tuple[tuple[str, str], ...] = ()
    tune: int = 0
    sampled: int | None = None
    report: Path | None = None
    fresh: bool = False
    precision: str = "float32"

    def __post_init__(self) -> None:
        if not self.models and not self.candidates:
            raise MendableError("there is nothing to rank", "--models", "Name models, or files with --candidates")
        unknown = sorted(
            {name for pair in self.claims for name in pair} - {*self.models, *map(model_of, self.candidates)}
        )
        if unknown:
            raise MendableError(f"no model {unknown[0]!r} is ranked", "--claim", "Name it with --models as well")
        if self.candidates and self.users is not None:
            raise MendableError(
                "the users are those of the candidate files", "--users", "Leave out --users or --candidates"
            )

    @classmethod
    def of(cls, options: Any) -> "RankSettings":
        """From the parsed command line. Raises MendableError for an unknown model."""
        given = {name: value for name, value in vars(options).items() if name in cls.__dataclass_fields__}
        models = parse_models(options.models) if options.models is not None else ()
        candidates, claims = tuple(options.candidates or ()), tuple(options.claim or ())
        seeds = options.seeds or (options.seed,)
        return cls(**{**given, "models": models, "candidates": candidates, "seeds": seeds, "claims": claims})

    def as_json(self) -> dict[str, Any]:
        """As the report states them: files by their names, without folders."""
        budget = "defaults, nothing tuned" if not self.tune else f"random search of {self.tune} trials on validation"
        return {
            "protocol": self.protocol,
            "fit": self.fit,
            "seeds": list(self.seeds),
            "users": self.users,
            "tune": self.tune,
            "budget": budget,
            "sampled": self.sampled,
            "precision": self.precision,
            "candidates": [path.name for path in self.candidates],
        }


def run_rank(settings: RankSettings) -> dict[str, Any]:
    """Run the command: what is printed; with --report, also the report's files."""
    if settings.report is not None:  # a folder that cannot be written is refused before the work, not after it
        with mendable_writes(settings.report):
            settings.report.mkdir(parents=True, exist_ok=True)
    if settings.sampled is not None:
        note(f"--sampled {settings.sampled}: {SAMPLED_NOTE}")
    opened = OpenedDomain(load_domain(settings.domain))
    left_out = _without_adapter(settings, opened.domain)
    for why in left_out.values():
        note(why)
    settings = replace(settings, models=tuple(name for name in settings.models if name not in left_out))
    made: list[Run] = []
    for seed in settings.seeds:
        if len(settings.seeds) > 1:
            note(f"seed {seed}")
        made.append(_run(settings, opened, seed))
    runs = Runs(tuple(made), settings.claims)
    printed = {**figures(runs), **({"left_out": left_out} if left_out else {})}
    if settings.report is not None:
        write_report(settings.report, runs, whole_report(runs, printed))
        note(f"report: {settings.report / 'report.html'}")
    return printed


def _without_adapter(settings: RankSettings, domain: Domain) -> dict[str, str]:
    """Why the default reranker is left out where nobody has trained one, and what is ranked beside it can be ranked.

    Where it is all that was asked for, or a claim names it, it stays: its absence is an error then.
    """
    claimed = {name for pair in settings.claims for name in pair}
    if BERT not in settings.models or BERT in claimed or settings.models == (BERT,) or has_adapter(domain, BERT):
        return {}
    way_out = f"`python -m finetune rank --domain {domain.name}` makes one"
    return {BERT: f"{BERT} is left out: no {BERT} adapter for {domain.name} ({way_out})"}


def _run(settings: RankSettings, opened: OpenedDomain, seed: int) -> Run:
    domain = opened.domain
    split = split_domain(opened, settings.protocol, seed, settings.fit == "train")
    files = read_files(settings.candidates, split.catalogue)
    clash = {file.model for file in files} & set(settings.models)
    if clash:
        raise MendableError(f"a file and a model are both called {min(clash)!r}", "--candidates", "Rename the file")
    cases = cases_of(files, split.test) if files else _sample_users(split, settings)
    plan = Plan(settings.tune, settings.sampled, settings.fresh, settings.precision)
    outcomes: list[Outcome] = run_models(
        settings.models, split, cases, plan, _depends_on(settings, domain, cases, seed)
    )
    return Run(
        domain.name,
        domain.sha256,
        settings.protocol,
        split,
        cases,
        [*outcomes, *(result_of(file, cases, LIST_LENGTH) for file in files)],
        settings.as_json(),
        {file.model: _count_odd(file, cases, len(split.catalogue)) for file in files},
        settings.sampled,
        text_vectors(opened, split),
        served_ranker(domain) if AGENT in settings.models else None,
        settings.fit == "train",
    )


def text_vectors(opened: OpenedDomain, split: Split) -> Floats | None:
    """Unit vectors of the items' texts in the split's order; None without an index, and with a note where none fits."""
    if not generation_folders(opened.name):
        return None
    try:
        vectors = np.asarray(opened.index.vectors[split.training.original], np.float32)
    except MendableError as why:
        note(f"diversity is left out: {why}")
        return None
    return unit_rows(vectors)


def _sample_users(split: Split, settings: RankSettings) -> Cases:
    return split.test if settings.users is None else split.test.sample(settings.users, settings.seeds[0])


def _count_odd(file: ListFile, cases: Cases, n_items: int) -> Any:
    counts = counts_of(file, cases.histories, n_items)
    if counts.history_items:
        note(
            f"{file.path}: {counts.history_items} listed items are in their user's history; they are ranked as they are"
        )
    if counts.empty_lists:
        note(f"{file.path}: {counts.empty_lists} lists are empty and count as misses")
    return counts


def _depends_on(settings: RankSettings, domain: Domain, cases: Cases, seed: int) -> dict[str, str]:
    """What a saved result depends on, beside the model and its plan."""
    users = hashlib.sha256("\n".join(cases.histories.users).encode()).hexdigest()
    return {
        "data": domain.sha256,
        "protocol": settings.protocol,
        "fit": settings.fit,
        "seed": str(seed),
        "users": users,
        "code": sources_sha256(),
    }


def table(printed: dict[str, Any]) -> str:
    """The figures as text for a terminal."""
    names = ("ndcg@10", "recall@10", "mrr@10", "recall@100", "coverage@10")
    width = max(5, *(len(model) for model in printed["models"]))
    lines = [f"{'model':<{width}}  {'ndcg@10':^23}" + "".join(f"{name:>12}" for name in (*names[1:], "ms/user"))]
    for model, row in printed["models"].items():
        if "note" in row:
            lines.append(f"{model:<{width}}  {row['note']}")
            continue
        low, high = row["ndcg@10"]["ci95"]
        cells = [row[name]["mean"] if isinstance(row[name], dict) else row[name] for name in names]
        spent = f"{row['ms_per_user']:>12.3f}" if "ms_per_user" in row else f"{'–':>12}"
        selection = f"{cells[0]:.4f} [{low:.4f}, {high:.4f}]"
        lines.append(f"{model:<{width}}  {selection:^23}" + "".join(f"{cell:>12.4f}" for cell in cells[1:]) + spent)
    about = f"{printed['domain']}, {printed['protocol']}, {printed['n_users']} users, {printed['n_items']} items"
    if "fit" in printed:
        about += ", fitted on training events only"
    if "seeds" in printed:
        about += f", mean of seeds {', '.join(map(str, printed['seeds']))}"
    if "note" in printed:
        lines.append(printed["note"])
    lines += printed.get("left_out", {}).values()
    if "served" in printed:
        lines.append(printed["served"]["note"])
    return "\n".join([about, *lines])
