"""Make a thumbnail of an image that may be damaged or hostile."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ConfusionFlowError, MissingPackageError
from confusionflow.log.pixels import Scale

if TYPE_CHECKING:
    from PIL.Image import Image

Form = Literal["webp", "png"]

# The formats that are read. PostScript and SVG are left out because they can hold programs.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000")
# An image of more pixels is not read: a file of some bytes can claim billions of them.
MOST_PIXELS = 89_478_485
MOST_FILE_BYTES = 256 << 20
WEBP_QUALITY = 85
# Where EXIF says how the camera was held.
ORIENTATION = 0x0112


class ImageError(ConfusionFlowError, ValueError):
    """An image that can't be made into a thumbnail."""


@dataclass(frozen=True)
class Thumbnail:
    """A small picture.

    Attributes:
        data: The bytes of a WebP or PNG file.
        width, height: Pixels.
    """

    data: bytes
    width: int
    height: int


def check_pillow() -> None:
    """Check that Pillow is installed.

    Raises:
        MissingPackageError: it is not.
    """
    try:
        import PIL.Image  # noqa: F401 - loads the package
    except ImportError:
        raise MissingPackageError("Pillow", "images", "log_samples() with images") from None


def read_image_file(path: str) -> bytes:
    """Read the bytes of an image's file.

    Raises:
        ImageError: it can't be read, is no regular file, or is too large.
    """
    try:
        # Without waiting: a pipe would never end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ImageError("it is not a regular file")
            if status.st_size > MOST_FILE_BYTES:
                raise ImageError(
                    f"its {status.st_size:,} bytes are more than the {MOST_FILE_BYTES:,} that "
                    "are read"
                )
            return file.read()
    except (OSError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"it can't be read: {reason}") from error


def decode_image(data: bytes, size: int) -> Image:
    """Read an image from the bytes of a file, not much larger than the thumbnail needs.

    Arguments:
        data: The bytes.
        size: Longest side of the thumbnail, pixels.

    Raises:
        ImageError: it is not an image, is damaged, or would take too much memory.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if head.startswith(b"<") and (b"<svg" in data[:65_536].lower() or b"<?xml" in head):
            raise ImageError(
                "it is a drawing (SVG or another XML), which can hold scripts; save it as PNG"
            ) from None
        raise ImageError(
            "it is not a PNG, JPEG, WebP, GIF, BMP, TIFF, PPM, AVIF or JPEG 2000 file"
        ) from None
    except Exception as error:  # a hostile file can make a decoder raise anything
        raise ImageError(f"it can't be read: {error or type(error).__name__}") from error
    check_pixels(*image.size)
    image.draft("RGB", (2 * size, 2 * size))
    return image


def check_pixels(width: int, height: int) -> None:
    """Check that an image does not have too many pixels.

    Raises:
        ImageError: it has too many.
    """
    if width * height > MOST_PIXELS:
        raise ImageError(
            f"its {width:,} by {height:,} pixels are more than the {MOST_PIXELS:,} that are read"
        )


def from_array(pixels: NDArray[np.uint8]) -> Image:
    """An image from pixels of shape (height, width) or (height, width, 3 or 4)."""
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels))


def make_thumbnail(image: Image, size: int, form: Form) -> Thumbnail:
    """Make a thumbnail: turned as EXIF says, never enlarged, without the file's metadata.

    Arguments:
        image: An image of Pillow.
        size: Its longest side, pixels.
        form: "webp" or "png".

    Raises:
        ImageError: the image is damaged.
    """
    try:
        check_pixels(*image.size)
        return _made(image, size, form)
    except ImageError:
        raise
    except Exception as error:  # a hostile file can make a decoder raise anything
        raise ImageError(f"it can't be read: {error or type(error).__name__}") from error


def _made(image: Image, size: int, form: Form) -> Thumbnail:
    from PIL import Image as Images

    turn = _turn(image)
    small = _plain(image)
    if max(small.size) > size:
        small = small.copy() if small is image else small
        small.thumbnail((size, size), Images.Resampling.LANCZOS, reducing_gap=2.0)
    if turn is not None:
        small = small.transpose(turn)
    small = small.copy() if small is image else small
    small.info = {}  # the position of the camera, say, does not belong in a log
    sink = io.BytesIO()
    if form == "webp":
        small.save(sink, "WEBP", quality=WEBP_QUALITY, method=2, exif=b"", xmp=b"")
    else:
        small.save(sink, "PNG", exif=b"")
    return Thumbnail(sink.getvalue(), *small.size)


def _turn(image: Image) -> Any:
    """Read from EXIF how to turn or mirror an image; None for not at all."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        return turns.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # damaged EXIF says nothing
        return None


def _plain(image: Image) -> Image:
    """The image in a mode that thumbnails have: L, RGB or RGBA."""
    if image.mode in ("L", "RGB", "RGBA"):
        image.load()
        return image
    if image.mode[0] in "IF":  # more than 8 bits
        values = np.asarray(image)
        return from_array(Scale.of([values]).applied(values))
    if image.mode in ("LA", "La", "PA", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")
