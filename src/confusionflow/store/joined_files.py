"""Keep the joined counts of ranks, to join them only once.

In the log, `joined-….parquet` holds those of many epochs of a split: `confusionflow compact` writes
it, and the last rank that closes a run. Readers do not write there; they keep what they joined in
the user's cache folder. Both are found by the names of the files that were joined, which have
digests of their contents, so they are never stale. They hold nothing that does not follow from the
other files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from confusionflow.errors import DamagedFileError
from confusionflow.store.epoch import EpochCounts
from confusionflow.store.format.cells import Cells
from confusionflow.store.format.documents import check_version, decode_json
from confusionflow.store.format.file_names import FORMAT_VERSION, DataFile, JoinedFile
from confusionflow.store.format.ids import digest_of
from confusionflow.store.format.tables import (
    PREFIX,
    Metadata,
    open_parquet,
    open_writer,
    read_rows,
)
from confusionflow.store.joined import JoinedRanks

JOINED = PREFIX + b"joined"
MOST_INDEX_BYTES = 64 << 20
# Limit of one file, because it is read as a whole.
MOST_ROWS = 4_000_000


def key_of(counts: Iterable[DataFile]) -> str:
    """Make a key for the joined counts of ranks.

    Arguments:
        counts: The file of counts of each rank, in the order of ranks. They name their files of
            predictions by digest.
    """
    names = "\n".join(file.name for file in counts)
    return hashlib.blake2b(names.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class KeptEpoch:
    """The joined counts of one epoch, without the names of their files.

    Attributes:
        key: What `key_of` gives for the files.
        ranks: For each rank its metadata and its rows: actual, predicted, count.
        problems: Number of a rank, and what is wrong with it.
    """

    key: str
    ranks: tuple[tuple[Metadata, Cells], ...]
    problems: tuple[tuple[int, str], ...]

    @property
    def epoch(self) -> int:
        """The epoch."""
        return self.ranks[0][0].epoch

    @classmethod
    def of(cls, key: str, joined: JoinedRanks) -> KeptEpoch:
        """Make what is kept from joined ranks."""
        files = [part.file for part in joined.parts]
        return cls(
            key,
            tuple((part.metadata, part.cells) for part in joined.parts),
            tuple((files.index(file), reason) for file, reason in joined.problems),
        )

    def ranks_of(self, files: Sequence[DataFile]) -> JoinedRanks | None:
        """Restore the joined ranks; None if these are not their files of counts."""
        said = [(m.epoch, m.attempt, m.rank) for m, _ in self.ranks]
        if said != [(file.epoch, file.attempt, file.rank) for file in files]:
            return None
        parts = tuple(
            EpochCounts(file, metadata, cells)
            for file, (metadata, cells) in zip(files, self.ranks, strict=True)
        )
        return JoinedRanks(parts, tuple((files[at], reason) for at, reason in self.problems))


def encode_joined(epochs: Sequence[KeptEpoch]) -> memoryview:
    """Encode epochs of one split as the bytes of a Parquet file."""
    parts = [part for epoch in epochs for part in epoch.ranks]
    numbers = [metadata.epoch for metadata, cells in parts if len(cells)]
    sizes = [len(cells) for _, cells in parts if len(cells)]
    columns = {
        "epoch": np.repeat(np.array(numbers, np.int64), sizes),
        "actual": _joined([cells.actual for _, cells in parts], np.int32),
        "predicted": _joined([cells.predicted for _, cells in parts], np.int32),
        "count": _joined([cells.count for _, cells in parts], np.int64),
    }
    table = pa.table(columns)
    classes = list(dict.fromkeys(metadata.classes for metadata, _ in parts))
    index = {
        "format_version": FORMAT_VERSION,
        "run_id": parts[0][0].run_id,
        "split": parts[0][0].split,
        "classes": classes,
        "epochs": [
            {
                "key": epoch.key,
                "epoch": epoch.epoch,
                "attempt": [m.attempt for m, _ in epoch.ranks],
                "rank": [m.rank for m, _ in epoch.ranks],
                "world_size": [m.world_size for m, _ in epoch.ranks],
                "left_out": [m.left_out for m, _ in epoch.ranks],
                "classes": [classes.index(m.classes) for m, _ in epoch.ranks],
                "rows": [len(cells) for _, cells in epoch.ranks],
                "problems": [list(problem) for problem in epoch.problems],
            }
            for epoch in epochs
        ],
    }
    sink = pa.BufferOutputStream()
    with open_writer(sink, table.schema, len(table), few=["count"]) as writer:
        writer.write_table(table)
        text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
        writer.add_key_value_metadata({JOINED: text.encode()})
    return memoryview(sink.getvalue())


def _joined(arrays: Sequence[np.ndarray[Any, Any]], kind: type[np.integer]) -> np.ndarray[Any, Any]:
    return np.concatenate([array.astype(kind) for array in arrays])


def decode_joined(data: bytes) -> dict[str, KeptEpoch]:
    """Read the epochs of a file, by key.

    Raises:
        DamagedFileError: the bytes do not hold joined counts.
    """
    file = open_parquet(data)
    cells = Cells.read(lambda name: read_rows(file, columns=[name]).column(name))
    said = file.metadata.metadata or {}
    try:
        content = decode_json(said.get(JOINED, b""), MOST_INDEX_BYTES)
        check_version(int(content["format_version"]))
        found = list(_epochs(content, cells))
    except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise DamagedFileError(f"Its index is not valid: {error}.") from error
    if sum(len(part) for epoch in found for _, part in epoch.ranks) != len(cells):
        raise DamagedFileError("Its rows do not match its index.")
    return {epoch.key: epoch for epoch in found}


def _epochs(content: Mapping[str, Any], cells: Cells) -> Iterator[KeptEpoch]:
    at = 0
    for said in content["epochs"]:
        lists = ("attempt", "rank", "world_size", "left_out", "classes", "rows")
        ranks = []
        for attempt, rank, world_size, left_out, classes, size in zip(
            *(said[name] for name in lists), strict=True
        ):
            metadata = Metadata.parse(
                {
                    "format_version": str(FORMAT_VERSION),
                    "run_id": str(content["run_id"]),
                    "split": str(content["split"]),
                    "epoch": str(int(said["epoch"])),
                    "attempt": str(int(attempt)),
                    "rank": str(int(rank)),
                    "world_size": str(int(world_size)),
                    "left_out": str(int(left_out)),
                    "classes": str(content["classes"][int(classes)]),
                }
            )
            if not 0 <= int(size) <= len(cells) - at:
                raise ValueError("its lists do not match its rows")
            ranks.append((metadata, cells.part(at, int(size))))
            at += int(size)
        problems = tuple((int(rank), str(reason)) for rank, reason in said["problems"])
        if not all(0 <= rank < len(ranks) for rank, _ in problems):
            raise ValueError("it names a rank that it does not have")
        yield KeptEpoch(str(said["key"]), tuple(ranks), problems)


def in_files(epochs: Iterable[KeptEpoch], writer: str) -> Iterator[tuple[JoinedFile, memoryview]]:
    """Yield the names and bytes of files that hold epochs of one split, in increasing order."""
    group: list[KeptEpoch] = []
    rows = 0
    for epoch in epochs:
        more = sum(len(part) for _, part in epoch.ranks)
        if group and rows + more > MOST_ROWS:
            yield _file(group, writer)
            group, rows = [], 0
        group.append(epoch)
        rows += more
    if group:
        yield _file(group, writer)


def _file(epochs: Sequence[KeptEpoch], writer: str) -> tuple[JoinedFile, memoryview]:
    data = encode_joined(epochs)
    numbers = [epoch.epoch for epoch in epochs]
    return JoinedFile(min(numbers), max(numbers), writer, digest_of(data)), data
