"""Columns of attributes as numbers, lists or texts, decided by all cells of a column; what does not fit is counted."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from index.data.records import Value
from index.data.tables import ColumnKind
from index.importers.amounts import Amount, Cell, Shape, has_decimal_commas, is_code, plain_number, read_cell
from index.importers.values import BadValue, as_text, is_missing, read_list, written_list

MIN_NUMBERS = 0.9  # of a column's cells that are no word for a missing value, so that the column is numbers
MIN_NAMED_NUMBERS = 0.75  # of a column whose name is one of numbers
MAX_PART = 100  # characters of a part between `|`: in longer ones the bar is a sign of the text
MISSING_WORD, NO_NUMBER = "word for a missing value, left empty", "no number, left empty"
CURRENCIES = "several currencies, compared as if they were one"
NO_NUMBER_WORDS = frozenset(
    ("na", "n.a.", "n.a", "unknown", "unk", "undefined", "not available", "tbd", "tba", "-", "--", "–", "—", "?", ".")
)
NUMBER_NAMES = frozenset(
    (
        *("price", "cost", "msrp", "amount", "quantity", "count", "stock"),
        *("year", "decade", "age", "length", "runtime", "duration", "minutes", "hours", "pages"),
        *("rating", "ratings", "score", "stars", "votes", "popularity", "rank"),
        *("weight", "height", "width", "depth", "abv", "calories"),
    )
)
ID_NAMES = re.compile(
    r"(?:^|[_\s-])(?:ids?|isbn(?:\d+)?|ean|upc|gtin|asin|sku|mpn|barcode|zip|zipcode|postcode|postal|phone|tel|fax|imdb|tmdb)$"
)
_TWO_CAPITALS = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class TypedColumn:
    """A column as it is kept; `rules` are those that were applied, with the places of their cells."""

    values: list[Value | None]
    rules: Mapping[str, Sequence[int]] = field(default_factory=dict)


def type_column(name: str, cells: Sequence[Any]) -> TypedColumn:
    """A column as numbers, lists or texts.

    Numbers where nearly all cells read as numbers: the odd ones are left empty and counted. Else lists where any cell
    is a list or has parts between `|`, else texts. Ids, and columns with a code such as "007", are never numbers.
    """
    rules: dict[str, list[int]] = defaultdict(list)
    plain = _without_missing(cells, rules)
    if not ID_NAMES.search(name):
        numbers = _numbers(name, plain, rules)
        if numbers is not None:
            return TypedColumn(numbers, _applied(rules))
    if any(_is_list(cell) for cell in plain):
        return TypedColumn([read_list(cell) or None for cell in plain], _applied(rules))
    return TypedColumn([None if cell is None else as_text(cell) or None for cell in plain], _applied(rules))


def _applied(rules: Mapping[str, list[int]]) -> dict[str, list[int]]:
    return {rule: places for rule, places in rules.items() if places}


def cell_as(kind: ColumnKind, cell: Any) -> tuple[Value | None, Sequence[str]]:
    """A cell as its column's kind has it, None where it is missing; and the rules applied. Raises BadValue."""
    cell = cell.strip() if isinstance(cell, str) else cell
    if is_missing(cell) or (kind == "number" and _is_no_number(cell)):
        return None, [MISSING_WORD] if isinstance(cell, str) and cell else []
    if kind == "list":
        return read_list(cell) or None, []
    if kind == "text":
        return as_text(cell), []
    found = _read(cell)
    if found is None:
        raise BadValue(NO_NUMBER)
    return (found.low.number(comma=False), found.rules(comma=False)) if isinstance(found, Cell) else (found, [])


def _is_no_number(cell: Any) -> bool:
    return isinstance(cell, str) and cell.lower() in NO_NUMBER_WORDS


def _without_missing(cells: Sequence[Any], rules: dict[str, list[int]]) -> list[Any]:
    """The cells without blanks around them, None where they are missing; words for that are counted."""
    plain = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    missing = {n for n, cell in enumerate(plain) if is_missing(cell)}
    if "NA" in plain and not any(_is_code_of_two(cell) for cell in plain):
        missing |= {n for n, cell in enumerate(plain) if cell == "NA"}
    if words := [n for n in sorted(missing) if isinstance(plain[n], str) and plain[n]]:
        rules[MISSING_WORD] = words
    return [None if n in missing else cell for n, cell in enumerate(plain)]


def _is_code_of_two(cell: Any) -> bool:
    """Whether a cell is a code of two capitals such as "EU": beside it "NA" is North America and no missing value."""
    return isinstance(cell, str) and cell != "NA" and bool(_TWO_CAPITALS.fullmatch(cell))


def _numbers(name: str, plain: Sequence[Any], rules: dict[str, list[int]]) -> list[Value | None] | None:
    """The column as numbers, None where it is none of numbers."""
    read: dict[int, Cell | int | float] = {}
    words, odd = list[int](), list[int]()
    by_name = is_number_name(name)
    max_odd = (1 - (MIN_NAMED_NUMBERS if by_name else MIN_NUMBERS)) * sum(cell is not None for cell in plain)
    for n, cell in enumerate(plain):
        if cell is None:
            continue
        found = _read(cell)
        if found is not None:
            read[n] = found
        elif _is_no_number(cell):
            words.append(n)
        elif not by_name and (_is_list(cell) or is_code(as_text(cell))):
            return None
        else:
            odd.append(n)
            if len(odd) > max_odd:
                return None
    if not read or (not by_name and 2 * sum(map(_is_bare_range, read.values())) > len(read)):
        return None
    rules[MISSING_WORD] = sorted([*rules[MISSING_WORD], *words])
    rules[NO_NUMBER] = odd
    return _values(read, len(plain), rules)


def is_number_name(name: str) -> bool:
    """Whether a column is one of numbers by its name: "price", "release_year", "Page count"."""
    words = re.split(r"[_\s-]+", name.lower())
    return words[0] in NUMBER_NAMES or words[-1] in NUMBER_NAMES


def _is_bare_range(cell: Cell | int | float) -> bool:
    """Whether a cell is a range without a currency: "2-4" players, which must be the exception among numbers."""
    return isinstance(cell, Cell) and cell.high is not None and not cell.currency


def _values(read: Mapping[int, Cell | int | float], n: int, rules: dict[str, list[int]]) -> list[Value | None]:
    comma = has_decimal_commas(cell for cell in read.values() if isinstance(cell, Cell))
    values: list[Value | None] = [None] * n
    currencies: dict[str, list[int]] = defaultdict(list)
    for place, cell in read.items():
        if not isinstance(cell, Cell):
            values[place] = cell
            continue
        values[place] = cell.low.number(comma)
        for rule in cell.rules(comma):
            rules[rule].append(place)
        if cell.currency:
            currencies[cell.currency].append(place)
    others = sorted(currencies.values(), key=len)[:-1]
    rules[CURRENCIES] = sorted(place for places in others for place in places)
    return values


def _read(cell: Any) -> Cell | int | float | None:
    if not isinstance(cell, str):
        return plain_number(cell)
    if cell.isascii() and cell.isdigit() and (cell[0] != "0" or cell == "0"):
        return Cell(Amount(cell, Shape.PLAIN)) if len(cell) < 19 else read_cell(cell)
    return read_cell(cell)


def _is_list(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return True
    if not isinstance(value, str):
        return False
    if "|" in value:
        return all(len(part) <= MAX_PART for part in value.split("|"))
    return value.startswith("[") and written_list(value) is not None
