"""Opens an agent on a domain: tables, index, retriever, and the ranker that was asked for."""

from agent.agent import Agent
from agent.rerank.adapter_folders import find_adapter
from agent.rerank.open_ranker import tuned_ranker
from agent.rerank.precision import DEFAULT as FLOAT
from agent.rerank.rankers import DEFAULT, TUNED, UNTUNED, check_ranker
from index.assemble import saved_retriever
from index.build.loading import open_index
from index.data.domain import Domain, load_domain


def open_agent(name: str, ranker: str = DEFAULT, precision: str = FLOAT) -> Agent:
    """The agent of a domain. Raises MendableError for an unknown ranker or domain, or an index that does not fit."""
    check_ranker(ranker)
    return agent_of(load_domain(name), ranker, precision)


def agent_of(domain: Domain, ranker: str = DEFAULT, precision: str = FLOAT) -> Agent:
    """The agent of a domain that is loaded. Raises MendableError for an index that does not fit."""
    name, index = domain.name, open_index(domain)
    retriever = saved_retriever(index)
    folder = find_adapter(name, ranker) if ranker in TUNED else None
    if folder is not None:
        return Agent(domain, retriever, tuned_ranker(ranker, folder, index, precision))
    if ranker not in TUNED:
        return Agent(domain, retriever, UNTUNED[ranker])
    way = f"python -m finetune rank --domain {name}" + _options_for(ranker)
    notice = f"no {ranker} adapter for {name}: ranking by retrieval alone (`{way}` makes one)"
    return Agent(domain, retriever, UNTUNED["fusion"], notice)


def _options_for(ranker: str) -> str:
    """What `finetune rank` is told to make this ranker's adapter, beside the domain."""
    backbone, _, prompt = ranker.partition("-")
    return (f" --backbone {backbone}" if backbone != DEFAULT else "") + (f" --prompt {prompt}" if prompt else "")
