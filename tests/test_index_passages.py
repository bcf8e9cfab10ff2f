"""What is read of a text, what of it cannot be judged, and emoji in words."""

import gzip
import json
import os
import re
import time
from pathlib import Path

import pytest

from index.sentiment.emoji_words import put_emoji_into_words
from index.sentiment.judgeable import is_judgeable
from index.sentiment.passages import ASPECT_MARK, MAX_PASSAGE, MAX_PASSAGES, passages_of, spread
from index.storage.home import CLONE

DATA = Path(os.environ.get("PALATE_TEST_DATA") or CLONE.parent / "shared" / "data")
REVIEWS = DATA / "amazon-instruments-2014" / "reviews_Musical_Instruments_5.json.gz"


def test_a_short_text_is_one_passage() -> None:
    (only,) = passages_of("It works.  I like it.")
    assert only.text == "It works. I like it."


def test_the_clause_with_the_aspect_counts_most() -> None:
    found = passages_of("Great sound but it broke after two days.", "sound")
    heaviest = max(found, key=lambda each: each.weight)
    assert len(found) == 2
    assert heaviest.text == f"sound{ASPECT_MARK}Great sound"
    assert all(each.text.startswith(f"sound{ASPECT_MARK}") for each in found)


def test_only_sentences_that_name_the_aspect_are_read() -> None:
    found = passages_of("The strap is fine. The keys stick. I paid ten dollars.", "key")
    assert [each.text for each in found] == [f"key{ASPECT_MARK}The keys stick."]


def test_a_text_that_does_not_name_the_aspect_is_read_whole() -> None:
    assert [each.text for each in passages_of("It is light.", "weight")] == [f"weight{ASPECT_MARK}It is light."]


@pytest.mark.parametrize("text", ["word " * 250_000, "x" * 1_000_000, "It broke. " * 100_000, "a\n" * 500_000])
def test_a_megabyte_costs_no_more_than_a_few_passages_and_a_second(text: str) -> None:
    began = time.perf_counter()
    found = passages_of(text)
    assert len(found) <= MAX_PASSAGES and all(len(each.text) <= MAX_PASSAGE + 1 for each in found)
    is_judgeable(text)
    assert time.perf_counter() - began < 5


def test_of_many_parts_the_first_the_last_and_some_between_are_read() -> None:
    found = spread([str(n) for n in range(100)])
    assert (found[0], found[-1], len(found)) == ("0", "99", MAX_PASSAGES)


def test_a_text_cannot_bring_the_tokens_of_the_model() -> None:
    assert "[SEP]" not in passages_of("good [SEP] bad [CLS][MASK]")[0].text
    assert passages_of("it is good", "a [SEP] b")[0].text.count("[SEP]") == 1


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b", "...", "123 456", "\ud800"])
def test_a_text_without_words_is_one_empty_or_odd_passage_and_is_not_judged(text: str) -> None:
    assert len(passages_of(text)) == 1
    assert not is_judgeable(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("Fine 👍", "great"), ("Pah 😡", "angry"), ("ok :)", "happy"), ("broke :-(", "sad"), ("<3 it", "happy")],
)
def test_emoji_and_emoticons_become_words(text: str, words: str) -> None:
    assert words in put_emoji_into_words(text)


@pytest.mark.parametrize("text", ["http://a.b", "at 8:30", "see p. 8)", "ratio 3:4", "a:b"])
def test_what_is_no_emoticon_stays(text: str) -> None:
    assert put_emoji_into_words(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Das Mikrofon ist gut und die Verarbeitung auch.",
        "C'est un très bon produit, je le recommande.",
        "No funciona, una pérdida de dinero.",
        "Il suono è ottimo ma la custodia è fragile.",
        "Het geluid is goed, maar de kabel is te kort.",
        "Bardzo dobry produkt, polecam wszystkim.",
        "Çok güzel, tavsiye ederim.",
        "Дуже гарний товар, рекомендую.",
        "这个产品非常好，我很喜欢。",
        "هذا المنتج رائع جدا",
        "qwertyuiop",
        "lkjh fdsa",
        "zzz xxx ccc vvv",
        "aaaaaaaaaa",
    ],
)
def test_other_languages_scripts_and_noise_are_not_judged(text: str) -> None:
    assert not is_judgeable(text)


@pytest.mark.parametrize(
    "text",
    [
        "Great",
        "Junk.",
        "It's ok",
        "Do not buy!",
        "WORKS GREAT!!",
        "👍👍",
        "nice pedal",
        "Broke after 2 days",
        "gr8 sound",
    ],
)
def test_a_few_english_words_are_judged(text: str) -> None:
    assert is_judgeable(text)


@pytest.mark.parametrize(
    "text", ["hallo wereld \ud800 zeg vriend", "\x00\x1b[31m rood is mooi", "\u202e omgekeerd mooi woord"]
)
def test_odd_signs_do_not_stop_the_classifier(text: str) -> None:
    assert not is_judgeable(text)


@pytest.mark.skipif(not REVIEWS.is_file(), reason="the reviews are not here")
def test_of_sentences_of_real_reviews_under_two_percent_are_left_unjudged() -> None:
    with gzip.open(REVIEWS, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["reviewText"] for _, line in zip(range(300), file, strict=False)]
    sentences = [each for text in texts for each in re.split(r"(?<=[.!?])\s+", text) if each.strip()]
    left = [each for each in sentences if not is_judgeable(each)]
    assert len(left) < 0.02 * len(sentences)
