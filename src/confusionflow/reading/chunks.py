"""Read predictions from pieces that are mapped from files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What can be indexed: epochs, instances.
Part = int | slice | NDArray[np.integer] | NDArray[np.bool_]


class Chunks:
    """An array of numbers, shape (epochs, instances), in consecutive pieces.

    Only what is indexed is read. Half-precision numbers become single-precision ones.

    Arguments:
        pieces: Shape (some epochs, instances) each; None for one without any number.
        sizes: How many epochs each piece has.
        n: Number of instances.
        kind: Type of the result.
        missing: The value in a piece without any number.
        held: What must stay open as long as this, such as files.

    Examples:
        >>> chunks = Chunks([np.array([[1, 2], [3, 4]]), None], [2, 1], 2, np.int32, -1)
        >>> chunks[1:, 0], chunks[:, np.array([1])]
        (array([ 3, -1], dtype=int32), array([[ 2],
               [ 4],
               [-1]], dtype=int32))
    """

    def __init__(
        self,
        pieces: Sequence[NDArray[Any] | None],
        sizes: Sequence[int],
        n: int,
        kind: type[np.generic],
        missing: float,
        held: object = None,
    ) -> None:
        self._pieces = pieces
        self._ends = np.cumsum([0, *sizes])
        self._missing = missing
        self._held = held
        self.dtype = np.dtype(kind)
        self.shape = (int(self._ends[-1]), n)

    @property
    def nbytes(self) -> int:
        """Bytes that the whole array would take in memory."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self[:, :]
        return whole if dtype is None else whole.astype(dtype)

    def __getitem__(self, part: tuple[slice, Part]) -> NDArray[Any]:
        """Return some epochs, shape (epochs, instances), or (epochs,) for one instance."""
        epochs, instances = part
        start, stop, _ = epochs.indices(self.shape[0])
        taken = []
        for piece, begin, end in zip(self._pieces, self._ends[:-1], self._ends[1:], strict=True):
            first, last = max(start, begin) - begin, min(stop, end) - begin
            if first >= last:
                continue
            if piece is None:
                shape = np.empty((0, self.shape[1]))[:, instances].shape[1:]
                taken.append(np.full((last - first, *shape), self._missing, self.dtype))
            else:
                taken.append(piece[first:last][:, instances].astype(self.dtype, copy=False))
        if not taken:
            return np.empty((0, self.shape[1]), self.dtype)[:, instances]
        # A copy, as a view of a file would keep all of it mapped.
        return np.concatenate(taken)
