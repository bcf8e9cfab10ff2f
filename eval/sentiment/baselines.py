"""Baselines of polarity: TF-IDF with logistic regression by cross-validation, and VADER."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.sentiment.lines import TextLine
from index.types import Floats, Rows

FOLDS = 5
MIN_ROWS = 50  # with a sign, below which nothing can be learned from


@dataclass(frozen=True)
class BaselineScores:
    """A polarity and a probability of being positive for each row."""

    scores: Floats
    probabilities: Floats


Baseline = Callable[[Sequence[TextLine], Floats, Rows, int], BaselineScores | str]  # a text says why it cannot run


def tfidf_logistic(lines: Sequence[TextLine], labels: Floats, owners: Rows, seed: int) -> BaselineScores | str:
    """Words and pairs of words, each row by a model of the other folds; rows of one text are in one fold."""
    signs = np.sign(labels)
    if (signs != 0).sum() < MIN_ROWS or min((signs > 0).sum(), (signs < 0).sum()) < FOLDS:
        return f"too few labels to learn from: fewer than {MIN_ROWS} with a sign, or of one sign only"
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts = np.array([f"{each.aspect} {each.text}" for each in lines], object)
    fold = (np.random.default_rng(seed).permutation(int(owners.max()) + 1) % FOLDS)[owners]
    p = np.full(len(lines), 0.5, np.float32)
    for n in range(FOLDS):
        learned, asked = (fold != n) & (signs != 0), fold == n
        if not asked.any() or len(set(signs[learned].tolist())) < 2:
            continue
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        model = LogisticRegression(C=4.0, max_iter=1000)
        model.fit(words.fit_transform(texts[learned]), signs[learned] > 0)
        p[asked] = model.predict_proba(words.transform(texts[asked]))[:, 1]
    return BaselineScores(np.asarray(2 * p - 1, np.float32), np.asarray(p, np.float32))


def vader(lines: Sequence[TextLine], labels: Floats, owners: Rows, seed: int) -> BaselineScores | str:
    """VADER's compound score of the text (Hutto and Gilbert 2014); it knows no aspects and no probabilities."""
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return "not installed: vaderSentiment, see `make baselines`"
    analyser: Any = SentimentIntensityAnalyzer()
    scores = np.array([analyser.polarity_scores(each.text)["compound"] for each in lines], np.float32)
    return BaselineScores(scores, np.asarray((scores + 1) / 2, np.float32))


BASELINES: Mapping[str, Baseline] = {"tfidf_logistic": tfidf_logistic, "vader": vader}
