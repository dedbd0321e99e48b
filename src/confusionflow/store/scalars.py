"""Keep numbers beside the epochs of a run, such as the learning rate."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError
from confusionflow.store.attempts import hidden_from
from confusionflow.store.cache import Cache
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.documents import decode_json
from confusionflow.store.format.file_names import ScalarsFile
from confusionflow.store.format.text import storable
from confusionflow.store.places.filesystem import FileSystem, join, read_proven
from confusionflow.store.problem import Problem

# The most rows in one file, so that it stays small enough to be read.
MOST_ROWS = 5_000

# How often at most a folder is listed again because its files were merged meanwhile.
LOOKS = 5


@dataclass(frozen=True)
class ScalarRow:
    """One number that was logged.

    Attributes:
        sequence: Counts up with what its writer logs: of two for one epoch, the greater counts.
        epoch: The epoch, from 0.
        name: What the number is.
        value: The number; it may be NaN or infinite.
    """

    sequence: int
    epoch: int
    name: str
    value: float


@dataclass(frozen=True)
class Scalar:
    """A number over time.

    Attributes:
        epochs: The epochs that have it, increasing.
        values: The number at each of them.
    """

    epochs: NDArray[np.int64]
    values: NDArray[np.float64]


def encode_scalars(rows: Iterable[ScalarRow]) -> bytes:
    """Encode a file of scalars; numbers that JSON does not have become text."""
    said = [
        [
            row.sequence,
            row.epoch,
            row.name,
            row.value if math.isfinite(row.value) else str(row.value),
        ]
        for row in rows
    ]
    content = {"format_version": file_names.FORMAT_VERSION, "scalars": said}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def decode_scalars(data: bytes) -> tuple[ScalarRow, ...]:
    """Decode a file of scalars.

    Raises:
        DamagedFileError: it is not such a file.

    Examples:
        >>> decode_scalars(encode_scalars([ScalarRow(0, 3, "lr", 0.1)]))
        (ScalarRow(sequence=0, epoch=3, name='lr', value=0.1),)
    """
    try:
        return tuple(_row(*said) for said in decode_json(data)["scalars"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(f"It does not hold scalars: {error}.") from error


def _row(sequence: Any, epoch: Any, name: Any, value: Any) -> ScalarRow:
    for number in (sequence, epoch):
        if type(number) is not int or not 0 <= number < 2**53:
            raise ValueError(f"{number!r:.60} is not an epoch")
    if not isinstance(name, str) or isinstance(value, bool):
        raise TypeError(f"{name!r:.60} is {value!r:.60}")
    return ScalarRow(sequence, epoch, storable(name), float(value))


def read_scalars(
    filesystem: FileSystem,
    run_id: str,
    first_epochs: Mapping[int, int],
    attempt: int | None,
    cache: Cache,
    report: Callable[[Problem], object],
) -> dict[str, Scalar]:
    """Read all scalars of a run by name, sorted; those that a later attempt hides are left out.

    Of several values for one epoch, that of the newest attempt counts, then that of the lowest
    rank, then the one that was logged last.

    Arguments:
        filesystem: Holds the log directory.
        run_id: Id of the run.
        first_epochs: The epoch from which on each attempt replaces those before it.
        attempt: Show the run as it was before any attempt after this one began; None for as it is.
        cache: Keeps what was read.
        report: Called with each file that can't be read.
    """
    chosen: dict[tuple[str, int], tuple[tuple[Any, ...], float]] = {}
    for file, rows in _read_files(filesystem, run_id, cache, report):
        if attempt is not None and file.attempt > attempt:
            continue
        limit = hidden_from(first_epochs, file.attempt)
        for row in rows:
            if limit is not None and row.epoch >= limit:
                continue
            rank = (file.attempt, -file.rank, row.sequence, file.writer)
            known = chosen.get((row.name, row.epoch))
            if known is None or known[0] < rank:
                chosen[row.name, row.epoch] = (rank, row.value)
    by_name: dict[str, dict[int, float]] = defaultdict(dict)
    for (name, epoch), (_, value) in sorted(chosen.items(), key=lambda item: item[0]):
        by_name[name][epoch] = value
    return {
        name: Scalar(np.array(list(found), np.int64), np.array(list(found.values()), np.float64))
        for name, found in by_name.items()
    }


def merge_scalars(filesystem: FileSystem, run_id: str, only_writer: str | None = None) -> int:
    """Merge the many files that a writer left into few. Readers see no change.

    Arguments:
        filesystem: Holds the log directory.
        run_id: Id of the run.
        only_writer: Merge the files of this writer only; None for those of all.

    Returns:
        How many fewer files there are.

    Raises:
        OSError: a file could not be written or removed; all scalars are there.
    """
    folder = file_names.run_folder(run_id)
    by_writer: dict[ScalarsFile, dict[ScalarsFile, tuple[ScalarRow, ...]]] = defaultdict(dict)
    for file, rows in _read_files(filesystem, run_id, Cache(), lambda problem: None):
        if only_writer in (None, file.writer):
            by_writer[replace(file, digest="")][file] = rows
    removed = 0
    for key, found in by_writer.items():
        if len(found) < 2:
            continue
        known = {row.sequence: row for part in found.values() for row in part}
        distinct = [row for _, row in sorted(known.items())]
        merged = {}
        for start in range(0, len(distinct), MOST_ROWS):
            data = encode_scalars(distinct[start : start + MOST_ROWS])
            merged[replace(key, digest=ids.digest_of(data))] = data
        filesystem.commit(folder, {file.name: data for file, data in merged.items()}, key.writer)
        gone = found.keys() - merged.keys()
        for file in gone:
            filesystem.remove(join(folder, file.name))
        removed += len(gone) - len(merged.keys() - found.keys())
    return removed


def _read_files(
    filesystem: FileSystem, run_id: str, cache: Cache, report: Callable[[Problem], object]
) -> list[tuple[ScalarsFile, tuple[ScalarRow, ...]]]:
    """All files of scalars that can be read; those that are merged meanwhile are found again."""
    folder = file_names.run_folder(run_id)
    for look in range(LOOKS):
        names = sorted(filesystem.scan(folder).files)
        found, problems, gone = [], [], False
        for file in filter(None, map(ScalarsFile.parse, names)):
            path = join(folder, file.name)
            try:
                found.append((file, cache.get(path, partial(_read, filesystem, path, file.digest))))
            except DamagedFileError as error:
                gone = gone or not filesystem.exists(path)
                problems.append(Problem(path, str(error)))
        if not gone or look == LOOKS - 1:
            break
    for problem in problems:
        report(problem)
    return found


def _read(filesystem: FileSystem, path: str, digest: str) -> tuple[ScalarRow, ...]:
    return decode_scalars(read_proven(filesystem, path, digest))
