"""Items added to an index and removed from it, without a rebuild; whole after a kill between index and tables."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.build.builder import add_items, build_with, remove_items
from index.data.domain import load_domain
from index.data.item_text import item_text
from index.data.records import Item
from index.data.tables import items_table, read_table, table_path, write_table
from index.errors import MendableError
from index.storage.home import domain_folder
from tests.helpers_index import (
    FILMS,
    NEW,
    HashingEncoder,
    built_domain,
    found,
    full_disk,
    generations,
    many,
    opened,
    text_builder,
    write_domain,
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PALATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def add(*items: Item) -> None:
    add_items("films", items, text_builder())


# --- add --------------------------------------------------------------------


def test_an_added_item_is_found_and_the_others_stay_as_they_were() -> None:
    before = np.array(opened(built_domain()).vectors)
    builder = text_builder()
    add_items("films", [NEW], builder)
    assert isinstance(builder.encoder, HashingEncoder) and builder.encoder.seen == [item_text(NEW)]
    assert found("quantum lighthouse")[0].item_id == "7"
    assert np.array_equal(opened().vectors[:6], before)
    assert load_domain("films").catalogue.items == (*FILMS, NEW)
    assert opened().manifest.n_items == 7


def test_adding_gives_what_building_gives() -> None:
    built_domain()
    add(NEW)
    added = {hit.item_id: hit.score for hit in found("a world of ships and hackers")}
    build_with(text_builder(), "films", force=True)
    assert {hit.item_id: hit.score for hit in found("a world of ships and hackers")} == pytest.approx(added)


@pytest.mark.parametrize(
    ("items", "named"),
    [
        ([FILMS[0]], "'1' is already"),
        ([NEW, NEW], "'7' is more than once"),
        ([], "no item to add"),
        ([Item("8", "Wrong", None, (), {"year": "soon"})], "'year' holds int64, an added item has 'soon'"),
    ],
)
def test_what_cannot_be_added_is_refused_and_changes_nothing(items: list[Item], named: str, own_home: Path) -> None:
    built_domain()
    before = load_domain("films")
    with pytest.raises(MendableError, match=named):
        add(*items)
    assert load_domain("films").sha256 == before.sha256
    assert found("star wars")[0].item_id == "1"


def test_items_are_not_added_to_a_domain_without_index() -> None:
    write_domain()
    with pytest.raises(MendableError, match="index build"):
        add(NEW)


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ({"year": "2031"}, {"year": 2031}),
        ({"year": 2031.5}, {"year": 2031.5}),
        ({"director": "A B"}, {"director": "A B"}),
        ({}, {}),
    ],
)
def test_values_of_an_added_item_take_the_type_of_their_column(
    attributes: dict[str, int | float | str], kept: dict[str, object]
) -> None:
    built_domain()
    add(Item("8", "Later", None, (), attributes))
    catalogue = load_domain("films").catalogue
    assert dict(catalogue.item("8").attributes) == kept
    assert catalogue.item("1").attributes["year"] == 1977


def test_a_text_joins_a_column_of_lists() -> None:
    built_domain(items=[Item("1", "One", None, (), {"cast": ("A", "B")})])
    add(Item("2", "Two", None, (), {"cast": "C"}))
    assert load_domain("films").catalogue.item("2").attributes == {"cast": ("C",)}


def test_items_are_added_to_a_table_of_parts() -> None:
    write_domain()
    table = table_path(domain_folder("films"), "items")
    table.unlink()
    for n, part in enumerate((FILMS[:4], FILMS[4:])):
        write_table(items_table(part), table / f"part-{n}.parquet")
    build_with(text_builder(), "films")
    add(NEW)
    assert load_domain("films").catalogue.items == (*FILMS, NEW)
    assert found("quantum lighthouse")[0].item_id == "7"


# --- remove -----------------------------------------------------------------


def test_a_removed_item_is_never_found() -> None:
    built_domain()
    remove_items("films", ["1", "3"])
    assert {hit.item_id for hit in found("star wars matrix", 100)} == {"2", "4", "5", "6"}
    assert len(load_domain("films").catalogue) == 6  # it stays in people's histories


def test_items_are_removed_again_and_again() -> None:
    built_domain()
    for item_id in ("1", "3", "3"):
        remove_items("films", [item_id])
    assert load_domain("films").catalogue.removed == {"1", "3"}


def test_an_added_item_can_be_removed() -> None:
    built_domain()
    add(NEW)
    remove_items("films", ["7"])
    assert "7" not in {hit.item_id for hit in found("quantum lighthouse", 100)}


def test_removing_builds_nothing_and_the_index_stays_up_to_date() -> None:
    built_domain()
    remove_items("films", ["1"])
    builder = text_builder()
    build_with(builder, "films")
    assert isinstance(builder.encoder, HashingEncoder) and not builder.encoder.seen


def test_an_unknown_id_is_refused_and_nothing_is_removed() -> None:
    built_domain()
    with pytest.raises(MendableError, match="'99' is not in the catalogue"):
        remove_items("films", ["1", "99"])
    assert not load_domain("films").catalogue.removed


# --- a kill between the new index and the new tables ------------------------


@pytest.mark.parametrize("change", [lambda: add(NEW), lambda: remove_items("films", ["1"])], ids=["add", "remove"])
@pytest.mark.parametrize("tables_changed", [False, True])
def test_a_kill_between_index_and_tables_leaves_a_pair_that_fits(
    change: Callable[[], None], tables_changed: bool, own_home: Path, tmp_path: Path
) -> None:
    built_domain()
    shutil.copytree(own_home, tmp_path / "before")
    change()
    shutil.copytree(own_home, tmp_path / "after")
    shutil.rmtree(own_home)
    shutil.copytree(tmp_path / ("after" if tables_changed else "before"), own_home)
    for home in ("before", "after"):  # both generations are there at that moment
        shutil.copytree(tmp_path / home / "indexes", own_home / "indexes", dirs_exist_ok=True)
    assert len(generations()) == 2
    ids = {hit.item_id for hit in found("star wars quantum lighthouse", 100)}
    expected = {"1", "2", "3", "4", "5", "6"}
    if tables_changed:
        expected = {item.item_id for item in load_domain("films").catalogue.items} - load_domain(
            "films"
        ).catalogue.removed
    assert ids == expected
    remove_items("films", ["2"])  # the next change goes on from there
    assert len(generations()) == 1


def test_a_table_that_cannot_be_written_leaves_domain_and_index_as_they_were() -> None:
    built_domain(items=many(1300))
    before = load_domain("films").sha256
    with full_disk(5000), pytest.raises(MendableError, match="cannot write"):
        add(Item("new", "New"))
    assert load_domain("films").sha256 == before
    assert "new" not in {hit.item_id for hit in found("new", 5)}
    assert len(read_table(table_path(domain_folder("films"), "items"))) == 1300
