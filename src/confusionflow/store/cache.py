"""What was read from files that never change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TypeVar

from confusionflow.errors import DamagedFileError, UnreadableFileError

T = TypeVar("T")


class Cache:
    """Keeps the most recently used results, of at most `size` files. Threads may share it.

    That a file is damaged is a result too: it is read once, not at every look. That it could not
    be read is none: trouble with a network or a disk passes.
    """

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._kept: OrderedDict[str, object] = OrderedDict()
        self._lock = threading.Lock()

    def missing(self, keys: Iterable[str]) -> list[str]:
        """The keys under which nothing is kept."""
        with self._lock:
            return [key for key in keys if key not in self._kept]

    def get(self, key: str, read: Callable[[], T]) -> T:
        """Return what is kept under `key`, or read and keep it.

        Raises:
            DamagedFileError: as `read` raised it, now or earlier.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
        if found is None:
            try:
                found = read()
            except UnreadableFileError:
                raise
            except DamagedFileError as error:
                found = error
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        if isinstance(found, DamagedFileError):
            raise found
        return found  # type: ignore[return-value]
