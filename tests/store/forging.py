"""Files of a log as somebody who means ill writes them: what they hold is odd, their names fit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from confusionflow.store.format.ids import digest_of
from confusionflow.store.format.tables import PREFIX
from confusionflow.store.packed import MEMBERS


def forge(path: Path, data: bytes) -> Path:
    """Put other bytes in a file's place, under the name that tells their digest."""
    path.unlink()
    name = re.sub(r"[0-9a-f]{16}(?=\.\w+$)", digest_of(data), path.name)
    path.with_name(name).write_bytes(data)
    return path.with_name(name)


def forge_table(
    path: Path,
    metadata: Mapping[str, str] | None = None,
    *,
    columns: Mapping[str, pa.Array] | None = None,
    members: Mapping[str, Any] | None = None,
) -> Path:
    """Put other metadata, columns or, in a merged file, another index into a Parquet file's place.

    Arguments:
        path: The file.
        metadata: What replaces its metadata, by name.
        columns: What replaces its rows; None: they stay.
        members: What replaces parts of a merged file's index, by name.
    """
    table = pq.read_table(path)
    said = dict(pq.read_metadata(path).metadata or {})
    said |= {PREFIX + key.encode(): value.encode() for key, value in (metadata or {}).items()}
    if members is not None:
        said[MEMBERS] = json.dumps({**json.loads(said[MEMBERS]), **members}).encode()
    if columns is not None:
        table = pa.table(dict(columns))
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(said), sink, compression="zstd", write_statistics=False
    )
    return forge(path, sink.getvalue().to_pybytes())
