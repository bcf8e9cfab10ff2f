"""Film titles as MovieLens writes them, with the year in brackets at their end."""

import re

_YEAR = re.compile(r"\((\d{4})(?:[-–]\d{0,4})?\)(?P<mark>\s*\([A-Z]+\))?\s*$")
_FOUR_DIGITS = re.compile(r"\d{4}", re.ASCII)


def film_title(title: str, year: str = "") -> str:
    """A title that ends with its year, given in it or beside it; IMDb's mark after the year ("(V)") is left out."""
    title = title.strip()
    found = _YEAR.search(title)
    if found:
        return title[: found.start("mark")] if found["mark"] else title
    return f"{title} ({year.strip()})" if _FOUR_DIGITS.fullmatch(year.strip()) else title


def film_year(title: str) -> int | None:
    """The year at the end of a title."""
    found = _YEAR.search(title)
    return int(found[1]) if found else None
