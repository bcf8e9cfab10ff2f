"""The tuned rerankers over retrieval's candidates, as `eval` ranks with them."""

from agent.rerank.open_ranker import tuned_ranker
from agent.rerank.rankers import Ranker
from eval.models.adapter_checks import adapter_key, adapter_under_test, has_adapter, refuse_trained_on_test
from eval.models.registry import Training, Unavailable
from eval.models.retrieval import Fusion
from index.build.loading import OpenedDomain


class Bert(Fusion):
    """The fusion's candidates as the tuned BERT orders them."""

    kind = "bert"

    def __init__(self, precision: str = "float32") -> None:
        self.precision = precision

    def ranker_for(self, training: Training) -> Ranker:
        """The adapter as it lies on disk, refused where it has learned from a tested event."""
        folder = adapter_under_test(training.opened.domain, self.kind)
        refuse_trained_on_test(training, folder)
        return tuned_ranker(self.kind, folder, training.index, self.precision)

    def prepare(self, opened: OpenedDomain) -> str:
        """The hashes of the index and of the adapter's files. Raises MendableError where there is no adapter."""
        return f"{super().prepare(opened)}:{adapter_key(adapter_under_test(opened.domain, self.kind))}"


class Gpt(Bert):
    """The same by a tuned GPT."""

    kind = "gpt"

    def prepare(self, opened: OpenedDomain) -> str:
        """As of Bert. Raises NotInstalled where there is no adapter: the model gets a row that says so."""
        if not has_adapter(opened.domain, self.kind):
            raise Unavailable(f"no {self.kind} adapter for {opened.name}")
        return super().prepare(opened)
