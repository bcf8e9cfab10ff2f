"""The rows `packed_bert` and `packed_gpt`: many candidates behind one history in one pass, against one for each pair.

Both sides have the same model, LoRA and head in place, the same words and the same precision, and their scores must be
the same: a history's tokens attend to the history only. The peer for a BERT is `CrossEncoder.predict`, with its own
tokenizing, sorting and padding; for a GPT it is one forward pass of the transformers model a pair.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from agent.rerank.packed_scoring import plain_mask
from agent.rerank.sequence_prompt import Scale
from agent.rerank.text_prompt import PromptTokenizer, candidate_text, history_text
from agent.rerank.text_reranker import TextReranker, new_text_reranker
from eval.bench.peak import peak_flops
from eval.bench.ratio import Row, in_turns, significant
from index.data.domain import Domain
from index.embedding.model_files import ModelFolder
from index.types import Floats

CANDIDATES, RANK = 100, 16
SPREAD = 0.05  # of random LoRA and head weights, which are zero in a fresh reranker: so the scores differ
PRECISION = "float32"
LAYERS = {"bert": 6, "gpt": 30}  # all that the packaged models have
ROUNDS = {"bert": 3, "gpt": 1}


@dataclass(frozen=True)
class Pairs:
    """A history and candidates as texts."""

    history: str
    candidates: tuple[str, ...]


def pairs_of(domain: Domain, n: int = CANDIDATES) -> Pairs:
    """The newest events of the user with the most events, and the first items of the catalogue not among them."""
    longest = int(np.argmax(domain.histories.lengths))
    history = domain.histories[longest]
    seen = set(history.rows[-100:].tolist())
    items = [item for row, item in enumerate(domain.catalogue.items) if row not in seen][:n]
    told = history_text(history, domain.catalogue, Scale.of(domain.histories.values))
    return Pairs(told, tuple(candidate_text(item) for item in items))


def packed_row(model: ModelFolder, kind: str, layers: int, pairs: Pairs, rounds: int = 1) -> Row:
    """Seconds for all candidates. `error` is the largest difference of two scores over the largest score."""
    reranker, tokenizer = randomize_weights(model, layers)
    ours = packed_scores(reranker, tokenizer, pairs)
    peer = _by_cross_encoder(model, reranker, pairs) if kind == "bert" else _pair_by_pair(reranker, tokenizer, pairs)
    mine, theirs = ours(), peer()
    before = peak_flops(PRECISION)
    seconds = in_turns(ours, peer, rounds)
    needed = operations(reranker, tokenizer, pairs)
    figures = {
        "candidates": len(pairs.candidates),
        "model": model.name,
        "precision": PRECISION,
        "error": float(np.abs(mine - theirs).max() / np.abs(theirs).max()),
        "of_peak": significant(needed / seconds.ours / max(before, peak_flops(PRECISION))),
    }
    name = (
        f"CrossEncoder.predict of sentence-transformers {version('sentence-transformers')}"
        if kind == "bert"
        else f"one forward pass a pair in transformers {version('transformers')}"
    )
    return Row(seconds, name, figures)


def randomize_weights(model: ModelFolder, layers: int) -> tuple[TextReranker, PromptTokenizer]:
    """A reranker whose LoRA and head have random weights."""
    reranker, tokenizer = new_text_reranker(model.name, layers, RANK, seed=1)
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in reranker.parameters():
            if value.requires_grad:
                value.add_(SPREAD * torch.randn(value.shape, generator=random))
    return reranker.eval(), tokenizer


def packed_scores(reranker: TextReranker, tokenizer: PromptTokenizer, pairs: Pairs) -> Callable[[], Floats]:
    """All candidates behind the history, which is read once, tokenizing included."""

    def score() -> Floats:
        with torch.inference_mode():
            prefix = reranker.read(tokenizer.history(pairs.history))
            found = reranker.judge(prefix, tokenizer.candidates(pairs.candidates))
        return np.asarray(found.numpy(), np.float32)

    return score


def operations(reranker: TextReranker, tokenizer: PromptTokenizer, pairs: Pairs) -> float:
    """Floating-point operations of the matrix products that the packed pass needs, without padding.

    A token takes 2 for each weight of the layers; attention takes 4 d for each pair of tokens that see one another.
    """
    history = tokenizer.history(pairs.history).shape[1]
    lengths = tokenizer.candidates(pairs.candidates).present.sum(1).numpy().astype(np.float64)
    layers = reranker.backbone.config.num_hidden_layers
    weights = sum(
        value.numel()
        for name, value in reranker.backbone.named_parameters()
        if value.ndim == 2 and "embed" not in name.lower()
    )
    seen = history**2 * (0.5 if reranker.causal else 1) + (lengths * (history + lengths)).sum()
    width = reranker.head.in_features
    return float(2 * weights * (history + lengths.sum()) + 4 * width * layers * seen)


def _by_cross_encoder(model: ModelFolder, reranker: TextReranker, pairs: Pairs) -> Callable[[], Floats]:
    """The same reranker inside a CrossEncoder, whose every pair is one sequence of two segments."""
    from sentence_transformers import CrossEncoder
    from sentence_transformers.base.modules import Transformer

    class Pair(Transformer):
        """Its own tokenizer and batches; our layers, mask and head."""

        def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
            present = features["attention_mask"]
            mask = plain_mask(features["token_type_ids"], present, reranker.causal)
            states = reranker.backbone(input_ids=features["input_ids"], attention_mask=mask).last_hidden_state
            last = states[torch.arange(len(states)), present.sum(1) - 1]
            return {**features, "scores": reranker.head(last)}

    module = Pair(str(model.path), transformer_task="sequence-classification")
    encoder = CrossEncoder(modules=[module], num_labels=1, activation_fn=torch.nn.Identity(), device="cpu")
    asked = [[pairs.history, candidate] for candidate in pairs.candidates]
    return lambda: np.asarray(encoder.predict(asked, show_progress_bar=False), np.float32)


def _pair_by_pair(reranker: TextReranker, tokenizer: PromptTokenizer, pairs: Pairs) -> Callable[[], Floats]:
    def score() -> Floats:
        scores = [_score_pair(reranker, tokenizer, pairs.history, candidate) for candidate in pairs.candidates]
        return np.array(scores, np.float32)

    return score


def _score_pair(reranker: TextReranker, tokenizer: PromptTokenizer, history: str, candidate: str) -> float:
    with torch.inference_mode():
        ids = torch.cat([tokenizer.history(history), tokenizer.candidates([candidate]).ids], 1)
        states = reranker.backbone(input_ids=ids, use_cache=False).last_hidden_state
        return float(reranker.head(states[0, -1]))
