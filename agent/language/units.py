"""Units of measure with the fields that may hold them, and phrases that bound an amount: "under", "at most"."""

from dataclasses import dataclass

from agent.language.word_lists import in_order


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by its words; `fields` are names of fields that may hold it, the likeliest first; what it `measures`."""

    words: tuple[str, ...]
    fields: tuple[str, ...]
    measures: str


def _unit(words: str, fields: str, measures: str) -> Unit:
    return Unit(in_order(words), in_order(fields), measures)


_TIMES = "runtime duration length minutes running_time playtime"
UNITS = {
    "minutes": _unit("minute minutes min mins", _TIMES, "length"),
    "hours": _unit("hour hours hr hrs h", _TIMES, "length"),
    "money": _unit(
        "$ € £ ¥ ₹ dollar dollars bucks buck euro euros pound pounds quid yen usd eur gbp",
        "price prices cost costs msrp amount fee fare",
        "price",
    ),
    "percent": _unit("% percent abv alcohol", "abv alcohol tomatometer score percent", "percentage"),
    "stars": _unit("star stars points rating", "rating stars score points tomatometer", "rating"),
    "players": _unit("player players people", "players max_players", "number of players"),
    "pages": _unit("page pages", "pages num_pages", "number of pages"),
}
# The unit of a bare number after a comparative: "shorter than 2" means hours, "cheaper than 20" money.
COMPARATIVE_UNITS = {"shorter": "hours", "longer": "hours", "cheaper": "money", "stronger": "percent"}
AMOUNT_BOUNDS = {
    "<": "under|below|less than|shorter than|cheaper than|fewer than|lower than|lighter than|smaller than|younger than",
    "<=": "at most|no more than|not more than|no longer than|not longer than|not over|not above|maximum|max|up to|"
    "a maximum of|maximum of|within|not exceeding|"
    "a budget of|budget of|budget is|i have|ive got|i only have|i have only|we have|weve got",
    ">": "over|above|more than|longer than|higher than|better than|greater than|stronger than|bigger than",
    ">=": "at least|no less than|not less than|not under|not below|minimum|min|a minimum of|minimum of|"
    "not shorter than",
    "=": "exactly|precisely",
    "~": "around|about|roughly|approximately|circa",
}
# Bounds that stand behind their amount.
AMOUNT_BOUNDS_AFTER = {
    "<=": "or less|or under|or below|or shorter|or cheaper|or fewer|max|maximum|tops|at most",
    ">=": "or more|or over|or above|or longer|or higher|minimum|at least|plus",
}
