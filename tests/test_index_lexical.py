"""Finding by words: what they fold to, what they weigh, and that a saved index says the same."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index.data.item_text import MAX_TEXT, item_text, item_title
from index.data.records import Item, Value
from index.errors import MendableError
from index.retrieval.bm25 import LexicalIndex, query_tokens, tokenize
from tests.helpers_index import FILMS


def lexical(items: Sequence[Item] = FILMS) -> LexicalIndex:
    return LexicalIndex.build([item_title(item) for item in items], [item_text(item) for item in items])


@pytest.mark.parametrize("item", FILMS, ids=lambda item: item.title)
def test_an_items_own_text_and_title_find_it_first(item: Item) -> None:
    for text in (item_text(item), item.title, item.name.upper()):
        assert int(lexical().scores(text).argmax()) == FILMS.index(item)


def test_a_word_of_the_title_counts_more_than_one_of_the_text() -> None:
    about = Item("a", "Dogs", "a film")
    beside = Item("b", "A film", "dogs")
    scores = lexical((about, beside)).scores("dogs")
    assert scores[0] > scores[1] > 0


def test_items_without_a_word_of_the_text_score_nothing() -> None:
    scores = lexical().scores("spaceship")
    assert np.flatnonzero(scores).tolist() == [1]


@pytest.mark.parametrize("text", ["", "   ", "zyzzyva", "!?", "\ud800"])
def test_a_text_without_a_known_word_scores_nothing(text: str) -> None:
    assert not lexical().scores(text).any()


def test_an_empty_catalogue_has_no_scores() -> None:
    assert lexical(()).scores("star").shape == (0,)


def test_items_without_any_word_are_found_by_none() -> None:
    assert lexical((Item("1", "…"), Item("2", "—"))).scores("star").tolist() == [0, 0]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Amélie", ["amelie"]),
        ("STRASSE", ["strasse"]),
        ("Straße", ["strasse"]),
        ("wars stories glass bus", ["war", "story", "glass", "bus"]),
        ("Cats & Dogs", ["cat", "dog"]),
        ("2001: A", ["2001", "a"]),
        ("snake_case", ["snake", "case"]),
        ("千と", ["千", "と"]),
    ],
)
def test_words_are_folded(text: str, folded: list[str]) -> None:
    assert tokenize(text) == folded


def test_words_that_carry_nothing_are_left_out_of_a_question() -> None:
    assert query_tokens("I loved the stories about a dog, dog please") == ["story", "dog"]


def test_a_question_of_such_words_alone_keeps_them() -> None:
    assert query_tokens("it") == ["it"]


def test_a_word_said_twice_counts_once() -> None:
    assert np.array_equal(lexical().scores("star star star"), lexical().scores("star"))


def test_mixed_scores_are_the_weighted_sum_of_scores() -> None:
    made = lexical()
    mixed = made.weighted_scores([made.token_ids("star crew"), made.token_ids("crew paris")], [0.5, 2.0])
    assert mixed == pytest.approx(0.5 * made.scores("star crew") + 2.0 * made.scores("crew paris"), rel=1e-5)


@pytest.mark.parametrize("items", [FILMS, (), (Item("1", "…"),)], ids=["films", "none", "no words"])
def test_saving_and_loading_changes_nothing(items: Sequence[Item], tmp_path: Path) -> None:
    made = lexical(items)
    made.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path)
    for item in FILMS:
        assert np.array_equal(made.scores(item_text(item)), loaded.scores(item_text(item)))
    assert {path.suffix for path in tmp_path.iterdir()} <= {".npy", ".json"}  # nothing that could be a pickle


def test_a_broken_word_list_is_refused(tmp_path: Path) -> None:
    lexical().save(tmp_path)
    (tmp_path / "words.json").write_text('{"n_items": 6')
    with pytest.raises(MendableError, match="index build"):
        LexicalIndex.load(tmp_path)


def test_the_text_of_an_item_says_what_is_known_of_it_in_words() -> None:
    attributes: dict[str, Value] = {
        "year": 1999,
        "director": ("A B", "C D"),
        "price": 9.5,
        "shop_url": "x",
        "poster": "https://y/z",
    }
    item = Item("1", "Matrix, The (1999)", "A  hacker\nlearns.", ("Sci-Fi", "Action"), attributes)
    assert item_text(item) == "The Matrix (1999). Sci-Fi, Action. Director: A B, C D. A hacker learns."


def test_the_year_stands_in_the_title_once() -> None:
    assert item_title(Item("1", "Barolo", None, (), {"year": 2012})) == "Barolo (2012)"
    assert item_title(Item("1", "Alien (1979)", None, (), {"year": 1979})) == "Alien (1979)"


def test_a_long_text_is_cut_between_two_words() -> None:
    text = item_text(Item("1", "Long", "word " * 2000, tuple(f"category {n}" for n in range(300))))
    assert len(text) <= MAX_TEXT
    assert set(text.replace(",", " ").replace(".", " ").split()) <= {"Long", "word", "category", *map(str, range(300))}
