"""Read confusion from one of TensorBoard's event files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ConfusionFlowError, ImportSourceError, MissingPackageError

try:
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
    from tensorboard.util.tensor_util import make_ndarray
except ImportError:
    raise MissingPackageError("tensorboard", "tensorboard", "Reading event files") from None

PREFIX = "confusion"
# Around each record: its length, 8 bytes, and check sums of the length and of the record, 4 each.
FRAME = 16
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Value:
    """The value of a tag at a step, and the file that holds it."""

    array: Counts
    file: Path


# By tag and step.
Values = dict[str, dict[int, Value]]


def read_events(values: Values, file: Path) -> None:
    """Read the confusion in an event file."""
    for step, tag, array in _events(file):
        counts = _counts(array, tag, step, file)
        steps = values.setdefault(tag, {})
        if step in steps and not np.array_equal(steps[step].array, counts):
            raise wrong(
                file,
                tag,
                step,
                f"It is also in {steps[step].file.name}, with other values. Perhaps a training "
                "began again in the same folder. Move one of the files elsewhere",
            )
        steps[step] = Value(counts, file)


def _events(file: Path) -> Iterator[tuple[int, str, NDArray[np.generic]]]:
    """Yield step, tag and number or tensor of each value of confusion in an event file."""
    end = 0
    try:
        for record in RawEventFileLoader(str(file)).Load():
            end += len(record) + FRAME
            event = Event.FromString(record)
            for value in event.summary.value:
                if not value.tag.startswith(f"{PREFIX}/"):
                    continue
                if value.HasField("simple_value"):
                    yield event.step, value.tag, np.array(value.simple_value)
                elif value.HasField("tensor"):
                    array = make_ndarray(value.tensor)
                    if array.dtype.kind in "fiub":  # pictures and texts are tensors, too
                        yield event.step, value.tag, array
        damaged = _is_damaged(file, end)
    except ConfusionFlowError:
        raise
    except Exception as error:  # a damaged file can make the decoder raise anything
        raise ImportSourceError(f"It can't be read: {error}.", file=str(file)) from error
    if damaged:
        raise ImportSourceError(
            f"It is damaged from byte {end:,} on. Copy it again, or move it elsewhere.",
            file=str(file),
        )


def _is_damaged(file: Path, end: int) -> bool:
    """Whether the bytes after the last good record are damaged, not just still being written."""
    with file.open("rb") as opened:
        opened.seek(end)
        length, sum_of_length = opened.read(8), opened.read(4)
        if len(sum_of_length) < 4:
            return False
        if masked_crc32c(length) != int.from_bytes(sum_of_length, "little"):
            return True
        # A damaged record has all its bytes; a record that was completed meanwhile has the right
        # sum.
        n_bytes = int.from_bytes(length, "little")
        if file.stat().st_size < end + n_bytes + FRAME:
            return False
        record, sum_of_record = opened.read(n_bytes), opened.read(4)
        return bool(masked_crc32c(record) != int.from_bytes(sum_of_record, "little"))


def _counts(array: NDArray[np.generic], tag: str, step: int, file: Path) -> Counts:
    depth = tag.count("/")
    if depth not in (1, 3) or (depth == 3) != (array.ndim == 0):
        raise wrong(
            file,
            tag,
            step,
            f"It is {'a scalar' if array.ndim == 0 else f'of shape {array.shape}'}. Scalars are "
            f"named {PREFIX}/SPLIT/ACTUAL/PREDICTED and tensors {PREFIX}/SPLIT",
        )
    if array.ndim and (array.ndim > 3 or array.ndim < 2 or array.shape[0] != array.shape[1]):
        raise wrong(
            file,
            tag,
            step,
            f"It has the shape {array.shape}. Tensors are (classes, classes), "
            "or (classes, classes, epochs)",
        )
    if not 0 <= step < 2**53:
        raise wrong(file, tag, step, "Steps become epochs, whole numbers from 0 on")
    numbers = array.astype(np.float64)
    bad = ~((numbers >= 0) & (numbers < 2**53) & (numbers == np.floor(numbers)))
    if bad.any():
        raise wrong(
            file,
            tag,
            step,
            f"It holds {numbers[bad].flat[0]:g}. Counts are whole numbers from 0 on; "
            "log counts, not rates",
        )
    return numbers.astype(np.int64)


def wrong(file: Path, tag: str, step: int, message: str) -> ImportSourceError:
    """Make an error about a value."""
    return ImportSourceError(f"Tag {tag!r}, step {step}: {message}.", file=str(file))
