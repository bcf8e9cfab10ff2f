"""JSON as it is written: every parser reads it, it is the same content, and numbers that are none are null."""

import io
import json
import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.data.records import Item
from index.data.tables import items_of, items_table
from index.storage.json_text import json_text, print_json

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # halves of character pairs too
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
CONTENT = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4), max_leaves=12
)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def as_read(content: object) -> object:
    """What a reader should find: the same, null in the place of what is not finite."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: as_read(value) for key, value in content.items()}
    return [as_read(each) for each in content] if isinstance(content, list) else content


@given(CONTENT, st.sampled_from([None, 1]), st.booleans())
def test_what_is_written_is_read_by_every_parser_as_the_same(
    content: object, indent: int | None, ascii_only: bool
) -> None:
    text = json_text(content, indent, ascii_only=ascii_only)
    assert json.loads(text.encode(), parse_constant=refuse) == as_read(content)
    assert text.isascii() or not ascii_only


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_json_that_is_printed_is_the_same_json_in_every_encoding(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding, write_through=True))
    print_json({"title": "Les Misérables – 悲惨世界 😀"})
    assert json.loads(written.getvalue().decode(encoding)) == {"title": "Les Misérables – 悲惨世界 😀"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_attribute_that_is_no_finite_number_is_missing(value: float) -> None:
    item = Item("a", "Lamp", attributes={"price": value, "year": 1990})
    assert (dict(item.attributes), item.value("price")) == ({"year": 1990}, None)


def test_year_that_is_no_finite_number_gives_no_decade() -> None:
    assert Item("a", "Lamp", attributes={"year": math.inf}).value("decade") is None


def test_attribute_that_is_no_finite_number_is_missing_in_a_table_and_out_of_it() -> None:
    table = items_table([Item("a", "Lamp", attributes={"price": 3.5}), Item("b", "Desk", attributes={"price": 4.5})])
    broken = table.set_column(table.column_names.index("price"), "price", [[3.5, math.nan]])
    assert [dict(item.attributes) for item in items_of(broken)] == [{"price": 3.5}, {}]
