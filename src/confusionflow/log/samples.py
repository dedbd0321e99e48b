"""What `Run.log_samples` takes, turned into files of samples."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
import pyarrow as pa

from confusionflow.errors import ArgumentError, ShapeError
from confusionflow.log.arguments import instances_of
from confusionflow.log.images import Images, Picture
from confusionflow.log.sample_columns import sample_columns
from confusionflow.log.thumbnails import Form
from confusionflow.store.format.text import storable
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.samples.document import NamedSamples
from confusionflow.store.samples.part import IMAGE, encode_part
from confusionflow.store.samples.write import find_whole, write_set

T = TypeVar("T")

SIZES = range(8, 513)
# A part ends once it has this many bytes or rows. With one more image it is far below 64 MiB.
PART_BYTES = 24 << 20
PART_ROWS = 1 << 16
# To be raised when the same input makes different files.
RECIPE = 1
# How long a disk may take for one file.
SILENCE_S = 60.0


@dataclass
class Samples:
    """The samples of a data set, as they were passed.

    Attributes:
        ids: What identifies the instances; None for their positions.
        columns: Texts and other columns by name, each of them with a value for each instance.
        images: Their images; None if there are none.
        count: How many instances these are; None if that is known only at the end.
        size: Longest side of a thumbnail, pixels.
        form: "webp" or "png".
        problems: Images without a thumbnail: position, path and reason.
    """

    ids: Any
    columns: dict[str, pa.Array]
    images: Images | None
    count: int | None
    size: int
    form: Form
    problems: list[tuple[int, str | None, str]] = field(default_factory=list)

    @classmethod
    def take(
        cls, ids: Any, images: Any, text: Any, columns: Any, group: Any, size: Any, form: Any
    ) -> Samples:
        """Check the arguments of `Run.log_samples`.

        Raises:
            ConfusionFlowError: the call can't be right.
        """
        if images is None and text is None and columns is None and group is None:
            raise ArgumentError(
                "log_samples() got nothing that shows instances. Pass images=, text=, columns= or "
                "group=."
            )
        if form not in get_args(Form):
            raise ArgumentError(f'thumbnail_format is {form!r:.60}. Pass "webp" or "png".')
        if not isinstance(size, (int, np.integer)) or int(size) not in SIZES:
            raise ArgumentError(
                f"thumbnail_size is {size!r:.60}. Pass a number of pixels from {SIZES.start} to "
                f"{SIZES.stop - 1}."
            )
        made = sample_columns(text, columns, group)
        pictures = None if images is None else Images(images, int(size), form)
        lengths = {name: len(column) for name, column in made.items()}
        if pictures is not None and pictures.count is not None:
            lengths["images"] = pictures.count
        if ids is not None:
            ids = list(ids) if isinstance(ids, (range, tuple)) else ids
            lengths["ids"] = len(ids)
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
            raise ShapeError(f"log_samples() got different numbers of values: {said}.")
        count = next(iter(lengths.values()), None)
        known = None if ids is None or count is None else instances_of(ids, count)
        return cls(known, made, pictures, count, int(size), form)

    def content(self) -> str | None:
        """A digest of everything that was passed; None if it can be read only once."""
        if self.images is None:
            return str(self._begun().hexdigest())
        if not self.images.is_at_hand:
            return None
        state = self._begun()
        for digest in self.images.digests():
            state.update(digest)
        return str(state.hexdigest())

    def files(self, folder: Path, tick: Callable[[], None]) -> tuple[str, list[Path]]:
        """Write the parts into a local folder.

        Arguments:
            folder: An empty folder.
            tick: Called for each image.

        Returns:
            A digest of all that was passed, and the files in order.

        Raises:
            ShapeError: there are more or fewer images than other values.
        """
        state = self._begun()
        files: list[Path] = []
        rows = size = begin = 0
        held: list[Picture] = []

        def flush() -> None:
            nonlocal rows, size, begin
            if rows:
                files.append(folder / f"{len(files):06}")
                files[-1].write_bytes(encode_part(self._rows(begin, rows, held)))
                begin, rows, size = begin + rows, 0, 0
                held.clear()

        for picture in self._pictures():
            at = begin + rows
            rows += 1
            if picture is not None:
                held.append(picture)
                state.update(picture.digest)
                size += len(picture.thumbnail.data) if picture.thumbnail else 0
                if picture.problem is not None:
                    self.problems.append((at, picture.path, picture.problem))
                tick()
            text = self.columns.get("text")
            size += len(text[at].as_py() or "") if text is not None and at < len(text) else 8
            if size >= PART_BYTES or rows >= PART_ROWS:
                flush()
        flush()
        total = begin
        if self.count not in (None, total):
            raise ShapeError(
                f"log_samples() got {total:,} images and {self.count:,} other values. Pass one for "
                "each instance."
            )
        return str(state.hexdigest()), files

    def told(self, split: str) -> str:
        """Report which images have no thumbnail."""
        at, path, reason = self.problems[0]
        which = f"image {at:,}" if path is None else repr(storable(path))
        n = len(self.problems)
        return (
            f"{n:,} image{'s' * (n > 1)} of split {split!r} can't be shown. The first is {which}: "
            f"{reason}. The instances are logged without a thumbnail."
        )

    def _pictures(self) -> Iterator[Picture | None]:
        if self.images is not None:
            yield from self.images.pictures()
        else:
            for _ in range(self.count or 0):
                yield None

    def _rows(self, begin: int, rows: int, pictures: list[Picture]) -> dict[str, pa.Array]:
        """The columns of some rows."""
        ids = np.arange(begin, begin + rows) if self.ids is None else self.ids[begin : begin + rows]
        if isinstance(ids, np.ndarray) and ids.dtype != np.uint64:
            ids = ids.astype(np.int64)
        found: dict[str, pa.Array] = {"instance": pa.array(ids)}
        if self.images is not None:
            small = [picture.thumbnail for picture in pictures]
            found[IMAGE] = pa.array([each and each.data for each in small], pa.binary())
            found["width"] = pa.array([each and each.width for each in small], pa.int32())
            found["height"] = pa.array([each and each.height for each in small], pa.int32())
            paths = [each.path for each in pictures]
            if any(path is not None for path in paths):
                shown = [None if path is None else storable(path) for path in paths]
                found["path"] = pa.array(shown, pa.string())
                found["file"] = pa.array([each.file for each in pictures], pa.string())
        found |= {name: column.slice(begin, rows) for name, column in self.columns.items()}
        return found

    def _begun(self) -> Any:
        """Begin the digest with everything but the images."""
        state = hashlib.blake2b(digest_size=8)
        shown = None if self.images is None else (self.size, self.form)
        state.update(f"samples {RECIPE} {shown} ".encode())
        ids = self.ids
        if isinstance(ids, np.ndarray):
            ids = pa.array(ids if ids.dtype == np.uint64 else ids.astype(np.int64))
        for name, column in {"instance": ids, **self.columns}.items():
            if column is not None:
                state.update(f"{name!r} {column.type} {len(column)} ".encode())
                _update(state, column)
        return state


def _update(state: Any, column: pa.Array) -> None:
    """Add the values of a column to a digest."""
    if pa.types.is_string(column.type):
        texts = column.to_pylist()
        encoded = [b"" if text is None else text.encode() for text in texts]
        lengths = [-1 if text is None else len(e) for text, e in zip(texts, encoded, strict=True)]
        state.update(np.array(lengths, np.int64).tobytes())
        state.update(b"".join(encoded))
    else:
        zero = pa.scalar(0).cast(column.type)
        state.update(np.array(column.is_null()).tobytes())
        state.update(np.array(column.fill_null(zero)).tobytes())


def write_samples(
    filesystem: FileSystem, samples: Samples, title: str, shown: bool
) -> NamedSamples:
    """Write samples into a log directory, unless they are already there.

    Arguments:
        filesystem: Holds the log directory.
        samples: The samples.
        title: Title of the progress bar.
        shown: Whether there is a progress bar.

    Raises:
        OSError: they could not be written, or the disk does not answer.
        ShapeError: there are more or fewer images than other values.
    """
    content = samples.content()
    if content is not None and (known := _known(filesystem, content)):
        return known
    with tempfile.TemporaryDirectory(prefix="confusionflow-") as name:
        with _progress(title, samples, shown=shown) as tick, warnings.catch_warnings():
            # Warnings about damaged and large images; `problems` has what matters.
            warnings.filterwarnings("ignore", module=r"PIL\.")
            content, files = samples.files(Path(name), tick)
        if known := _known(filesystem, content):
            return known
        return write_set(filesystem, content, files, in_time)


def _known(filesystem: FileSystem, content: str) -> NamedSamples | None:
    return in_time(lambda: find_whole(filesystem, content))


def in_time(step: Callable[[], T]) -> T:
    """Run a step in its own thread, and wait for it as long as for a disk.

    Raises:
        TimeoutError: it takes longer.
        OSError: as the step raised it.
    """
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(step())
        except BaseException as error:
            done.set_exception(error)

    # A daemon: a disk that never answers must not keep the process from ending.
    threading.Thread(target=work, name="confusionflow-samples", daemon=True).start()
    try:
        return done.result(SILENCE_S)
    except FutureTimeoutError as error:
        if done.done():
            raise
        raise TimeoutError("The disk does not answer") from error


@contextmanager
def _progress(title: str, samples: Samples, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Show a progress bar on standard error while thumbnails are made, if it can be seen."""
    if samples.images is None or not shown:
        yield lambda: None
        return
    from rich.console import Console  # takes longer to load than a training's first step
    from rich.progress import Progress

    console = Console(stderr=True)
    is_seen = console.is_terminal or console.is_jupyter
    with Progress(console=console, transient=True, disable=not is_seen) as bar:
        task = bar.add_task(title, total=samples.count)
        yield lambda: bar.advance(task)
