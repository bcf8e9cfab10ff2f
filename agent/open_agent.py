"""Opens an agent on a domain: tables, index, retriever, and the ranker that was asked for."""

from dataclasses import replace

from agent.agent import Agent
from agent.explain.writer_names import TEMPLATE
from agent.open_writer import open_writer
from agent.rerank.adapter_versions import find_adapter
from agent.rerank.missing_adapter import notice_of
from agent.rerank.open_ranker import tuned_ranker
from agent.rerank.precision import DEFAULT as FLOAT
from agent.rerank.rankers import DEFAULT, TUNED, UNTUNED, check_ranker
from index.assemble import saved_retriever
from index.build.loading import open_index
from index.data.domain import Domain, load_domain


def open_agent(name: str, ranker: str = DEFAULT, precision: str = FLOAT, writer: str = TEMPLATE) -> Agent:
    """The agent of a domain; an adapter that was not trained on the domain's data is not used, and `notice` says so.

    Raises MendableError for an unknown ranker, writer or domain, an index that does not fit, an unreadable adapter.
    """
    check_ranker(ranker)
    return agent_of(load_domain(name), ranker, precision, writer)


def agent_of(domain: Domain, ranker: str = DEFAULT, precision: str = FLOAT, writer: str = TEMPLATE) -> Agent:
    """The agent of a domain that is loaded, as `open_agent` opens it."""
    words = open_writer(writer, domain.name)
    folder = find_adapter(domain.name, ranker) if ranker in TUNED else None
    notice = notice_of(ranker, folder, domain) if ranker in TUNED else None
    index = open_index(domain)
    retriever, sentiments = saved_retriever(index), index.sentiments
    if sentiments is not None:  # wishes for aspects are wishes for fields of items
        domain = replace(domain, catalogue=sentiments.with_aspects(domain.catalogue))
    if notice is not None:
        return Agent(domain, retriever, UNTUNED["fusion"], sentiments, notice, words)
    tuned = UNTUNED[ranker] if folder is None else tuned_ranker(ranker, folder, index, precision)
    return Agent(domain, retriever, tuned, sentiments, writer=words)
