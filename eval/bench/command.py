"""Runs `python -m eval bench`: one row after the other, and all figures in one JSON file."""

from collections.abc import Mapping
from typing import Any

from eval.bench.registry import ROWS
from eval.bench.settings import BenchSettings
from eval.environment import code_version, machine
from eval.models.registry import NotInstalled
from index.errors import MendableError
from index.progress import note, progress
from index.storage.home import write_json


def run_bench(settings: BenchSettings) -> dict[str, Any]:
    """Run the rows, write the file and return its content; a row that cannot run is a line of `notes`."""
    content: dict[str, Any] = {
        "machine": machine(),
        "code_version": code_version(),
        "threads": settings.threads,
        "seed": settings.seed,
        "ratios": {},
        "growth": [],
        "notes": {},
    }
    rows = (*ROWS, "growth") if settings.only is None else (settings.only,)
    for name in progress(rows, "bench, rows"):
        note(f"bench: {name}")
        if name == "growth":
            _grow(settings, content)
        else:
            _measure(name, settings, content)
    write_json(settings.out, content)
    return content


def table(content: Mapping[str, Any]) -> str:
    """The figures as text for a terminal."""
    lines = [
        f"{name:<8} {row['ratio']:8.2f} times {row['peer']} ({row['ours_s']:.4f} s against {row['peer_s']:.4f} s)"
        for name, row in content["ratios"].items()
    ]
    lines += [
        f"growth   {row['n_items']:>9,} items: build {row['build_s']:.2f} s, search {row['search_ms']:.2f} ms, "
        f"recall@100 {row['recall@100']:.4f}, {row['extra_mb']:.0f} MB beyond the vectors"
        for row in content["growth"]
    ]
    return "\n".join([*lines, *(f"{name:<8} left out: {why}" for name, why in content["notes"].items())])


def _measure(name: str, settings: BenchSettings, content: dict[str, Any]) -> None:
    try:
        content["ratios"][name] = ROWS[name](settings)
    except (NotInstalled, MendableError) as why:
        _leave_out(name, str(why), content)


def _grow(settings: BenchSettings, content: dict[str, Any]) -> None:
    from eval.bench.catalogue_sizes import SIZES, Failed, growth_of

    for n in progress(settings.sizes or SIZES, "growth, sizes"):
        try:
            content["growth"].append(growth_of(n, settings.seed))
        except Failed as why:
            _leave_out("growth", str(why), content)


def _leave_out(name: str, why: str, content: dict[str, Any]) -> None:
    note(f"{name} is left out: {why}")
    content["notes"][name] = why
