"""The row `encode`: item texts into vectors, against sentence-transformers with its defaults."""

import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from eval.bench.peak import peak_flops
from eval.bench.ratio import Row, in_turns, significant
from index.embedding.encoder import Encoder
from index.embedding.model_files import ModelFolder, transformer_folder
from index.embedding.pipeline import read_pipeline
from index.retrieval.unit_vectors import unit_rows
from index.types import Floats

TEXTS, ROUNDS = 1000, 3  # the first of the catalogue


def encode_row(texts: Sequence[str], model: ModelFolder, rounds: int = ROUNDS) -> Row:
    """Seconds for all texts. `cosine` is the smallest between a vector of ours and of the peer.

    `of_peak` counts the operations that the texts need without padding, over our seconds and the peak of matrix
    products in the precision that we compute in.
    """
    ours = Encoder(model)
    peer = _peer(model)
    cosine = (unit_rows(ours.encode(texts)) * unit_rows(peer(texts))).sum(1).min()
    before = peak_flops(ours.precision)
    seconds = in_turns(lambda: ours.encode(texts), lambda: peer(texts), rounds)
    peak = max(before, peak_flops(ours.precision))
    needed = operations(model, token_counts(model, texts))
    figures = {
        "texts": len(texts),
        "model": model.name,
        "precision": ours.precision,
        "cosine": float(cosine),
        "of_peak": significant(needed / seconds.ours / peak),
        "peak_gflops": significant(peak / 1e9),
    }
    return Row(seconds, f"sentence-transformers {version('sentence-transformers')}", figures)


def token_counts(model: ModelFolder, texts: Sequence[str]) -> list[int]:
    """How many tokens of each text are read."""
    from transformers import AutoTokenizer

    pipeline = read_pipeline(model.path)
    tokenizer = AutoTokenizer.from_pretrained(pipeline.folder, local_files_only=True, trust_remote_code=False)
    longest = pipeline.cut_length(tokenizer.model_max_length)
    written = [pipeline.prepare(text) for text in texts]
    ids = tokenizer(written, truncation=True, max_length=longest)["input_ids"]
    return [len(each) for each in ids]


def operations(model: ModelFolder, lengths: Sequence[int]) -> float:
    """Floating-point operations of the matrix products of a BERT over texts of so many tokens, each text alone.

    A layer of width d and inner width f takes 2 (4 d² + 2 d f) for a token and 4 d t² for attention over t tokens.
    """
    config = json.loads((transformer_folder(model.path) / "config.json").read_text())
    d, f, layers = (int(config[name]) for name in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    tokens = np.asarray(lengths, np.float64)
    return float(layers * (2 * (4 * d * d + 2 * d * f) * tokens + 4 * d * tokens**2).sum())


def _peer(model: ModelFolder) -> Callable[[Sequence[str]], Floats]:
    from sentence_transformers import SentenceTransformer

    loaded: Any = SentenceTransformer(str(model.path), local_files_only=True, trust_remote_code=False)
    return lambda texts: np.asarray(loaded.encode(list(texts)), np.float32)
