"""Read images as a training has them: arrays, Pillow images, files, or iterators of these."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError
from confusionflow.log.arrays import to_array
from confusionflow.log.pixels import Scale, one_image, stack_of_images
from confusionflow.log.thumbnails import (
    Form,
    ImageError,
    Thumbnail,
    check_pillow,
    check_pixels,
    decode_image,
    from_array,
    make_thumbnail,
    read_image_file,
)
from confusionflow.store.format.ids import digest_of

# The most images in memory at a time, and their bytes. The first of them set the scale of all.
TOGETHER = 1_024
TOGETHER_BYTES = 64 << 20
# Assumed size of an image that is not read yet.
UNREAD_BYTES = 4 << 20
MOST_THREADS = 4


@dataclass(frozen=True)
class Source:
    """One image that was passed, or the reason why it could not be read.

    Attributes:
        content: Pixels, an image of Pillow, or the bytes of a file; None if there is none.
        path: The path that was passed.
        problem: Why there is no content, though something was passed.
    """

    content: Any = None
    path: str | None = None
    problem: str | None = None

    def digest(self) -> bytes:
        """A digest of the image before it is made smaller."""
        state = hashlib.blake2b(digest_size=16)
        content = self.content
        if isinstance(content, np.ndarray):
            state.update(f"array {content.dtype.str} {content.shape} ".encode())
            state.update(np.ascontiguousarray(content).data)
        elif isinstance(content, bytes):
            state.update(b"file ")
            state.update(content)
        elif content is not None:
            state.update(f"image {content.mode} {content.size} ".encode())
            state.update(content.tobytes())
        else:
            state.update(f"none {self.problem}".encode())
        state.update(f" {self.path}".encode(errors="replace"))
        return state.digest()


@dataclass(frozen=True)
class Picture:
    """What is kept of an image.

    Attributes:
        thumbnail: A small picture; None if there is none.
        path: The path that was passed; None if it is not a file.
        file: Digest of that file's bytes.
        digest: Digest of what was passed.
        problem: Why there is no thumbnail, though something was passed.
    """

    thumbnail: Thumbnail | None
    path: str | None
    file: str | None
    digest: bytes
    problem: str | None = None


class Images:
    """Images of instances, in order.

    Arguments:
        images: An array or tensor of all, a list, a sequence, or what yields them: arrays, images
            of Pillow, paths, bytes of files, None.
        size: Longest side of a thumbnail, pixels.
        form: "webp" or "png".

    Attributes:
        count: How many there are; None if that is known only at the end.
        is_at_hand: Whether they are in memory or in files, so that going through them twice costs
            little.

    Raises:
        ConfusionFlowError: they can't be images.
        MissingPackageError: Pillow is not installed.
    """

    def __init__(self, images: Any, size: int, form: Form) -> None:
        check_pillow()
        self._images = _in_order(images)
        self._size = size
        self._form = form
        self.is_at_hand = isinstance(self._images, (np.ndarray, list, tuple))
        self.count = None if hasattr(self._images, "__next__") else len(self._images)

    def digests(self) -> Iterator[bytes]:
        """Yield a digest of each image."""
        for items in self._chunks():
            for item in items:
                yield _source_of(item).digest()

    def pictures(self) -> Iterator[Picture]:
        """Yield a thumbnail of each image."""
        scale: Scale | None = None
        with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool:
            for items in self._chunks():
                sources = list(pool.map(_source_of, items))
                if scale is None:
                    arrays = [s.content for s in sources if isinstance(s.content, np.ndarray)]
                    scale = Scale.of(arrays) if arrays else None
                yield from pool.map(self._picture, sources, [scale] * len(sources))

    def _picture(self, source: Source, scale: Scale | None) -> Picture:
        content = source.content
        digest = source.digest()
        file = digest_of(content) if source.path is not None and content is not None else None
        try:
            if source.problem is not None:
                raise ImageError(source.problem)
            made = None if content is None else self._thumbnail(content, scale)
        except ImageError as error:
            return Picture(None, source.path, file, digest, str(error))
        return Picture(made, source.path, file, digest)

    def _thumbnail(self, content: Any, scale: Scale | None) -> Thumbnail:
        if isinstance(content, np.ndarray):
            check_pixels(content.shape[1], content.shape[0])
            image = from_array((scale or Scale.of([content])).applied(content))
        else:
            image = decode_image(content, self._size) if isinstance(content, bytes) else content
        return make_thumbnail(image, self._size, self._form)

    def _chunks(self) -> Iterator[list[Any]]:
        found = self._images
        items = found if self.count is None else (found[at] for at in range(len(found)))
        chunk: list[Any] = []
        size = 0
        for item in items:
            chunk.append(item)
            size += _bytes_of(item)
            if len(chunk) == TOGETHER or size >= TOGETHER_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk


def _in_order(images: Any) -> Any:
    """Images as an array, a list, a sequence or an iterator."""
    if isinstance(images, (str, bytes, os.PathLike, dict)) or _is_pillow(images):
        raise ArgumentError(
            f"images is one {type(images).__name__}. Pass one image for each instance, in a list "
            "or an array."
        )
    if isinstance(images, (list, tuple)):
        return images
    for name in ("to_pylist", "to_list"):  # Arrow, pandas, Polars
        if hasattr(images, name):
            return getattr(images, name)()
    if isinstance(images, np.ndarray) or hasattr(images, "detach") or hasattr(images, "__array__"):
        array = to_array(images, "images")
        return array.ravel().tolist() if array.dtype.kind in "OUS" else stack_of_images(array)
    if hasattr(images, "__getitem__") and hasattr(images, "__len__"):
        return images
    if hasattr(images, "__iter__"):
        return iter(images)
    raise ArgumentError(
        f"images is a {type(images).__name__}. Pass an array, or a list of arrays, of images of "
        "Pillow or of paths."
    )


def _bytes_of(item: Any) -> int:
    if _is_pillow(item):
        return 4 * int(item.width) * int(item.height)
    return int(getattr(item, "nbytes", UNREAD_BYTES))


def _is_pillow(value: Any) -> bool:
    from PIL.Image import Image

    return isinstance(value, Image)


def _source_of(item: Any) -> Source:
    """Make one image from whatever was passed for it.

    Raises:
        ConfusionFlowError: it can't be an image.
    """
    if isinstance(item, dict) and {"bytes", "path"} <= item.keys():  # as of Hugging Face's
        item = item["bytes"] if item["bytes"] is not None else item["path"]
    if item is None or (isinstance(item, float) and np.isnan(item)):
        return Source()
    if isinstance(item, (str, os.PathLike)):
        path = os.fsdecode(item)
        try:
            return Source(read_image_file(path), path)
        except ImageError as error:
            return Source(None, path, str(error))
    if isinstance(item, (bytes, bytearray)):
        return Source(bytes(item))
    if _is_pillow(item):
        try:
            check_pixels(*item.size)
            item.load()
        except Exception as error:  # a hostile file can make a decoder raise anything
            return Source(None, None, str(error))
        return Source(item)
    if hasattr(item, "__array__") or hasattr(item, "detach"):
        return Source(one_image(_plain(to_array(item, "images"))))
    raise ArgumentError(
        f"images holds a {type(item).__name__} ({item!r:.60}). Pass arrays, images of Pillow, or "
        "paths."
    )


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32) if array.dtype.kind == "f" and array.itemsize < 4 else array
