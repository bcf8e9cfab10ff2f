"""Words of names: plain letters take a shorter way, with the same words."""

from hypothesis import given
from hypothesis import strategies as st

from agent.language.words import WORD, words_of


@given(st.text(st.sampled_from("abcXYZ  '.-é1"), max_size=30))
def test_words_are_those_that_the_pattern_finds_one_by_one(text: str) -> None:
    assert words_of(text) == tuple(word for found in WORD.finditer(text) for word in words_of(found[0]))


def test_words_of_plain_letters_are_folded() -> None:
    assert words_of("  Tom   HANKS ") == ("tom", "hanks")
    assert words_of("") == words_of("   ") == ()
