"""Usual names of columns: which of a file's columns is the user, the item, the time or the value.

docs/columns.md shows the table.
"""

import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, TypeVar

from index.importers.rows import ColumnBatch, RowBatch
from index.importers.tally import Tally
from index.importers.times import read_time
from index.importers.values import BadValue, is_missing, read_number

B = TypeVar("B", ColumnBatch, RowBatch)

READ_AS = "column {!r} read as {}"
MAX_TRIED = 100  # values of a column that are tried, so that a column of words named "time" or "score" is left alone

_USER = "uid customer_id member_id reviewer_id visitor_id account_id person_id user customer reviewer username"
_ITEM = (
    "iid product_id article_id movie_id film_id book_id track_id song_id game_id recipe_id wine_id news_id business_id "
    "listing_id video_id content_id object_id"
)
_NOUN, _CODE = "item product", "parent_asin asin isbn sku ean"
_TIME = (
    "time ts unix_time unix_timestamp unix_review_time event_time rating_time review_time datetime "
    "timestamp_ms epoch date created_at created rated_at reviewed_at event_timestamp"
)
_VALUE = "rating ratings stars star_rating score overall user_rating rating_value review_score grade preference"
_EVENT = "event_type event_name action action_type behavior behaviour behavior_type interaction interaction_type type"
_TITLE = "name item_name product_name item_title product_title movie_title film_title book_title track_name song_title"


def _names(*lists: str) -> tuple[str, ...]:
    return tuple(" ".join(lists).split())


USUAL_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "items": {"item_id": _names(_ITEM, "id", _CODE), "title": _names(_TITLE, _NOUN)},
    "interactions": {
        "user_id": _names(_USER),
        "item_id": _names(_ITEM, _CODE, _NOUN),
        "timestamp": _names(_TIME),
        "value": _names(_VALUE),
        "event": _names(_EVENT),
    },
    "reviews": {
        "item_id": _names(_ITEM, _CODE, _NOUN),
        "text": _names("review_text review review_body body comment content"),
        "user_id": _names(_USER),
        "rating": _names("value", _VALUE.removeprefix("rating ")),
        "timestamp": _names(_TIME),
        "title": _names("review_title summary review_summary headline review_headline"),
    },
}
_CHECKS: dict[str, Callable[[Any], object]] = {
    "timestamp": read_time,
    "value": lambda value: read_number(value, "value"),
    "rating": lambda value: read_number(value, "rating"),
}


class ColumnNames:
    """Finds our columns among those of one file, and calls them by our names; what was found is told once."""

    def __init__(self, table: str, tally: Tally) -> None:
        self.tally = tally
        self._wanted = dict(USUAL_NAMES[table])
        self._ours: dict[str, str] = {}

    def apply(self, batch: B) -> B:
        """The batch under our names; what a column is taken for is decided once, for the whole file."""
        names = batch.names()
        for ours in [ours for ours in self._wanted if ours in names]:
            del self._wanted[ours]
        for ours, usual in list(self._wanted.items()):
            theirs = self._find(ours, usual, batch)
            if theirs is not None:
                del self._wanted[ours]
                self._ours[theirs] = ours
                self.tally.note(READ_AS.format(theirs, ours), batch.source, batch.line_of(theirs))
        return batch.renamed({theirs: ours for theirs, ours in self._ours.items() if theirs in names})

    def _find(self, ours: str, usual: Sequence[str], batch: B) -> str | None:
        """The first of the usual names that a column of the batch has, None where none has or its values are others."""
        names = {squeeze(name): name for name in reversed(batch.names()) if name not in self._ours}
        found = (names[key] for key in map(squeeze, (ours, *usual)) if key in names)
        return next((name for name in found if _fits(_CHECKS.get(ours), batch, name)), None)


def squeeze(name: str) -> str:
    """A column's name as it is compared: small letters without what stands between words ("User ID" is "userid")."""
    return re.sub(r"[\s_.\-]+", "", name.lower())


def _fits(check: Callable[[Any], object] | None, batch: ColumnBatch | RowBatch, name: str) -> bool:
    """Whether at least half of a column's first values pass a check; a column without values does not."""
    if check is None:
        return True
    values = batch.values(name)
    given = list(islice((value for value in values if not is_missing(value)), MAX_TRIED))
    return bool(given) and 2 * sum(_passes(check, value) for value in given) >= len(given)


def _passes(check: Callable[[Any], object], value: Any) -> bool:
    try:
        check(value)
    except BadValue:
        return False
    return True
