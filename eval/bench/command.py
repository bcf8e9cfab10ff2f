"""Runs `python -m eval bench`: one row after the other, and all figures in one JSON file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.environment import code_version, machine
from eval.models.registry import NotInstalled
from index.errors import MendableError
from index.progress import note, progress
from index.storage.home import write_json


@dataclass(frozen=True)
class BenchSettings:
    """The command's settings; `only` None runs every row."""

    out: Path
    domain: str
    threads: int
    seed: int = 1
    only: str | None = None
    sizes: tuple[int, ...] = ()  # of `growth`; none: the usual ones


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
    rows = (*_ROWS, "growth") if settings.only is None else (settings.only,)
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
        content["ratios"][name] = _ROWS[name](settings)
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


def _metrics(settings: BenchSettings) -> dict[str, Any]:
    from eval.bench.metrics import metrics_row

    return metrics_row(settings.threads, settings.seed).as_json()


def _search(settings: BenchSettings) -> dict[str, Any]:
    from eval.bench.search import search_row

    return search_row(settings.seed).as_json()


def _encode(settings: BenchSettings) -> dict[str, Any]:
    from eval.bench.encode import TEXTS, encode_row
    from index.data.domain import load_domain
    from index.data.item_text import item_text
    from index.embedding.model_files import BERT, resolve

    texts = [item_text(item) for item in load_domain(settings.domain).catalogue.items[:TEXTS]]
    return encode_row(texts, resolve(BERT)).as_json()


def _packed(kind: str) -> Callable[[BenchSettings], dict[str, Any]]:
    def row(settings: BenchSettings) -> dict[str, Any]:
        from eval.bench.packed import LAYERS, ROUNDS, packed_row, pairs_of
        from index.data.domain import load_domain
        from index.embedding.model_files import BERT, GPT, resolve

        model = resolve({"bert": BERT, "gpt": GPT}[kind])
        return packed_row(model, kind, LAYERS[kind], pairs_of(load_domain(settings.domain)), ROUNDS[kind]).as_json()

    return row


def _train(settings: BenchSettings) -> dict[str, Any]:
    from eval.bench.train import TrainingTask, train_row
    from index.build.loading import open_index
    from index.data.domain import load_domain
    from index.embedding.model_files import BERT, resolve

    domain = load_domain(settings.domain)
    task = TrainingTask(domain, open_index(domain).vectors, resolve(BERT), seed=settings.seed)
    return train_row(task, settings.threads).as_json()


_ROWS: Mapping[str, Callable[[BenchSettings], dict[str, Any]]] = {
    "metrics": _metrics,
    "search": _search,
    "encode": _encode,
    "packed_bert": _packed("bert"),
    "packed_gpt": _packed("gpt"),
    "train": _train,
}
