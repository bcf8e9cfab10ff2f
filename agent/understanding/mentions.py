"""What a message names: items with what is said of them, and titles that are not known."""

from dataclasses import dataclass, field

from agent.language.phrases import Cue

JUDGING = frozenset(("like", "pattern", "dislike", "seen"))


@dataclass(frozen=True, slots=True)
class Mention:
    """The words from `start` to `end` name these items; `role` is what is said of them, None where nothing is.

    Roles: like, pattern ("something like it"), dislike, seen, unseen, bar ("not that one"), ask, why, compare, than
    ("newer than it"), unlike. `rows` are all items of the title, the one that is meant first.
    """

    start: int
    end: int
    ids: tuple[str, ...]
    role: str | None
    rows: tuple[int, ...] = ()
    spelled: bool = True
    is_place: bool = False


@dataclass
class Heard:
    """What a reading found: mentions, phrases that gave roles, places of unknown titles, places past the list."""

    mentions: list[Mention] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    unknown: list[tuple[int, int]] = field(default_factory=list)
    missing_places: int = 0
