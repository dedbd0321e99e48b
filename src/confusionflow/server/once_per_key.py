"""A cache for threads: the value of each key is found once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from cachetools import LRUCache

V = TypeVar("V")


class OncePerKey(Generic[V]):
    """Keeps the values of the keys used recently.

    If several threads ask for a key at once, one finds its value, and the others wait for it.
    Nobody waits for another key.

    Arguments:
        most: How many values are kept, or how much by `size`.
        size: Says how much a value is. A value larger than `most` is not kept.

    Examples:
        >>> squares = OncePerKey[int](most=2)
        >>> squares.get(3, lambda: 3 * 3)
        9
    """

    def __init__(self, most: int, size: Callable[[V], int] | None = None) -> None:
        self._kept: LRUCache[Hashable, V] = LRUCache(most, getsizeof=size)
        self._being_found: dict[Hashable, Future[V]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, find: Callable[[], V]) -> V:
        """Return the value of a key. An error that finding it raises is raised and not kept."""
        with self._lock:
            if key in self._kept:
                return self._kept[key]
            others = self._being_found.get(key)
            ours = self._being_found[key] = Future() if others is None else others
        if others is not None:
            return others.result()
        try:
            value = find()
        except BaseException as error:
            self._forget(key)
            ours.set_exception(error)
            raise
        with self._lock, contextlib.suppress(ValueError):  # it is too large
            self._kept[key] = value
        self._forget(key)
        ours.set_result(value)
        return value

    def _forget(self, key: Hashable) -> None:
        with self._lock:
            del self._being_found[key]
