"""Read JSON of a log directory, without trusting its author."""

from __future__ import annotations

import json
from typing import Any

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.file_names import FORMAT_VERSION
from confusionflow.store.format.text import storable

# Documents with more bytes, or more deeply nested, are not read.
MOST_BYTES = 4 << 20
MOST_DEPTH = 64


def decode_json(data: bytes, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """Read a JSON object. Its texts can be stored again; halves of surrogate pairs are escaped.

    Arguments:
        data: The bytes, UTF-8.
        most_bytes: How many there may be.

    Raises:
        DamagedFileError: there are too many, or they are not a JSON object or nested too deeply.
    """
    if len(data) > most_bytes:
        raise DamagedFileError(
            f"It holds {len(data):,} bytes of JSON; the limit is {most_bytes:,}."
        )
    try:
        content = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(f"It is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise DamagedFileError("It does not hold a JSON object.")
    if b"\\u" not in data and data.count(b"[") + data.count(b"{") <= MOST_DEPTH:
        return content  # one check shows that each of a thousand names of classes is fine
    checked: dict[str, Any] = _checked(content, 0)
    return checked


def check_version(version: int) -> None:
    """Check that this package knows a file's format.

    Raises:
        DamagedFileError: the format is newer.
    """
    if version > FORMAT_VERSION:
        raise DamagedFileError(
            f"It has format version {version}; this ConfusionFlow reads up to {FORMAT_VERSION}. "
            "Upgrade it."
        )


def _checked(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return storable(value)
    if not isinstance(value, (list, dict)):
        return value
    if depth == MOST_DEPTH:
        raise DamagedFileError(f"Its lists and objects are nested deeper than {MOST_DEPTH}.")
    if isinstance(value, list):
        for at, each in enumerate(value):
            value[at] = _checked(each, depth + 1)
        return value
    return {storable(key): _checked(each, depth + 1) for key, each in value.items()}
