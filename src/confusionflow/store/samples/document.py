"""Read and write the small document in a split's folder that names its samples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.documents import check_version, decode_json
from confusionflow.store.format.file_names import FORMAT_VERSION
from confusionflow.store.format.sample_names import SamplePart, is_content_digest


@dataclass(frozen=True)
class NamedSamples:
    """A set of samples, by the names of its files.

    Attributes:
        content: Digest of what they were made from.
        parts: The files in the folder `samples` that hold them, in the order of their rows.
    """

    content: str
    parts: tuple[SamplePart, ...]


def encode_named(split: str, named: NamedSamples) -> bytes:
    """Encode the document that says which samples belong to a split."""
    said = {
        "format_version": FORMAT_VERSION,
        "split": split,
        "samples": named.content,
        "parts": [part.name for part in named.parts],
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode()


def decode_named(data: bytes) -> NamedSamples:
    """Decode such a document.

    Raises:
        DamagedFileError: it does not name a set of samples.
    """
    said = decode_json(data)
    version, content, names = (said.get(key) for key in ("format_version", "samples", "parts"))
    if isinstance(version, int):
        check_version(version)
    if not isinstance(content, str) or not is_content_digest(content):
        raise DamagedFileError("It does not name a set of samples.")
    parts = (
        [SamplePart.parse(name) for name in names if isinstance(name, str)]
        if isinstance(names, list)
        else []
    )
    if not is_whole(content, parts) or not isinstance(names, list) or len(parts) != len(names):
        raise DamagedFileError("The parts that it names do not make a set of samples.")
    return NamedSamples(content, tuple(part for part in parts if part))


def is_whole(content: str, parts: Sequence[SamplePart | None]) -> bool:
    """Whether these are all the parts of a set, in order."""
    return len(parts) > 0 and all(
        part is not None
        and (part.content, part.number, part.total) == (content, number, len(parts))
        for number, part in enumerate(parts)
    )
