"""Adds the fields of a film database to films: joined by title and year, the fields that films have kept."""

import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from index.data.records import Item, Value, bare_title, spoken_title
from index.fetch.downloads import Unavailable

LISTS = {"director": "Director", "writer": "Writer", "cast": "Cast", "country": "Country", "language": "Language"}
FIELDS = ("director", "writer", "cast", "runtime", "country", "language", "tomatometer")
MIN_PART = 6  # characters of a part of a title that may stand for the whole

_ARTICLE = re.compile(r"^(?:the|a|an|la|le|les|l|il|el|das|der|die) (?=.)")
_BRACKETS = re.compile(r"\s*\(([^()]*)\)")
_FILM_NOTE = re.compile(r"\s*\((?:\d{4} )?film\)$")
_PARTS = re.compile(r": | [–-] ")
_BEFORE_JUNIOR = re.compile(r", (?=(?:Jr|Sr)\.|I{2,3}\b|IV\b)")


@dataclass(frozen=True, slots=True)
class Film:
    """One film of the database."""

    title: str
    year: int
    fields: Mapping[str, Value]


def enrich_items(items: Sequence[Item], films: Iterable[Film]) -> tuple[list[Item], set[str]]:
    """The items, with the fields of the film where one was found; and the ids of those items."""
    known = _Films(films)
    found = {item.item_id: film for item in items if (film := known.find(item)) is not None}
    described = [
        replace(item, attributes={**item.attributes, **_others(found[item.item_id], item)})
        if item.item_id in found
        else item
        for item in items
    ]
    return described, set(found)


def read_films(database: Path) -> list[Film]:
    """The films of bokeh-sampledata's movies.db, opened read-only. Raises Unavailable where it is not as expected."""
    columns = ", ".join(f'omdb."{column}"' for column in LISTS.values())
    query = f"SELECT Title, Year, Runtime, Meter, {columns} FROM omdb LEFT JOIN tomatoes USING (ID) ORDER BY omdb.ID"  # noqa: S608  # our own column names
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return [_film(*row) for row in connection.execute(query)]
    except sqlite3.Error as why:
        raise Unavailable(f"the database of films cannot be read ({why})") from why


def _others(film: Film, item: Item) -> dict[str, Value]:
    return {name: value for name, value in film.fields.items() if name not in item.attributes}


class _Films:
    """Films by title, as a whole and by the parts of titles such as "Star Wars: Episode IV – A New Hope"."""

    def __init__(self, films: Iterable[Film]) -> None:
        self.whole: dict[str, list[Film]] = defaultdict(list)
        self.parts: dict[tuple[str, int], list[Film]] = defaultdict(list)
        for film in films:
            self.whole[_key(film.title)].append(film)
            for key in {_key(film.title), *_part_keys(film.title)}:
                self.parts[key, film.year].append(film)

    def find(self, item: Item) -> Film | None:
        """The film of an item: the same title in the same year, then a year beside it, then a part in the same year.

        None where two films are as near, so that no item gets the cast of another film.
        """
        year = item.value("year")
        if not isinstance(year, int):
            return None
        same = [film for key in _keys(item.title) for film in self.whole.get(key, ())]
        part = [
            film for key in (*_keys(item.title), *_part_keys(item.title)) for film in self.parts.get((key, year), ())
        ]
        for near in (
            [film for film in same if film.year == year],
            [film for film in same if abs(film.year - year) == 1],
            part,
        ):
            different = list({id(film): film for film in near}.values())
            if different:
                return different[0] if len(different) == 1 else None
        return None


def _keys(title: str) -> list[str]:
    """The forms of a title: whole, without its brackets, and what stands in them (another language's title)."""
    bare = bare_title(title)
    forms = [bare, _BRACKETS.sub("", bare), *_BRACKETS.findall(bare)]
    return [key for key in dict.fromkeys(_key(form) for form in forms) if key]


def _part_keys(title: str) -> list[str]:
    keys = [_key(part) for part in _PARTS.split(spoken_title(bare_title(title)))]
    return [key for key in keys if len(key) >= MIN_PART]


def _key(title: str) -> str:
    """A title as it is compared: letters and digits, no accents, no article before it."""
    text = unicodedata.normalize("NFKD", spoken_title(_FILM_NOTE.sub("", title)).replace("&", " and ")).casefold()
    text = "".join(c for c in text if c.isalnum() or c == " ").strip()
    return _ARTICLE.sub("", text).replace(" ", "")


def _film(title: str, year: int, runtime: float | None, meter: int | None, *lists: str | None) -> Film:
    fields: dict[str, Value] = dict(_listed(lists))
    if runtime:
        fields["runtime"] = int(runtime) if runtime == int(runtime) else runtime
    if meter is not None:
        fields["tomatometer"] = meter
    return Film(title, year, {name: fields[name] for name in FIELDS if name in fields})


def _listed(lists: Sequence[str | None]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, text in zip(LISTS, lists, strict=True):
        parts = [part.replace("\0", ", ").strip() for part in _BEFORE_JUNIOR.sub("\0", text or "").split(", ")]
        if any(parts):
            yield name, tuple(part for part in parts if part)
