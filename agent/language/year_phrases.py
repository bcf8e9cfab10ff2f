"""Phrases about years: "newer than", "or later", "the eighties", "recent"."""

YEAR_BOUNDS = {
    ">": "newer than|more recent than|later than|after|younger than|post|past|beyond|released after|made after|"
    "came out after",
    ">=": "since|no older than|not older than|not before|no earlier than|not earlier than|starting in|starting from|"
    "starting with|at the earliest|as of|from at least",
    "<": "older than|before|earlier than|prior to|pre|released before|made before|came out before",
    "<=": "until|till|up to|no newer than|not newer than|no later than|not later than|not after|through|up until",
    "~": "around|about|circa|roughly|approximately",
}
# Bounds that stand behind their year.
YEAR_BOUNDS_AFTER = {
    ">=": "onwards|onward|on|forward|forwards|or later|or newer|or after|and later|and newer|and up|and after|"
    "or above|"
    "upwards|and onwards|or more recent|and on",
    "<=": "or older|or earlier|or before|and older|and earlier|and before|at the latest|or prior",
}
DECADES = {
    "twenties": 1920,
    "thirties": 1930,
    "forties": 1940,
    "fifties": 1950,
    "sixties": 1960,
    "seventies": 1970,
    "eighties": 1980,
    "nineties": 1990,
    "noughties": 2000,
    "aughts": 2000,
}
# Measured by an item that was named, else by the catalogue.
COMPARATIVES = {">": "newer|more recent|more modern|younger", "<": "older"}
# Preferred only.
AGES = {
    ">=": "recent|recently|latest|newest|modern|contemporary|new|current",
    "<=": "old|oldest|vintage|old fashioned|old school|antique",
}
