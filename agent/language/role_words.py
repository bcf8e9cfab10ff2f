"""Words before a name that tell its role: "directed by", "starring", "music by"."""

from agent.language.word_lists import word_set

_MAKERS = word_set(
    "director directors writer writers author authors artist artists band composer brand maker publisher "
    "developer winery studio label manufacturer"
)
_ACTORS = word_set("cast actor actors actress stars")
# The fields that a word before a value points at.
POINTERS = {
    "by": _MAKERS,
    "directed": frozenset(("director", "directors")),
    "director": frozenset(("director", "directors")),
    "written": frozenset(("writer", "writers", "author", "authors")),
    "with": _ACTORS,
    "starring": _ACTORS,
    "featuring": _ACTORS,
    "actor": _ACTORS,
    "actress": _ACTORS,
    "from": word_set("country region brand winery publisher studio"),
    "in": frozenset(("language",)),
}
SURE = frozenset(("starring", "featuring", "directed", "written"))  # before a name, also in small letters
