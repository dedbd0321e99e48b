"""Maps ids to numbers, so that instances are matched by comparing integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class MixedIdsError(Exception):
    """Ids of some epochs are integers, and those of others are text."""


class IdCodes:
    """Gives every id a number: an integer stands for itself, text for when it was first seen.

    Arguments:
        as_text: Whether integers are taken as text, for epochs that have both.
        texts: The distinct texts that have numbers already, in order of these numbers; None if
            there are none.
    """

    def __init__(self, *, as_text: bool = False, texts: pa.Array | None = None) -> None:
        self.as_text = as_text
        self.texts = texts
        self._last: tuple[pa.Array, NDArray[np.int64]] | None = None
        self._has_numbers = False

    def of(self, ids: pa.Array) -> NDArray[np.int64]:
        """The numbers of the ids of an epoch.

        Raises:
            MixedIdsError: these are integers and others were text, or vice versa.
        """
        import pyarrow.compute as pc  # loading it takes longer than reading a small log

        if self.as_text or ids.type == pa.uint64():
            ids = ids.cast(pa.string())
        is_number = pa.types.is_integer(ids.type)
        if is_number:
            self._has_numbers = True
            if self.texts is not None:
                raise MixedIdsError
            numbers: NDArray[np.int64] = ids.to_numpy(zero_copy_only=False)
            return numbers
        if self._has_numbers:
            raise MixedIdsError
        if self._last and self._last[0].equals(ids):
            return self._last[1]
        known = pa.array([], pa.string()) if self.texts is None else self.texts
        new = pc.unique(ids)
        new = new.filter(pc.invert(pc.is_in(new, value_set=known)))
        self.texts = pa.concat_arrays([known, new])
        codes: NDArray[np.int64] = (
            pc.index_in(ids, value_set=self.texts).cast(pa.int64()).to_numpy(zero_copy_only=False)
        )
        self._last = ids, codes
        return codes

    def ids(self, codes: NDArray[np.int64]) -> NDArray[Any]:
        """The ids that numbers stand for: int64, or text as objects."""
        if self.texts is None:
            return codes
        found: NDArray[Any] = self.texts.take(pa.array(codes)).to_numpy(zero_copy_only=False)
        return found
