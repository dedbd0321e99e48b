"""Finds the row that counts for each instance of an epoch that several ranks evaluated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# Ids that are spread wider than this, for each row, are numbered first.
MOST_SPREAD = 4
FEW_IDS = 1 << 20
MOST_IDS = 1 << 28


class FirstRows:
    """Finds the first row of each instance, rank after rank, without sorting.

    The row is looked up in an array by id. Its memory is only taken where there are ids.

    Arguments:
        rows: How many rows will come, about.

    Examples:
        >>> first = FirstRows(4)
        >>> first.add(np.array([7, 5, 7])), first.add(np.array([5, 8]))
        (array([0, 1, 0]), array([1, 4]))
    """

    def __init__(self, rows: int) -> None:
        size = max(rows, min(MOST_SPREAD * rows + FEW_IDS, MOST_IDS))
        self._first = np.zeros(size, np.uint32)  # 0 for none, else its number from 1 on
        self.rows = 0

    def takes(self, ids: NDArray[np.integer]) -> bool:
        """Whether ids are numbers so small that there is a place for each."""
        return not len(ids) or 0 <= int(ids.min()) <= int(ids.max()) < len(self._first)

    def add(self, ids: NDArray[np.integer]) -> NDArray[np.int64]:
        """For each row of the next rank, the number of the first row of its instance.

        Arguments:
            ids: What identifies the instances, all of which `takes` accepts.
        """
        numbers = np.arange(self.rows + 1, self.rows + 1 + len(ids), dtype=np.uint32)
        self.rows += len(ids)
        is_new = self._first[ids] == 0
        new, own = (ids, numbers) if is_new.all() else (ids[is_new], numbers[is_new])
        self._first[new[::-1]] = own[::-1]  # of equal ids the last one stays, which is the first
        found: NDArray[np.int64] = self._first[ids].astype(np.int64) - 1
        return found


def first_rows(instances: Sequence[pa.ChunkedArray]) -> NDArray[np.bool_]:
    """Find the rows that count: an instance counts for the lowest rank and its first row.

    Arguments:
        instances: What identifies the instances of each rank.

    Returns:
        Whether each row of all ranks, one after the other, counts.
    """
    ids = numbered(instances)
    first = FirstRows(sum(map(len, ids)))
    same_as = [first.add(each) for each in ids]
    joined = np.concatenate(same_as) if same_as else np.empty(0, np.int64)
    counts: NDArray[np.bool_] = joined == np.arange(len(joined))
    return counts


def numbered(instances: Sequence[pa.ChunkedArray]) -> list[NDArray[np.integer]]:
    """Small numbers that stand for the ids of each rank: the ids themselves, if they are small."""
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
