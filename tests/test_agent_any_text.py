"""Whatever is typed, in any script and of any length, is answered in words, and the answer is JSON."""

import json
import sys
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.constraints import State, Wish
from agent.dialogue.session import Forget, Say, Session, Turn
from agent.language.constraint_text import describe_wish
from agent.numbers import MAX_NUMBER
from agent.recommendation import Reply
from agent.understanding import Lexicon, understand
from agent.understanding.message import message_of
from agent.understanding.state_update import parts_of
from index.data.domain import Catalogue
from index.data.records import Item
from index.storage.json_text import json_text
from tests.helpers_talk import FILMS, LEXICON, FirstAllowed

# Every kind of number of Unicode: decimal digits of any script, letters that are numbers, superscripts and fractions.
NUMBERS = st.text(st.characters(categories=("Nd", "Nl", "No")), min_size=1, max_size=4)
DIGITS = st.integers(0, 10**6).map(str) | st.integers(10**300, 10**420).map(str)
PATTERNS = (
    "the last {} years",
    "under {} minutes",
    "{} hours or less",
    "between {} and {} dollars",
    "from {} to {}",
    "{}-{}",
    "I liked number {}",
    "the first {}",
    "{}s films",
    "for my {}-year-old",
    "rated over {} stars",
    "Godfather {}",
    "I loved Sabrina ({})",
    "newer than {}",
    "{}h {}min",
    "under {}{} hours",
    "between {}½ and {}½ minutes",
    "{}",
)
SPOKEN = (
    "I loved hated Alien Heat no not only but or and the second one western comedy under over 90 minutes 1990 like it "
    "newer than why more undo forget compare who directed is great terrible please something"
)
SIGNS = "“ ” \" ' ( ) , . ? ! : ; - – $ € & % # _ 😀 ½ ² Ⅷ İ ß ﾞ ͺ ﷺ"
UNSEEN = "\n\t\u0301\ufeff\u200b\u3164\ud800\udfff\x00\x1b\x85\u2028\u202e"
WORDS = (*SPOKEN.split(), *SIGNS.split(), *UNSEEN)
ZEROS = [chr(n) for n in range(sys.maxunicode + 1) if unicodedata.decimal(chr(n), None) == 0]  # one for each script
ANY = st.text(st.characters(exclude_categories=()), max_size=60)  # halves of character pairs too


def filled(pattern: str, numbers: list[str]) -> str:
    return pattern.format(*numbers)


TEXTS = (
    ANY
    | st.lists(st.sampled_from(WORDS) | ANY, max_size=12).map(" ".join)
    | st.lists(st.sampled_from(WORDS), max_size=12).map("".join)
    | st.builds(filled, st.sampled_from(PATTERNS), st.lists(NUMBERS | DIGITS, min_size=2, max_size=2))
)
SHOWN = tuple(item.item_id for item in FILMS[:5])
BLANKS = {
    "blank": " ",
    "no-break": "\u00a0",
    "em": "\u2003",
    "ideographic": "\u3000",
    "line ends": "\r\n",
    "line separator": "\u2028",
    "zero width": "\u200b",
    "BOM": "\ufeff",
    "soft hyphen": "\u00ad",
    "direction": "\u202e",
    "Hangul filler": "\u3164",
    "braille": "\u2800",
    "NUL": "\x00",
    "escape": "\x1b",
    "C1 control": "\x9b",
    "half surrogate": "\ud800",
}


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def as_read(content: object) -> object:
    """What a strict reader finds in the JSON that is written; a number that is not finite is null there."""
    return json.loads(json_text(content).encode(), parse_constant=refuse)


def check_state(state: State) -> None:
    """A state is JSON of finite, bounded numbers, and can be said in words."""
    assert as_read(state.as_json()) == state.as_json()
    wishes: tuple[Wish, ...] = (*state.must, *state.must_not, *state.prefer, *state.avoid)
    numbers = [part.value for wish in wishes for part in parts_of(wish) if isinstance(part.value, int | float)]
    assert all(abs(number) <= MAX_NUMBER for number in numbers)
    assert all(describe_wish(wish) for wish in wishes)


