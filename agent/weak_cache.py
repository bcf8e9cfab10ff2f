"""Keeps what was made of an object for as long as the object lives."""

import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class WeakCache(Generic[T, R]):
    """A function of one object whose answer is made once; the object is known by identity, since it has no hash."""

    def __init__(self, make: Callable[[T], R]) -> None:
        self._make = make
        self._made: dict[int, tuple[weakref.ref[Any], R]] = {}

    def __call__(self, of: T) -> R:
        """The answer for an object."""
        key = id(of)
        if key not in self._made:
            made = self._make(of)
            self._made[key] = (weakref.ref(of, lambda _: self._made.pop(key, None)), made)
        return self._made[key][1]
