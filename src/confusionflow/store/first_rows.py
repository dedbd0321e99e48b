"""Find the rows that count if several ranks evaluated an epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# Ids in a wider range than this, for each row, are numbered first.
MOST_SPREAD = 4
FEW_IDS = 1 << 20
MOST_IDS = 1 << 28


class FirstRows:
    """Finds the instances that an earlier row had, rank after rank, without sorting.

    The actual class of each instance is looked up in an array by id. It takes memory only around
    ids that occur.

    Arguments:
        rows: About how many rows will come.
        is_exact: Also find instances that a rank has twice, which takes several times as long. If
            False, `missed_some` tells afterwards whether there were any.

    Examples:
        >>> first = FirstRows(4)
        >>> first.add(np.array([7, 5, 6]), np.array([0, 0, 1]))
        (array([], dtype=int64), array([], dtype=int64))
        >>> first.add(np.array([5, 8]), np.array([3, 0]))
        (array([0]), array([0]))
    """

    def __init__(self, rows: int, *, is_exact: bool = False) -> None:
        self._size = max(rows, min(MOST_SPREAD * rows + FEW_IDS, MOST_IDS))
        # 0 for none, 1 for an instance without an actual class, else its class plus 2.
        self._codes: NDArray[np.unsignedinteger] = np.zeros(self._size, np.uint8)
        self._is_exact = is_exact
        self._end = 0
        self._found = 0

    def takes(self, ids: NDArray[np.integer]) -> bool:
        """Whether ids are numbers small enough to be used as positions."""
        return not len(ids) or 0 <= int(ids.min()) <= int(ids.max()) < self._size

    def add(
        self, ids: NDArray[np.integer], actual: NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Add the rows of the next rank.

        Arguments:
            ids: What identifies the instances, all of which `takes` accepts.
            actual: The index of the actual class of each, -1 for none.

        Returns:
            The rows whose instance an earlier row had, and the actual class that it had there.
        """
        ids = ids.astype(np.intp, copy=False)
        self._end = max(self._end, int(ids.max(initial=-1)) + 1)
        self._widen(int(actual.max(initial=-1)) + 2)
        codes = (actual + 2).astype(self._codes.dtype)
        is_new = self._codes[ids] == 0
        if self._is_exact:
            is_first = np.zeros(len(ids), bool)
            is_first[np.unique(ids, return_index=True)[1]] = True
            is_new &= is_first
        again = np.flatnonzero(~is_new)
        if again.size:
            self._codes[ids[is_new]] = codes[is_new]
        else:
            self._codes[ids] = codes
        self._found += len(ids) - again.size
        return again, self._codes[ids[again]].astype(np.int64) - 2

    @property
    def missed_some(self) -> bool:
        """Whether a rank has an instance twice, so that an exact search is needed."""
        return int(np.count_nonzero(self._codes[: self._end])) != self._found

    def _widen(self, most: int) -> None:
        """Make room for a larger code."""
        kind = np.min_scalar_type(most)
        if kind.itemsize > self._codes.itemsize:
            wider = np.zeros(self._size, kind)
            wider[: self._end] = self._codes[: self._end]
            self._codes = wider


def first_rows(instances: Sequence[pa.ChunkedArray]) -> NDArray[np.bool_]:
    """Find the rows that count: an instance counts for the lowest rank and its first row.

    Arguments:
        instances: What identifies the instances of each rank.

    Returns:
        Whether each row of all ranks, one after the other, counts.
    """
    ids = numbered(instances)
    first, counts = _first_rows(ids, is_exact=False)
    if first.missed_some:
        _, counts = _first_rows(ids, is_exact=True)
    return counts


def _first_rows(
    ids: Sequence[NDArray[np.integer]], *, is_exact: bool
) -> tuple[FirstRows, NDArray[np.bool_]]:
    first = FirstRows(sum(map(len, ids)), is_exact=is_exact)
    counts = [np.ones(len(each), bool) for each in ids]
    for is_first, each in zip(counts, ids, strict=True):
        again, _ = first.add(each, np.zeros(len(each), np.int8))
        is_first[again] = False
    return first, np.concatenate([np.empty(0, bool), *counts])


def numbered(instances: Sequence[pa.ChunkedArray]) -> list[NDArray[np.integer]]:
    """Replace the ids of each rank by small numbers; small ids stay."""
    ids = [plain_ids(column) for column in instances]
    first = FirstRows(sum(map(len, instances)))
    small = [each for each in ids if each is not None and first.takes(each)]
    if len(small) == len(ids):
        return small
    kinds = {column.type for column in instances}
    if len(kinds) > 1 and (pa.uint64() in kinds or any(map(pa.types.is_string, kinds))):
        instances = [column.cast(pa.string()) for column in instances]
    elif len(kinds) > 1:
        instances = [column.cast(pa.int64()) for column in instances]
    chunks = [chunk for column in instances for chunk in column.chunks]
    encoded = pa.chunked_array(chunks, instances[0].type).dictionary_encode()
    codes = [chunk.indices.to_numpy() for chunk in encoded.chunks]
    ends = np.cumsum([len(column) for column in instances])[:-1]
    return list(np.split(np.concatenate([np.empty(0, np.int32), *codes]), ends))


def plain_ids(column: pa.ChunkedArray) -> NDArray[np.integer] | None:
    """Ids as an array of integers; None for texts."""
    if not pa.types.is_integer(column.type):
        return None
    ids: NDArray[np.integer] = column.to_numpy()
    return ids
