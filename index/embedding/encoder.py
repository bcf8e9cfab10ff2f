"""Turns texts into vectors of length one, with the weights of a sentence-transformers model, in batches by length."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from index.embedding.imports import is_import_failure
from index.embedding.model_files import ModelFolder
from index.embedding.pipeline import Pipeline, read_pipeline
from index.embedding.processor import has_fast_bfloat16
from index.embedding.quiet import quiet_loading
from index.errors import MendableError, first_line
from index.progress import progress
from index.types import Floats

Precision = Literal["auto", "float32", "bfloat16"]
TOKENS_A_BATCH = 2048  # of 1,024 to 16,384 none was faster on two cores: small enough for the caches
MIN_COSINE = 0.999  # what bfloat16 may change
PROBES = ("Star Wars (1977). Sci-Fi.", "a quiet film about growing up in the country, with a dog", "1984", "Ü")


class TextEncoder(Protocol):
    """Anything that makes vectors of texts: its name and hash, as manifests name it, and the length of its vectors."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def sha256(self) -> str:
        """The hash of the model's weights."""

    @property
    def dim(self) -> int:
        """The length of a vector."""

    @property
    def precision(self) -> str:
        """What it computes in: "float32" or "bfloat16"."""

    def encode(self, texts: Sequence[str], what: str = "") -> Floats:
        """Vectors of length one, (n, dim); with `what`, under a progress bar of that name."""


class Encoder:
    """A model of a folder, loaded when the first text comes; in bfloat16 where that is fast and changes nothing."""

    def __init__(self, model: ModelFolder, precision: Precision = "auto") -> None:
        self.model = model
        self._wanted: Precision = precision
        self._pipeline: Pipeline = read_pipeline(model.path)
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def sha256(self) -> str:
        """The hash of the model's weights."""
        return self.model.sha256

    @property
    def dim(self) -> int:
        """The length of a vector."""
        return self._pipeline.dim

    @property
    def precision(self) -> str:
        """What it computes in: float32, or bfloat16 for the matrix products."""
        return "bfloat16" if self._ready().half else "float32"

    def encode(self, texts: Sequence[str], what: str = "") -> Floats:
        """Vectors of length one, (n, dim); with `what`, under a progress bar of that name."""
        vectors = np.zeros((len(texts), self.dim), np.float32)
        if not len(texts):
            return vectors
        loaded = self._ready()
        ids = loaded.ids_of(texts)
        batches: Sequence[list[int]] = list(batches_by_length([len(each) for each in ids]))
        for rows in progress(batches, what) if what else batches:
            vectors[rows] = loaded.vectors([ids[row] for row in rows])
        return vectors

    def _ready(self) -> "_Loaded":
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded(self.model.path, self._pipeline)
                if self._wanted == "bfloat16" or (self._wanted == "auto" and has_fast_bfloat16(self._loaded.device)):
                    self._loaded.use_bfloat16(MIN_COSINE if self._wanted == "auto" else -1.0)
            return self._loaded


class _Loaded:
    """The tokenizer and the transformer in memory."""

    def __init__(self, path: Path, pipeline: Pipeline) -> None:
        import torch
        from safetensors import SafetensorError

        self.pipeline = pipeline
        self.half = False
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        try:
            self.tokenizer, model = _plain(pipeline.folder) or _by_transformers(pipeline.folder)
        except (OSError, ValueError, KeyError, SafetensorError) as why:
            if is_import_failure(why):
                raise
            reason = first_line(why)
            raise MendableError(f"cannot load the model ({reason})", str(path), "Choose another model") from why
        self.model = model.eval().to(self.device)

    def use_bfloat16(self, min_cosine: float) -> None:
        """Compute in bfloat16 from now on, unless that leaves a probe's vector at less than `min_cosine`."""
        import torch

        exact = self._of_texts(PROBES)
        self.half = True
        if (exact * self._of_texts(PROBES)).sum(1).min() < min_cosine:
            self.half = False
            return
        for module in self.model.modules():  # cast once; autocast would cast them anew in every batch
            if isinstance(module, torch.nn.Linear):
                module.to(torch.bfloat16)

    def ids_of(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text, cut to the model's length."""
        written = [self.pipeline.prepare(text) for text in texts]
        ids: list[list[int]] = self.tokenizer(
            written, truncation=True, max_length=self.pipeline.cut_length(self.tokenizer.model_max_length)
        )["input_ids"]
        return ids

    def vectors(self, ids: Sequence[Sequence[int]]) -> Floats:
        """The vectors of one batch of tokens, padded to the longest."""
        import torch

        longest = max(len(each) for each in ids)
        tokens = np.full((len(ids), longest), self.tokenizer.pad_token_id or 0, np.int64)
        there = np.zeros((len(ids), longest), np.int64)
        for row, each in enumerate(ids):
            tokens[row, : len(each)] = each
            there[row, : len(each)] = 1
        mask = torch.from_numpy(there).to(self.device)
        half = torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half)
        with torch.inference_mode(), half:
            states = self.model(input_ids=torch.from_numpy(tokens).to(self.device), attention_mask=mask)[0]
        pooled = self.pipeline.pool(states.float(), mask)
        found: Any = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return np.asarray(found, np.float32)

    def _of_texts(self, texts: Sequence[str]) -> Floats:
        return self.vectors(self.ids_of(texts))


def _plain(folder: Path) -> tuple[Any, Any] | None:
    """Tokenizer and model of a BERT without transformers, which takes seconds to load; None for any other model."""
    from index.embedding.plain_bert import load_plain_bert
    from index.embedding.plain_tokenizer import load_plain_tokenizer

    tokenizer = load_plain_tokenizer(folder)
    model = None if tokenizer is None else load_plain_bert(folder)
    return None if model is None else (tokenizer, model)


def _by_transformers(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model of any folder."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    options = {"local_files_only": True, "trust_remote_code": False}
    with quiet_loading():
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        return tokenizer, AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, **options)


def batches_by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows of like length, longest first, so many that a batch has about TOKENS_A_BATCH tokens."""
    order = iter(sorted(range(len(lengths)), key=lambda row: (-lengths[row], row)))
    for first in order:
        most = max(1, TOKENS_A_BATCH // max(1, lengths[first]))
        yield [first, *itertools.islice(order, most - 1)]
