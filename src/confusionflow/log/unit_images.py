"""Images of units as they are kept: PNG."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError, MissingPackageError, ShapeError
from confusionflow.log.arrays import to_array

# Of an image's height and width.
MOST_PIXELS = 512


def images_table(images: Any, units: Any) -> dict[str, pa.Array | NDArray[np.generic]]:
    """One row for each image: the unit that it is of, and the bytes of a PNG.

    Arguments:
        images: uint8, or numbers from 0 to 1; shape (units, height, width), with another axis of 3
            for colours.
        units: Index of the unit that each image is of, shape (units,).

    Raises:
        ShapeError: the shapes can't be right.
        ArgumentError: the numbers can't be.
        MissingPackageError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingPackageError("Pillow", "images", "Keeping images of units") from error

    pixels, of = to_array(images, "images"), to_array(units, "units").ravel()
    is_colour = pixels.ndim == 4 and pixels.shape[3] == 3
    if not (pixels.ndim == 3 or is_colour) or len(pixels) != len(of) or not len(of):
        raise ShapeError(
            f"images has the shape {pixels.shape}, for {len(of):,} units. Pass an image for each, "
            "shape (units, height, width) or (units, height, width, 3)."
        )
    if max(pixels.shape[1:3]) > MOST_PIXELS:
        raise ShapeError(
            f"images has the shape {pixels.shape}. Pass at most {MOST_PIXELS} by {MOST_PIXELS} "
            "pixels."
        )
    if of.dtype.kind not in "iu" or of.min() < 0:
        raise ArgumentError("units does not hold indices. Pass integers from 0 on.")
    if pixels.dtype != np.uint8:
        if pixels.dtype.kind != "f" or not (pixels.min() >= 0 and pixels.max() <= 1):
            raise ArgumentError(
                f"images holds {pixels.dtype} values. Pass uint8, or numbers from 0 to 1."
            )
        pixels = (pixels * 255).round().astype(np.uint8)

    def png(image: NDArray[np.uint8]) -> bytes:
        out = io.BytesIO()
        Image.fromarray(image).save(out, "png", optimize=True)
        return out.getvalue()

    return {
        "unit": of.astype(np.int32),
        "png": pa.array([png(image) for image in pixels], pa.binary()),
    }
