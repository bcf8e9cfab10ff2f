"""Units of measure with the fields that may hold them, and phrases that bound an amount: "under", "at most"."""

# What a unit or a comparing word measures: names of fields that may hold it, and the factor to minutes for times.
UNITS = {
    "minutes": ("minute|minutes|min|mins", "runtime duration length minutes running_time playtime"),
    "hours": ("hour|hours|hr|hrs|h", "runtime duration length minutes running_time playtime"),
    "money": (
        "$|€|£|¥|₹|dollar|dollars|bucks|buck|euro|euros|pound|pounds|quid|yen|usd|eur|gbp",
        "price prices cost costs msrp amount fee fare",
    ),
    "percent": ("%|percent|abv|alcohol", "abv alcohol tomatometer score percent"),
    "stars": ("star|stars|points|rating", "rating stars score points tomatometer"),
    "players": ("player|players|people", "players max_players"),
    "pages": ("page|pages", "pages num_pages"),
}
MEASURED = {
    "minutes": "length",
    "hours": "length",
    "money": "price",
    "percent": "percentage",
    "stars": "rating",
    "players": "number of players",
    "pages": "number of pages",
}
COMPARED = {"shorter": "hours", "longer": "hours", "cheaper": "money", "stronger": "percent"}
AMOUNTS = {
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
AMOUNTS_AFTER = {
    "<=": "or less|or under|or below|or shorter|or cheaper|or fewer|max|maximum|tops|at most",
    ">=": "or more|or over|or above|or longer|or higher|minimum|at least|plus",
}
