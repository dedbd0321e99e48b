"""Keep what was read from files that never change."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from confusionflow.errors import DamagedFileError, UnreadableFileError
from confusionflow.store.places.kept import KeptFiles

T = TypeVar("T")

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True)
class _Damage:
    """Something that could not be read, and when to try again."""

    error: DamagedFileError
    read: Callable[[], object]
    again_s: float
    wait_s: float


class Cache:
    """Keeps the most recently used results, of at most `size` files. Threads may share it.

    The cache also remembers damaged files, so that they are not read each time. They are read
    again after a while, which doubles each time: an unfinished copy may grow under its final name,
    and a damaged file may be restored. A file that could not be read is noted and tried again at
    every look, because trouble with a network or a disk passes.

    Attributes:
        kept: Keeps for the next process what took long to compute; None to keep nothing.
    """

    def __init__(
        self,
        size: int = 50_000,
        clock: Callable[[], float] = time.monotonic,
        kept: KeptFiles | None = None,
    ) -> None:
        self.kept = kept
        self._size = size
        self._clock = clock
        self._damaged: dict[str, _Damage] = {}
        self._kept: OrderedDict[str, object] = OrderedDict()
        self._lock = threading.Lock()

    def missing(self, keys: Iterable[str]) -> list[str]:
        """List the keys under which nothing is kept."""
        with self._lock:
            return [key for key in keys if key not in self._kept and key not in self._damaged]

    def get(self, key: str, read: Callable[[], T]) -> T:
        """Return the value kept under `key`, or read and keep it.

        Raises:
            DamagedFileError: as `read` raised it, now or a while ago.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found  # type: ignore[return-value]
            damage = self._damaged.get(key)
        if damage and self._clock() < damage.again_s:
            raise damage.error
        try:
            new = read()
        except DamagedFileError as error:
            with self._lock:
                found = self._kept.get(key)
            if found is not None:  # another thread read it later, undamaged
                return found  # type: ignore[return-value]
            self.note(key, error, read)
            raise
        with self._lock:
            self._damaged.pop(key, None)
            self._kept[key] = new
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return new

    def known(self, key: str) -> object | None:
        """The value kept under `key`; None if there is none."""
        with self._lock:
            return self._kept.get(key)

    def note(self, key: str, error: DamagedFileError, read: Callable[[], object]) -> None:
        """Note that the value for `key` is damaged, and how to read it again."""
        with self._lock:
            known = self._damaged.get(key)
            wait_s = min(max(2 * (known.wait_s if known else 0), FIRST_WAIT_S), LONGEST_WAIT_S)
            if isinstance(error, UnreadableFileError):
                wait_s = 0.0
            self._damaged[key] = _Damage(error, read, self._clock() + wait_s, wait_s)
            self._kept.pop(key, None)

    def is_damaged(self, key: str) -> bool:
        """Whether the value for `key` is known to be damaged."""
        with self._lock:
            return key in self._damaged

    def forget(self, key: str) -> None:
        """Forget the value kept under `key`."""
        with self._lock:
            self._kept.pop(key, None)

    def damaged(self, folder: str) -> dict[str, DamagedFileError]:
        """List the files below a folder that are known to be damaged, and why, sorted by path."""
        if not self._damaged:
            return {}
        with self._lock:
            found = [(key, d.error) for key, d in self._damaged.items()]
        return dict(sorted((key, e) for key, e in found if key.startswith(f"{folder}/")))

    def read_again(self) -> list[str]:
        """Try files again that were damaged a while ago; return those that can be read now."""
        with self._lock:
            due = [(k, d.read) for k, d in self._damaged.items() if self._clock() >= d.again_s]
        healed = []
        for key, read in due:
            try:
                self.get(key, read)
            except DamagedFileError as error:
                if isinstance(error.__cause__, FileNotFoundError):
                    with self._lock:  # it is gone, so it is no longer damaged
                        self._damaged.pop(key, None)
                continue
            healed.append(key)
        return healed
