"""Finds the items that satisfy the hard wishes of a talk."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from agent.constraints import Constraint, Relaxed, State, Wish, comparable, field_value, holds
from agent.numbers import number_of
from agent.relaxation import HardWish, because, choose_relaxed, intersect
from agent.request import Request
from agent.weak_cache import WeakCache
from index.data.domain import Catalogue
from index.data.duplicates import Duplicates
from index.data.records import Value
from index.types import Mask, Rows

_COMPARE = {
    "=": np.equal,
    "in": np.equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True)
class Allowed:
    """The rows that may be recommended as a mask; `relaxed` are the hard wishes that were given up for it."""

    mask: Mask
    relaxed: tuple[Relaxed, ...] = ()


@dataclass
class Columns:
    """The fields of a catalogue as columns, and a mask of rows for each wish; each is built at its first use."""

    catalogue: Catalogue
    _numbers: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    _members: dict[str, dict[Value, Rows]] = field(default_factory=dict)
    _masks: dict[Wish, Mask] = field(default_factory=dict)

    def satisfying(self, wish: Wish) -> Mask:
        """Whether each row satisfies a wish: the same as `holds`, over the whole catalogue."""
        if wish not in self._masks:
            if len(self._masks) > 256:
                self._masks.clear()
            self._masks[wish] = self._build_mask(wish)
        return self._masks[wish]

    def _build_mask(self, wish: Wish) -> Mask:
        if not isinstance(wish, Constraint):
            join = np.logical_and if wish.how == "all" else np.logical_or
            masks = [self.satisfying(part) for part in wish.parts]
            return np.asarray(join.reduce(masks), bool) if masks else np.full(len(self.catalogue), wish.how == "all")
        if wish.field == "text" or wish.op == "like":
            return np.fromiter((holds(wish, item) for item in self.catalogue.items), bool, len(self.catalogue))
        return (
            self._mask_of_values(wish)
            if isinstance(wish.value, str | tuple)
            else self._mask_of_bound(wish, float(wish.value))
        )

    def _mask_of_values(self, wish: Constraint) -> Mask:
        mask = np.zeros(len(self.catalogue), bool)
        members = self._members_of(wish.field) if wish.op in ("=", "in") else {}
        for value in wish.value if isinstance(wish.value, tuple) else (wish.value,):
            rows = members.get(comparable(value))
            if rows is not None:
                mask[rows] = True
        return mask

    def _mask_of_bound(self, wish: Constraint, value: float) -> Mask:
        return np.asarray(_COMPARE[wish.op](self._numbers_of(wish.field), value), bool)

    def _numbers_of(self, name: str) -> npt.NDArray[np.float64]:
        """A field as numbers, NaN where an item has none."""
        if name not in self._numbers:
            numbers = (number_of(field_value(item, name)) for item in self.catalogue.items)
            known = (np.nan if number is None else float(number) for number in numbers)
            self._numbers[name] = np.fromiter(known, np.float64, len(self.catalogue))
        return self._numbers[name]

    def _members_of(self, name: str) -> dict[Value, Rows]:
        """The rows of each value of a field."""
        if name not in self._members:
            rows: dict[Value, list[int]] = defaultdict(list)
            for row, item in enumerate(self.catalogue.items):
                own = field_value(item, name)
                for value in own if isinstance(own, tuple) else () if own is None else (own,):
                    rows[comparable(value)].append(row)
            self._members[name] = {value: np.array(each, np.int64) for value, each in rows.items()}
        return self._members[name]


columns_of: WeakCache[Catalogue, Columns] = WeakCache(Columns)


def allowed_for(request: Request, catalogue: Catalogue, duplicates: Duplicates) -> Allowed:
    """The rows that may be recommended: nothing of the history, nothing shown before, no item barred by another id.

    Of an item that stands in the catalogue twice one row is left.
    """
    barred = np.concatenate([request.history.rows, catalogue.rows_of([*request.shown, *request.state.judged_ids])])
    allowed = allowed_rows(request.state, catalogue, duplicates.with_duplicates(barred), request.k)
    mask = without_barred_titles(allowed, request.state, catalogue, duplicates)
    return Allowed(duplicates.hide_repeats(mask), allowed.relaxed)


def allowed_rows(state: State, catalogue: Catalogue, barred: Rows | Collection[int], k: int) -> Allowed:
    """The rows that may be recommended: all hard wishes hold, none was judged, barred (rows) or removed.

    Where no item of the catalogue satisfies all hard wishes, as few as possible are relaxed: those that leave at least
    `k` items, then those that were stated first. Where such items exist and all are barred, the mask is empty.
    """
    columns = columns_of(catalogue)
    masks = _hard_masks(state, columns)
    available = catalogue.available
    relaxed = choose_relaxed(list(masks), masks, available, k)
    mask = intersect([masks[wish] for wish in masks if wish not in relaxed], available)
    mask[np.asarray(list(barred), np.int64)] = False
    mask[np.array([catalogue.row_of[i] for i in state.judged_ids if i in catalogue.row_of], np.int64)] = False
    return Allowed(mask, tuple(Relaxed(key.wish, because(key, masks, available)) for key in relaxed))


def without_barred_titles(allowed: Allowed, state: State, catalogue: Catalogue, duplicates: Duplicates) -> Mask:
    """The mask without the items whose title must not be, under each of their ids, unless that wish was given up."""
    mask = allowed.mask.copy()
    given_up = {each.wish for each in allowed.relaxed}
    for wish in state.must_not:
        if wish not in given_up and isinstance(wish, Constraint) and wish.field == "title":
            rows = np.flatnonzero(columns_of(catalogue).satisfying(wish))
            mask[duplicates.with_duplicates(rows)] = False
    return mask


def count_satisfying(state: State, catalogue: Catalogue) -> int:
    """How many available items satisfy all hard wishes, whether or not they were judged."""
    masks = _hard_masks(state, columns_of(catalogue))
    return int(intersect(list(masks.values()), catalogue.available).sum())


def _hard_masks(state: State, columns: Columns) -> dict[HardWish, Mask]:
    """The mask of each hard wish in the order in which they were stated, `must` before `must_not`."""
    wanted = {HardWish(wish, False): columns.satisfying(wish) for wish in state.must}
    return wanted | {HardWish(wish, True): ~columns.satisfying(wish) for wish in state.must_not}
