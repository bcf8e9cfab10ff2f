"""What is said where no adapter serves: why a domain is ranked by retrieval alone, and the command that makes one."""

from pathlib import Path

from agent.rerank.adapter_files import read_trained_on
from agent.rerank.rankers import DEFAULT
from index.data.domain import Domain


def notice_of(ranker: str, folder: Path | None, domain: Domain) -> str | None:
    """Why a domain is ranked by retrieval alone, in one sentence; None where its adapter serves."""
    way = f"`python -m finetune rank --domain {domain.name}{_options_for(ranker)}` makes one"
    if folder is None:
        return f"no {ranker} adapter for {domain.name}: ranking by retrieval alone ({way})"
    mismatch = read_trained_on(folder).find_mismatch(domain)
    if mismatch is None:
        return None
    return f"the {ranker} adapter {folder.name} was trained on {mismatch}: ranking by retrieval alone ({way})"


def _options_for(ranker: str) -> str:
    """The options of `finetune rank` that make this ranker's adapter, beside the domain."""
    backbone, _, prompt = ranker.partition("-")
    return (f" --backbone {backbone}" if backbone != DEFAULT else "") + (f" --prompt {prompt}" if prompt else "")
