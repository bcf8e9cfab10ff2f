"""Cross-validation over users: each question is answered by a model that saw nothing of its user's fold."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eval.metrics.base import Array, Truth
from eval.models.registry import Training
from eval.predict.agent_scores import agent_scores
from eval.predict.features import Facts, Others, table
from eval.predict.models import AGENT, LEARNERS, Fold, Matrix, calibrate
from eval.predict.questions import Questions
from eval.rank.protocols import folds
from index.build.loading import OpenedDomain
from index.data.domain import Domain
from index.errors import MendableError
from index.progress import progress

PARTS = 5  # of the training users: item features of one part come from the users of the other parts


def predict_probabilities(
    models: Sequence[str], n_folds: int, seed: int, opened: OpenedDomain, questions: Questions
) -> dict[str, Array]:
    """By model: the probability of yes of each question. Raises MendableError where a fold has one kind of answer."""
    fold_of_user = folds(len(questions.histories), n_folds, seed)
    found = {name: np.zeros(len(questions)) for name in models}
    learners = [name for name in models if name != AGENT]
    for fold in progress(range(n_folds), "cross-validate, folds"):
        tested = fold_of_user[questions.owners] == fold
        if not tested.any() or not _has_both(questions.truth[~tested]):
            raise MendableError("a fold has only one kind of answer", "--folds", "Use fewer folds, or import more")
        if learners:
            rows = fold_rows(questions, opened.domain, fold_of_user, fold, seed)
            for name in learners:
                found[name][tested] = LEARNERS[name](rows, seed)
        if AGENT in models:
            training = _training(opened, questions, fold_of_user != fold, seed)
            found[AGENT][tested] = agent_scores(training, questions.of(tested))
    if AGENT in models:
        found[AGENT] = calibrate(found[AGENT], questions.truth, fold_of_user[questions.owners])
    return found


def fold_rows(
    questions: Questions, domain: Domain, fold_of_user: npt.NDArray[np.int64], tested: int, seed: int
) -> Fold:
    """The features of one fold.

    Item features come from users of neither the tested fold nor the question's own part of the others: so in training,
    too, a question's own answer is in none of its features.
    """
    facts, n_items = Facts(domain.catalogue), len(domain.catalogue)
    is_training = fold_of_user != tested
    part_of_user = parts_of(is_training, seed)
    pieces: list[tuple[Truth, Matrix]] = []
    for part in range(PARTS + 1):  # the last is the tested fold
        others = Others.of(questions, is_training & (part_of_user != part), n_items)
        kept = part_of_user[questions.owners] == part
        columns = table(questions.of(kept), facts, others, f"features {tested + 1}.{part + 1}")
        pieces.append((kept, np.stack([np.asarray(column, np.float32) for column in columns.values()], axis=1)))
    found = np.empty((len(questions), pieces[0][1].shape[1]), np.float32)
    for kept, piece in pieces:
        found[kept] = piece
    is_tested = ~is_training[questions.owners]
    return Fold(found[~is_tested], questions.truth[~is_tested], found[is_tested])


def parts_of(is_training: Truth, seed: int) -> npt.NDArray[np.int64]:
    """By user: a part below PARTS for each training user, PARTS for the others."""
    found = np.full(len(is_training), PARTS)
    found[is_training] = folds(int(is_training.sum()), PARTS, seed)
    return found


def _training(opened: OpenedDomain, questions: Questions, users: Truth, seed: int) -> Training:
    """What the agent may be fitted on: the events of these users; the others' histories are empty."""
    kept = questions.histories.truncate(np.where(users, questions.histories.lengths, 0))
    catalogue = opened.domain.catalogue
    return Training(opened, catalogue, kept, np.arange(len(catalogue)), seed)


def _has_both(truth: Truth) -> bool:
    return bool(truth.any() and not truth.all())
