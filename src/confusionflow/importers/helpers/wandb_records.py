"""Read the records of a run of Weights & Biases from its file `run-ID.wandb`.

They are framed as LevelDB frames its log: blocks of 32 KiB, in which each part of a record has a
check sum, its length and which part it is.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from confusionflow.errors import ImportSourceError, MissingPackageError

try:
    from google.protobuf.message import DecodeError
    from wandb.proto.wandb_internal_pb2 import Record
except ImportError:
    raise MissingPackageError("wandb", "wandb", "Reading files of Weights & Biases") from None

MAGIC = b":W&B\xe1\xbe\x00"
BLOCK = 32 * 1024
FRAME = struct.Struct("<IHB")  # check sum, length, part
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
STARTS, ENDS = (FULL, FIRST), (FULL, LAST)


def read_records(file: Path) -> Iterator[Any]:
    """The records of a file; the last may be cut short if the training was killed.

    Raises:
        ImportSourceError: W&B did not write the file, or it is damaged before its end.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise ImportSourceError(f"It can't be read: {reason}.", file=str(file)) from error
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise ImportSourceError(
            "It does not begin like a file of W&B. Move it elsewhere.", file=str(file)
        )
    at = len(MAGIC)
    parts: list[bytes] = []
    while at + FRAME.size <= len(data):
        left = BLOCK - at % BLOCK
        if left < FRAME.size:  # the rest of a block is too short for a frame
            at += left
            continue
        check_sum, length, part = FRAME.unpack_from(data, at)
        body = data[at + FRAME.size : at + FRAME.size + length]
        if len(body) < length:
            return
        goes_on = bool(parts) != (part in STARTS)
        is_whole = part in (FULL, FIRST, MIDDLE, LAST) and goes_on
        if not is_whole or zlib.crc32(body, zlib.crc32(bytes([part]))) != check_sum:
            raise _damaged(file, at)
        parts.append(body)
        if part in ENDS:
            try:
                yield Record.FromString(b"".join(parts))
            except DecodeError as error:
                raise _damaged(file, at) from error
            parts = []
        at += FRAME.size + length


def _damaged(file: Path, at: int) -> ImportSourceError:
    return ImportSourceError(
        f"It is damaged from byte {at:,} on. Copy it again, or move its folder elsewhere.",
        file=str(file),
    )
