"""Opens an agent on a domain: tables, index, retriever, and the ranker that was asked for."""

from pathlib import Path

from agent.agent import Agent
from agent.rerank.adapter_files import read_trained_on
from agent.rerank.adapter_versions import find_adapter
from agent.rerank.open_ranker import tuned_ranker
from agent.rerank.precision import DEFAULT as FLOAT
from agent.rerank.rankers import DEFAULT, TUNED, UNTUNED, check_ranker
from index.assemble import saved_retriever
from index.build.loading import open_index
from index.data.domain import Domain, load_domain


def open_agent(name: str, ranker: str = DEFAULT, precision: str = FLOAT) -> Agent:
    """The agent of a domain; an adapter that was not trained on the domain's data is not used, and `notice` says so.

    Raises MendableError for an unknown ranker or domain, an index that does not fit, an adapter that cannot be read.
    """
    check_ranker(ranker)
    return agent_of(load_domain(name), ranker, precision)


def agent_of(domain: Domain, ranker: str = DEFAULT, precision: str = FLOAT) -> Agent:
    """The agent of a domain that is loaded, as `open_agent` opens it."""
    folder = find_adapter(domain.name, ranker) if ranker in TUNED else None
    notice = _notice_of(ranker, folder, domain) if ranker in TUNED else None
    index = open_index(domain)
    retriever = saved_retriever(index)
    if notice is not None:
        return Agent(domain, retriever, UNTUNED["fusion"], notice)
    if folder is None:
        return Agent(domain, retriever, UNTUNED[ranker])
    return Agent(domain, retriever, tuned_ranker(ranker, folder, index, precision))


def _notice_of(ranker: str, folder: Path | None, domain: Domain) -> str | None:
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
