"""Sentences, clauses and passages: exact substrings of whatever somebody has typed."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentiment.sentences import (
    MAX_PASSAGE,
    MAX_SENTENCE,
    SENTENCES_A_PASSAGE,
    split_passages,
    split_sentences,
)


def sentences(text: str) -> list[str]:
    return [each.of(text) for each in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Great sound. It broke.", ["Great sound.", "It broke."]),
        ("GREAT!!! BUY IT!!!", ["GREAT!!!", "BUY IT!!!"]),
        ("It worked well... until it broke. Sad...", ["It worked well... until it broke.", "Sad..."]),
        ("It worked well... Then it broke", ["It worked well...", "Then it broke"]),
        ("Mr. Smith paid approx. 4.50, i.e. too much.", ["Mr. Smith paid approx. 4.50, i.e. too much."]),
        ("I like J. Bach. So do you.", ["I like J. Bach.", "So do you."]),
        ("so did i. me too", ["so did i.", "me too"]),
        ("no full stop at all", ["no full stop at all"]),
        ("One line\nanother line\r\n\r\nthird", ["One line", "another line", "third"]),
        ("Loud.<br /><br />Too loud.<b>Really</b>", ["Loud.", "Too loud.", "Really"]),
        ("nice.The strings broke", ["nice.", "The strings broke"]),
        ('He said "wow!" Then he left.', ['He said "wow!"', "Then he left."]),
        ("a\x00b \x1b[31mred", ["a", "b", "[31mred"]),
        ("音がいい。すぐ壊れた！", ["音がいい。", "すぐ壊れた！"]),
        ("?!? ... -- !!", []),
        ("", []),
        (" \n\t ", []),
        ("5 < 6 and 7 > 2. Yes.", ["5 < 6 and 7 > 2.", "Yes."]),
    ],
)
def test_a_text_is_cut_where_sentences_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(text=st.text(alphabet="aB1 .!?\n<>b/;,'\"\x00…é", max_size=300) | st.text(max_size=300))
def test_sentences_are_exact_apart_and_in_order_and_nothing_with_letters_is_lost(text: str) -> None:
    found = split_sentences(text)
    assert all(0 < len(each) <= MAX_SENTENCE and each.of(text) == each.of(text).strip() for each in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    if "<" not in text:
        kept = [place for each in found for place in range(each.start, each.end)]
        assert {n for n, sign in enumerate(text) if sign.isalnum()} <= set(kept)


@given(text=st.lists(st.sampled_from(["Good sound. ", "word " * 30, "It broke! ", "<br>", "\n"]), max_size=40))
def test_passages_are_a_few_sentences_without_markup(text: list[str]) -> None:
    whole = "".join(text)
    for each in split_passages(whole):
        inside = split_sentences(each.of(whole))
        assert 1 <= len(inside) <= SENTENCES_A_PASSAGE
        assert len(each) <= MAX_PASSAGE or len(inside) == 1
        assert "<br>" not in each.of(whole)


@pytest.mark.parametrize("unit", ["a", "a ", "a. ", "<", "....", "<b>x", "e.g. ", "(\"'", "\n"])
def test_a_megabyte_of_anything_is_cut_in_time_that_grows_with_it(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    start = time.process_time()
    split_passages(text)
    assert time.process_time() - start < 20
