"""Names of the files that hold samples, and of those that say whose samples they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

SAMPLES_FOLDER = "samples"

_CONTENT = re.compile("[0-9a-f]{16}")
_PART = re.compile(r"samples-([0-9a-f]{16})-p(\d{4,6})of(\d{4,6})-([0-9a-f]{16})\.parquet")
_SAMPLES = re.compile(
    r"samples-a(\d{4,9})-r(\d{4,9})-s(\d{6,18})-w([0-9a-f]{8})-([0-9a-f]{16})\.json"
)


def is_content_digest(text: str) -> bool:
    """Whether a text can be the digest of a set of samples.

    Examples:
        >>> is_content_digest("0123456789abcdef"), is_content_digest("../../etc/passwd")
        (True, False)
    """
    return _CONTENT.fullmatch(text) is not None


@dataclass(frozen=True, order=True)
class SamplePart:
    """The name of a file in the folder `samples`: one part of a set of samples.

    Attributes:
        content: Digest of what the set was made from; the same in all parts of a set.
        number: Which part it is, from 0.
        total: Number of parts of the set.
        digest: Digest of the file's bytes.
    """

    content: str
    number: int
    total: int
    digest: str

    @cached_property
    def name(self) -> str:
        """The file's name.

        Examples:
            >>> SamplePart("00c0ffee00c0ffee", 0, 4, "0123456789abcdef").name
            'samples-00c0ffee00c0ffee-p0000of0004-0123456789abcdef.parquet'
        """
        return f"samples-{self.content}-p{self.number:04}of{self.total:04}-{self.digest}.parquet"

    @classmethod
    def parse(cls, name: str) -> SamplePart | None:
        """Read a file's name; None for a file of another kind."""
        match = _PART.fullmatch(name)
        return cls(match[1], int(match[2]), int(match[3]), match[4]) if match else None


@dataclass(frozen=True, order=True)
class SamplesFile:
    """The name of a file in a split's folder that names the split's samples.

    Attributes:
        attempt: The attempt that logged them.
        sequence: Counts the files of one writer: of two of a rank, the greater counts.
        rank: The process that logged them.
        writer: Id of the writer.
        digest: Digest of the file's bytes.
    """

    attempt: int
    sequence: int
    rank: int
    writer: str
    digest: str

    @cached_property
    def name(self) -> str:
        """The file's name."""
        return (
            f"samples-a{self.attempt:04}-r{self.rank:04}-s{self.sequence:06}"
            f"-w{self.writer}-{self.digest}.json"
        )

    @classmethod
    def parse(cls, name: str) -> SamplesFile | None:
        """Read a file's name; None for a file of another kind."""
        match = _SAMPLES.fullmatch(name)
        if match is None:
            return None
        attempt, rank, sequence, writer, digest = match.groups()
        return cls(int(attempt), int(sequence), int(rank), writer, digest)
