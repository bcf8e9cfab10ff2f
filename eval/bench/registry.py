"""The rows of the bench, each a comparison with its peer: a new one is a file and a line here."""

from collections.abc import Callable, Mapping
from typing import Any

from eval.bench.settings import BenchSettings


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


ROWS: Mapping[str, Callable[[BenchSettings], dict[str, Any]]] = {
    "metrics": _metrics,
    "search": _search,
    "encode": _encode,
    "packed_bert": _packed("bert"),
    "packed_gpt": _packed("gpt"),
    "train": _train,
}
