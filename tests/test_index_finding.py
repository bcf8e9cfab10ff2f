"""Finding items by words, and the commands' own functions with the shipped encoder."""

from pathlib import Path

import pytest

from index.build.builder import add_items, build_domain, remove_items
from index.data.item_text import item_text
from index.data.records import Item
from index.errors import MendableError
from index.search import search_items
from tests.helpers_index import FILMS, NEW, built_domain, files_below, found, write_domain


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("item", FILMS, ids=lambda item: item.title)
def test_an_items_own_text_finds_it(item: Item) -> None:
    built_domain()
    assert found(item_text(item))[0].item_id == item.item_id


def test_hits_come_best_first_with_the_titles_of_the_catalogue() -> None:
    built_domain()
    hits = found("star wars in a matrix", 100)
    assert sorted(hit.item_id for hit in hits) == ["1", "2", "3", "4", "5", "6"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert {hit.title for hit in hits} == {item.title for item in FILMS}


def test_at_most_k_items_are_found() -> None:
    built_domain()
    assert len(found("film", 2)) == 2


@pytest.mark.models
def test_the_commands_build_find_add_and_remove_with_the_shipped_encoder(own_home: Path) -> None:
    write_domain()
    build_domain("films")
    before = files_below(own_home)
    build_domain("films")
    assert files_below(own_home) == before
    assert search_items("films", "a film about hunting in space", 1)[0].item_id == "2"
    add_items("films", [NEW])
    assert search_items("films", "quantum lighthouse", 3)[0].item_id == "7"
    remove_items("films", ["7", "2"])
    found = {hit.item_id for hit in search_items("films", "quantum lighthouse in space", 10)}
    assert found == {"1", "3", "4", "5", "6"}


def test_nothing_to_search_for_is_refused() -> None:
    with pytest.raises(MendableError, match="nothing to search for"):
        search_items("films", "  ", 5)
