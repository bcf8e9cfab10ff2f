"""A reranker whose scores are not zero: the tiny BERT with a random LoRA and head."""

from pathlib import Path

import torch

from agent.rerank.adapters import LoadedReranker, RerankerSettings, new_reranker
from agent.rerank.blend import Blend
from agent.rerank.data_fingerprint import DataFingerprint
from agent.rerank.sequence_prompt import Scale
from agent.rerank.sequence_reranker import RerankerShape
from agent.rerank.sequence_scorer import SequenceScorer
from index.data.domain import Catalogue
from index.embedding.model_files import resolve
from tests.helpers_small import N_ITEMS, history, things, unit_vectors, walks

DIM = 16
SCALE = Scale(1, 5)
LONG = walks(1, length=20)[0]
SHOWN = (history(3), history(5, 9, 2, 7, 7, values=[1, 5, 3, 4, 2], times=[0, 9, 80, 81, 9999]), LONG, history(8, 1))


def random_reranker(base_model: Path) -> LoadedReranker:
    """A reranker whose trained tensors are random: a fresh LoRA is zero and would score all candidates alike."""
    base = resolve(str(base_model))
    shape = RerankerShape(N_ITEMS, DIM, id_dim=8, layers=2)
    reranker = new_reranker(base.name, shape, rank=2, seed=1)
    torch.manual_seed(5)
    with torch.no_grad():
        for value in reranker.parameters():
            if value.requires_grad:
                value.add_(0.1 * torch.randn_like(value))
    data = DataFingerprint("d" * 64, "a" * 64, "b" * 64, 9, "0" * 16, "")
    settings = RerankerSettings(base.name, base.sha256, "e" * 64, shape, 2, SCALE, blend=Blend(0.4), data=data)
    return LoadedReranker(reranker.eval(), settings, Catalogue(things()).ids, Path())


def scorer_of(loaded: LoadedReranker) -> SequenceScorer:
    """The reranker over the small catalogue."""
    return SequenceScorer(loaded, Catalogue(things()), unit_vectors(dim=DIM))
