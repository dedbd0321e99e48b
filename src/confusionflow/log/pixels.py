"""Turn arrays of any kind into pixels of 8 bits with channels last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import LabelError, ShapeError

CHANNELS = (1, 3, 4)
NUMBERS = "biuf"


@dataclass(frozen=True)
class Scale:
    """Which values are black and white.

    Attributes:
        low, high: These values.
    """

    low: float
    high: float

    @classmethod
    def of(cls, arrays: Iterable[NDArray[Any]]) -> Self:
        """Find the scale of images from their values.

        Bytes go from 0 to 255, and values within 0 … 1 from 0 to 1. Others go from the smallest
        value, or from 0 if none is negative, to the largest.

        Examples:
            >>> Scale.of([np.array([[0, 16]])])
            Scale(low=0.0, high=16.0)
            >>> Scale.of([np.array([[-2.0, 2.5]])])
            Scale(low=-2.0, high=2.5)
        """
        low, high = 0.0, 0.0
        is_whole = True
        for array in arrays:
            if array.dtype == np.uint8:
                return cls(0.0, 255.0)
            finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            is_whole = is_whole and array.dtype.kind in "iu"
        if low >= 0 and high <= 1:
            high = 1.0
        elif is_whole and low >= 0 and 128 <= high <= 255:
            high = 255.0
        return cls(low, high)

    def applied(self, array: NDArray[Any]) -> NDArray[np.uint8]:
        """Scale values to 0 … 255, in the same shape; NaN is black."""
        if array.dtype == np.uint8 and (self.low, self.high) == (0.0, 255.0):
            return array
        spread = 255.0 / (self.high - self.low) if self.high > self.low else 0.0
        values = (array.astype(np.float32) - self.low) * spread
        values = np.nan_to_num(values, nan=0.0, posinf=255.0, neginf=0.0)
        pixels: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        return pixels


def stack_of_images(array: NDArray[Any]) -> NDArray[Any]:
    """Check images of shape (instances, height, width), with channels last if there are any.

    Raises:
        ShapeError: it has another shape.
        LabelError: it does not hold numbers.
    """
    return _channels_last(array, 1, "images has", "(instances, height, width) or")


def one_image(array: NDArray[Any]) -> NDArray[Any]:
    """Check one image of shape (height, width), with channels last if there are any.

    Raises:
        ShapeError: it has another shape.
        LabelError: it does not hold numbers.
    """
    return _channels_last(array, 0, "images holds an array of", "(height, width) or")


def _channels_last(array: NDArray[Any], axes: int, subject: str, plain: str) -> NDArray[Any]:
    """Move channels to the last axis, and drop a single one.

    Arguments:
        axes: How many axes come before those of an image.
    """
    if array.dtype.kind not in NUMBERS:
        raise LabelError(f"images holds {array.dtype} values. Pass numbers, or paths of files.")
    shape = array.shape
    if len(shape) == axes + 2 and min(shape[axes:]) > 0:
        return array
    if len(shape) == axes + 3 and min(shape[axes:]) > 0:
        if shape[-1] not in CHANNELS and shape[axes] in CHANNELS:
            array = np.moveaxis(array, axes, -1)
        if array.shape[-1] in CHANNELS:
            return array[..., 0] if array.shape[-1] == 1 else array
    raise ShapeError(
        f"{subject} shape {shape}. Pass {plain} those with 1, 3 or 4 channels, first or last."
    )
