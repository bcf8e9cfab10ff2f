"""The agent's score of each question of `eval predict`, by retrieval fitted without the questions' users."""

import numpy as np

from eval.models.registry import Training
from eval.models.retrieval import fitted_retriever
from eval.predict.questions import Questions
from index.parallel import map_in_order
from index.progress import progress
from index.retrieval.query import Query
from index.types import Floats


def agent_scores(training: Training, questions: Questions) -> Floats:
    """(questions,) the fused score of each question's item after the history before it.

    Retrieval's own score, not the reranker's: its adapter was trained on the events of these very users.
    """
    retriever, histories = fitted_retriever(training), training.unshuffled(questions.histories)
    rows = training.original[questions.rows]

    def score(n: int) -> float:
        history = histories[int(questions.owners[n])].before(int(questions.places[n]))
        features = retriever.features.of(history)
        return float(retriever.fused_scores(Query(history), features, rows[n : n + 1])[0])

    scores = progress(map_in_order(score, range(len(questions))), "the agent's scores", len(questions))
    return np.fromiter(scores, np.float32, len(questions))
