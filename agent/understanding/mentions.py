"""Records of what a message names: items with what is said of them, and titles that the catalogue lacks."""

from dataclasses import dataclass, field

from agent.language.phrases import Cue

OPINION_ROLES = frozenset(("like", "pattern", "dislike", "seen"))


@dataclass(frozen=True, slots=True)
class Mention:
    """The words from `start` to `end` name the items `ids`; `role` is what is said of them, None where nothing is.

    Roles: like, pattern ("something like it"), dislike, seen, unseen, bar ("not that one"), ask, why, compare, than
    ("newer than it"), unlike. `rows` are all items of the title, the one that is meant first; `is_exact` unless it is
    misspelt; `is_place` where a place in the list or a pronoun names it.
    """

    start: int
    end: int
    ids: tuple[str, ...]
    role: str | None
    rows: tuple[int, ...] = ()
    is_exact: bool = True
    is_place: bool = False


@dataclass
class ParsedMentions:
    """What a message names: mentions, the phrases that gave their roles, where unknown titles stand (start, end).

    `missing_places` counts the places that were named and that the list does not have.
    """

    mentions: list[Mention] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    unknown: list[tuple[int, int]] = field(default_factory=list)
    missing_places: int = 0
