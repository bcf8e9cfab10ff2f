"""The sentiment part of an index: aspects of the domain, and what each judged review says on the whole and of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.build.manifest import Manifest, refuse_index, texts_sha256
from index.build.parts import BuildContext, PreviousIndex
from index.build.sentiment_files import ABOUT, FOLDER, WORDS, GatheredOpinions, read_opinions
from index.build.sentiment_selection import MAX_PER_ITEM, SelectedReviews, select_judged
from index.build.staging import link_or_copy
from index.build.text_part import shards_of
from index.data.records import Review
from index.data.reviews import has_reviews, review_text, review_title, stream_reviews
from index.embedding.model_files import ADAPTER_WEIGHTS, file_sha256
from index.errors import MendableError
from index.progress import progress, stage
from index.sentiment.adapters import find_domain_adapter
from index.sentiment.aspect_discovery import discover_aspects
from index.sentiment.aspects import Aspects
from index.sentiment.opinion import Judge
from index.sentiment.quotes import MAX_QUOTE
from index.sentiment.review_opinions import WHOLE, ReviewOpinions
from index.sentiment.sentences import Span, split_sentences
from index.storage.arrays import read_array, write_array
from index.storage.home import write_file
from index.types import Floats

SHARD_SIZE = 256  # reviews that are judged between two saves
JUDGED_HEAD, JUDGED_TAIL = 400, 200  # characters of a long review that are judged: reviews end with their verdict
MAX_MENTIONS = 5  # aspects of one review that are judged, those that it names first
SELECTED_BY = ("review_id", "item_id", "text")  # the columns by which reviews are selected: neither stars nor times
OpenJudge = Callable[[str], Judge]


@dataclass(frozen=True, slots=True)
class JudgedSentence:
    """A sentence of a review that is judged: of an aspect by its number, or as the whole review."""

    aspect: int
    span: Span
    said: str | None  # the surface form of the aspect


def shipped_judge(domain: str) -> Judge:
    """The judge of a domain: its own adapter, else the shipped one. Raises MendableError where it cannot be read."""
    from index.sentiment.polarity import open_judge

    return open_judge(find_domain_adapter(domain))


@dataclass(frozen=True)
class SentimentPart:
    """Opinions of reviews, where the domain has reviews and there is an adapter that judges them."""

    open_judge: OpenJudge = shipped_judge
    name: str = FOLDER
    version: int = 1

    def is_needed(self, domain: str) -> bool:
        """Only where the domain has reviews and something judges them."""
        return has_reviews(domain) and (self.open_judge is not shipped_judge or find_domain_adapter(domain) is not None)

    def made_with(self, domain: str) -> Mapping[str, Any]:
        """The judge: an index with another one's opinions is rebuilt."""
        adapter = find_domain_adapter(domain) if self.open_judge is shipped_judge else None
        known = file_sha256(adapter / ADAPTER_WEIGHTS) if adapter else self.open_judge(domain).sha256
        return {"judge_sha256": known}

    def build(self, context: BuildContext) -> Mapping[str, Any]:
        """Find the aspects and judge the reviews, in shards that a killed build finds again."""
        name, judge = context.domain.name, self.open_judge(context.domain.name)
        with stage("selecting reviews to be judged"):
            selected = select_judged(stream_reviews(name, SELECTED_BY), context.domain.catalogue)
        aspects = discover_aspects(selected.sample, lambda forms: context.encoder.encode(forms))
        gathered = GatheredOpinions(context.domain.catalogue)
        with_words = _Judging(context, judge, aspects, gathered)
        write_file(context.folder / FOLDER / WORDS, lambda aside: with_words.run(selected, aside))
        gathered.write(context.folder / FOLDER, aspects)
        return {
            "judge": judge.name,
            "judge_sha256": judge.sha256,
            "n_known": selected.n_known,
            "n_judged": len(selected.numbers),
            "most_of_an_item": MAX_PER_ITEM,
            "n_not_judgeable": gathered.n_not_judgeable,
            "n_mentions": gathered.n_mentions,
            "n_mentions_not_judgeable": gathered.n_mentions_not_judgeable,
            "aspects": list(aspects.names),
        }

    def extend(self, context: BuildContext, old: PreviousIndex) -> Mapping[str, Any]:
        """New items have no reviews yet: the files stay as they are."""
        folder = context.folder / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted((old.folder / FOLDER).iterdir()):
            link_or_copy(path, folder / path.name)
        return {name: value for name, value in old.manifest.parts[FOLDER].items() if name != "version"}