def check_reply(reply: Reply) -> None:
    content = {**reply.as_json(), "text": reply.text}
    assert as_read(content) == content
    assert reply.text.strip()
    check_state(reply.state)


@settings(max_examples=300)
@given(TEXTS)
@example("the last ² years")
@example("shorter than " + "9" * 400 + " minutes")
@example("under " + "9" * 400 + "½ minutes")
@example("I loved ͺ")
def test_any_text_is_understood_without_an_error(text: str) -> None:
    check_state(understand(text, State(), SHOWN, LEXICON).state)


@settings(max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
def test_any_talk_is_answered_in_words_and_json(messages: list[str], forgotten: str) -> None:
    session = Session(FirstAllowed(), "ann")
    turns: list[Turn] = [*(Say(text) for text in messages), Forget(forgotten), Say("why?")]
    for turn in turns:
        check_reply(session.turn(turn))


@settings(max_examples=60)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4))
def test_a_catalogue_of_any_text_is_talked_about_in_its_own_words(rows: list[tuple[str, str, str]]) -> None:
    items = (Item(str(n), title, None, (kind,), {"brand": brand}) for n, (title, kind, brand) in enumerate(rows))
    lexicon = Lexicon(Catalogue(tuple(items)))
    for title, kind, brand in rows:
        check_state(understand(f"I loved {title}, something {kind} by {brand}", State(), ("0",), lexicon).state)


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS)
@pytest.mark.parametrize("n", [1, 5_000, 100_000])
def test_message_of_blanks_alone_is_empty(blank: str, n: int) -> None:
    understood = understand(blank * n, State(), (), LEXICON)
    assert (understood.intent, understood.state, understood.notes) == ("empty", State(), ())


@pytest.mark.parametrize(
    "text", ["?!", "...", "–—-", "((((", "$$$", "€", "%%", "###", "___", "😀 🎬", "\u0301", "\x00 \x07!", "'''"]
)
def test_message_of_signs_alone_is_empty(text: str) -> None:
    understood = understand(text, State(), (), LEXICON)
    assert (understood.intent, understood.state) == ("empty", State())


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS)
def test_blanks_around_a_message_change_nothing(blank: str) -> None:
    plain = understand("only westerns", State(), (), LEXICON)
    assert understand(blank * 5_000 + "only westerns" + blank * 5_000, State(), (), LEXICON) == plain


@pytest.mark.parametrize(
    "text", ["Ali\u200ben", "\ufeffAlien", "Al\u00adien", "A\u200dlien", "Amé\u200blie", "Ame\u0301lie"]
)
def test_what_is_not_seen_inside_a_word_does_not_part_it(text: str) -> None:
    assert len(understand(f"I loved {text}", State(), (), LEXICON).state.liked) == 1


@given(st.sampled_from(ZEROS), st.integers(1, 999))
def test_a_number_in_the_digits_of_any_script_is_the_number(zero: str, number: int) -> None:
    digits = "".join(chr(ord(zero) + int(digit)) for digit in str(number))
    for pattern in ("under {} minutes", "the last {} years", "before 1{:0>3}", "number {}", "the first {}"):
        written = understand(pattern.format(digits).replace("0", zero), State(), SHOWN, LEXICON)
        assert written.state == understand(pattern.format(number), State(), SHOWN, LEXICON).state


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "x y " * 25_000,
        "1" * 100_000,
        "٣" * 100_000,
        "² " * 50_000,
        "'a " * 33_000,
        "a hundred and " * 7_000,
    ],
    ids=["one word", "words", "digits", "Arabic digits", "superscripts", "apostrophes", "number words"],
)
def test_message_of_100_000_characters_is_read_in_under_a_second_and_its_cut_is_told(text: str) -> None:
    began = time.process_time()
    understood = understand(text, State(), SHOWN, LEXICON)
    assert time.process_time() - began < 1
    assert any("characters" in note for note in understood.notes)
    check_state(understood.state)


@given(TEXTS)
def test_words_of_a_message_are_never_blank_unless_they_are_quoted(text: str) -> None:
    assert all(token.word.strip() == token.word != "" for token in message_of(text).tokens)
