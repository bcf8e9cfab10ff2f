"""Opens the tuned ranker of an adapter over a domain's index."""

from pathlib import Path

import numpy as np

from agent.recommendation import RankerCard
from agent.rerank.adapter_versions import name_of
from agent.rerank.precision import DEFAULT as FLOAT
from agent.rerank.rankers import TunedRanker
from index.build.loading import DomainIndex
from index.errors import MendableError


def tuned_ranker(name: str, folder: Path, index: DomainIndex, precision: str = FLOAT) -> TunedRanker:
    """The tuned ranker of an adapter. Raises MendableError where it was trained with another encoder's vectors.

    Whether the adapter was trained on this domain's data is for the caller to ask: `read_trained_on`.
    """
    from agent.rerank.adapters import load_reranker
    from agent.rerank.sequence_scorer import SequenceScorer
    from agent.rerank.text_reranker import TextScorer, load_text_reranker

    domain = index.domain
    if name.endswith("-words"):
        if precision != FLOAT:
            raise MendableError("text rerankers compute in float32", f"--precision {precision}", "Leave it out")
        text = load_text_reranker(folder)
        card = RankerCard(name, text.settings.base_model, name_of(folder), text.sha256)
        return TunedRanker(TextScorer(text, domain.catalogue), card)

    loaded = load_reranker(folder, precision)
    made, here = loaded.settings.encoder_sha256, index.manifest.encoder_sha256
    if made != here:
        raise MendableError(
            f"the adapter takes vectors of the encoder {made[:12]}, the index has those of {here[:12]}",
            str(folder),
            f"Train it again with `python -m finetune rank --domain {domain.name}`",
        )
    card = RankerCard(name, loaded.settings.base_model, name_of(folder), loaded.sha256)
    return TunedRanker(SequenceScorer(loaded, domain.catalogue, np.asarray(index.vectors)), card)
