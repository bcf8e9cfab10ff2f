"""Labelled texts: lines of a file, or the reviews of a domain with their stars; what is held out of them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from index.data.domain import load_domain
from index.data.reviews import load_reviews
from index.errors import MendableError
from index.progress import note, stage
from index.sentiment.judgeable import is_judgeable
from index.sentiment.lines import read_lines
from index.types import Floats

MIN_LINES, MIN_OF_A_SIDE = 20, 3
HELD_OUT, MAX_HELD_OUT = 0.1, 1000  # of the lines; more would take time from the training
MIN_TESTED = 3  # events of a user whose last one is a test
MAX_REVIEWS = 60_000  # of a domain: what hours of training would not get through


@dataclass(frozen=True)
class LabelledText:
    """A text, its label from -1 to 1, and the aspect that the label is of, empty for the whole."""

    text: str
    label: float
    aspect: str = ""


@dataclass(frozen=True)
class LabelledSplit:
    """What is learned from, and what is held out to choose the step and to calibrate."""

    training: tuple[LabelledText, ...]
    held_out: tuple[LabelledText, ...]

    @property
    def sha256(self) -> str:
        """A hash of all lines in their order."""
        digest = hashlib.sha256()
        for each in (*self.training, None, *self.held_out):
            digest.update(repr(None if each is None else astuple(each)).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def read_labelled(path: Path) -> list[LabelledText]:
    """The lines of a JSONL file. Raises MendableError, which names the first bad line."""
    lines = read_lines(path, max_label=1.0, is_labelled=True)
    return [LabelledText(each.text, each.label or 0.0, each.aspect) for each in lines]


def labelled_reviews(domain: str, seed: int) -> list[LabelledText]:
    """A domain's reviews by their stars, scaled over the range that occurs: the lowest -1, the highest 1.

    Reviews of each user's last event, the test of evaluations, are left out.
    """
    tests = _test_events(domain)
    reviews = [
        each
        for each in load_reviews(domain)
        if each.rating is not None and (each.text or "").strip() and (each.user_id, each.item_id) not in tests
    ]
    if not reviews:
        raise MendableError(
            f"{domain!r} has no reviews with stars",
            "--domain",
            "Import a table of reviews with a rating, or train on lines of your own with --data",
        )
    stars = np.array([each.rating for each in reviews], np.float64)
    lowest, highest = float(stars.min()), float(stars.max())
    middle, half = (lowest + highest) / 2, max((highest - lowest) / 2, 1e-9)
    order = np.random.default_rng(seed).permutation(len(reviews))[:MAX_REVIEWS]
    texts = [f"{reviews[n].title}. {reviews[n].text}" if reviews[n].title else str(reviews[n].text) for n in order]
    return [LabelledText(text, float((stars[n] - middle) / half)) for text, n in zip(texts, order, strict=True)]


def split_labelled(lines: Sequence[LabelledText], seed: int, where: str) -> LabelledSplit:
    """Hold out a tenth of the texts, lines of one text on the same side; those that cannot be judged are left out.

    Raises MendableError where too few lines are left, or nearly all have one sign.
    """
    with stage("sorting out texts that cannot be judged"):
        usable = [each for each in lines if is_judgeable(each.text)]
    if len(usable) < len(lines):
        note(f"{len(lines) - len(usable)} of {len(lines)} texts are left out: empty, noise, or not English")
    _refuse_unfit(usable, where)
    texts = sorted({each.text for each in usable})
    drawn = np.random.default_rng((seed, 7)).permutation(len(texts))
    share = min(HELD_OUT, MAX_HELD_OUT / len(usable))
    chosen = {texts[n] for n in drawn[: max(2, round(share * len(texts)))]}
    held_out = tuple(each for each in usable if each.text in chosen)
    return LabelledSplit(tuple(each for each in usable if each.text not in chosen), held_out)


def labels_of(lines: Sequence[LabelledText]) -> Floats:
    """The labels of lines."""
    return np.array([each.label for each in lines], np.float32)


def _test_events(domain: str) -> set[tuple[str | None, str]]:
    """User and item of the last event of each user who has enough events to be tested."""
    loaded = load_domain(domain)
    return {
        (user, loaded.catalogue.ids[int(history.rows[-1])])
        for user, history in zip(loaded.histories.users, loaded.histories, strict=True)
        if len(history) >= MIN_TESTED
    }


def _refuse_unfit(lines: Sequence[LabelledText], where: str) -> None:
    for what in _faults(lines):
        raise MendableError(what, where, f"Give at least {MIN_LINES} labelled texts, praise and blame among them")


def _faults(lines: Sequence[LabelledText]) -> Iterator[str]:
    if len(lines) < MIN_LINES:
        yield f"{len(lines)} labelled texts that can be judged are too few to learn from"
    for sign, name in ((1, "positive"), (-1, "negative")):
        n = sum(np.sign(each.label) == sign for each in lines)
        if n < MIN_OF_A_SIDE:
            yield f"{n} of {len(lines)} texts are {name}"