def load_opinions(generation: Path, manifest: Manifest) -> ReviewOpinions | None:
    """The files of `SentimentPart`, None where the index has none. Raises MendableError where they are damaged."""
    if FOLDER not in manifest.parts:
        return None
    opinions = read_opinions(generation / FOLDER)
    if len(opinions) and opinions.rows.max() >= manifest.n_items:
        raise refuse_index("its sentiment is of more items than it has", generation / FOLDER / ABOUT, manifest.domain)
    return opinions


def sentences_to_judge(text: str, aspects: Aspects) -> list[JudgedSentence]:
    """The first sentence of each of the first MAX_MENTIONS aspects; the whole review where it is one short sentence."""
    sentences = split_sentences(text)
    found: dict[int, JudgedSentence] = {}
    for span in sentences:
        said = span.of(text)
        for each in aspects.occurrences(said):
            if len(found) == MAX_MENTIONS:
                return list(found.values())
            found.setdefault(each.aspect, JudgedSentence(each.aspect, span, each.span.of(said)))
    if len(sentences) == 1 and len(sentences[0]) <= MAX_QUOTE:
        found[WHOLE] = JudgedSentence(WHOLE, sentences[0], None)
    return list(found.values())


def judged_text(review: Review) -> str:
    """What is judged of a review as a whole: title and text, of a long one the first and the last sentences."""
    text = review_text(review)
    if len(text) > JUDGED_HEAD + JUDGED_TAIL:
        sentences = split_sentences(text)
        last = len(text.rstrip()) - JUDGED_TAIL
        head = [each for each in sentences if each.end <= JUDGED_HEAD]
        tail = [each for each in sentences if each.start >= last and each.start >= JUDGED_HEAD]
        kept = [*(head or sentences[:1]), *(tail or sentences[1:][-1:])]
        text = " ".join(each.of(text) for each in kept)
    return f"{review_title(review)}\n{text}".strip()


@dataclass(frozen=True)
class _Judging:
    """Judges the selected reviews shard by shard, and gathers what was found."""

    context: BuildContext
    judge: Judge
    aspects: Aspects
    gathered: GatheredOpinions

    def run(self, selected: SelectedReviews, words: Path) -> None:
        """Judge all; the words of sentences go into a file."""
        reviews = _numbered(stream_reviews(self.context.domain.name), selected)
        what, n = f"judging {len(selected.numbers):,} reviews", len(selected.numbers)
        with words.open("wb") as file:
            for shard in progress(shards_of(reviews, SHARD_SIZE), what, n, SHARD_SIZE):
                self._judge_shard(shard, file)

    def _judge_shard(self, reviews: tuple[Review, ...], file: Any) -> None:
        sentences = [sentences_to_judge(review_text(review), self.aspects) for review in reviews]
        texts = [judged_text(review) for review in reviews]
        about: list[str | None] = [None] * len(texts)
        for review, own in zip(reviews, sentences, strict=True):
            texts += [each.span.of(review_text(review)) for each in own]
            about += [each.said for each in own]
        found = self._scores(tuple(texts), tuple(about))
        after = len(reviews)
        for number, (review, own) in enumerate(zip(reviews, sentences, strict=True)):
            self.gathered.add(review, float(found[number, 0]), float(found[number, 1]))
            for each in own:
                # One sentence that is the whole review is worth what the review is.
                score = found[number if each.aspect == WHOLE else after, 0]
                raw = each.span.of(review_text(review)).encode("utf-8", "surrogatepass")
                self.gathered.add_mention(each.aspect, float(score), each.span, len(raw))
                file.write(raw)
                after += 1

    def _scores(self, texts: tuple[str, ...], about: tuple[str | None, ...]) -> Floats:
        """Score and p_positive of each text (n, 2), NaN where it cannot be judged; a killed build's shard is used."""
        key = texts_sha256((*texts, *(each or "" for each in about)))[:32]
        path = self.context.shards / f"{FOLDER}-{self.judge.sha256[:16]}-{key}.npy"
        try:
            whole = np.asarray(read_array(path), np.float32)
        except MendableError:  # there is none, or it was cut off by a crash of the machine
            whole = np.zeros((0, 2), np.float32)
        if whole.shape != (len(texts), 2):
            found = self.judge.judge(texts, about, "texts of these")
            whole = np.array([(np.nan, np.nan) if o is None else (o.score, o.p_positive) for o in found], np.float32)
            write_array(path, whole)
        return whole


def _numbered(reviews: Iterable[Review], selected: SelectedReviews) -> Iterator[Review]:
    """Those of the reviews that were selected, by their numbers in the table."""
    waiting = iter(selected.numbers.tolist())
    wanted = next(waiting, None)
    for number, review in enumerate(reviews):
        if number == wanted:
            yield review
            wanted = next(waiting, None)
