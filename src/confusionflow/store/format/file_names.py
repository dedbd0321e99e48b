"""Names of folders and files in a log directory.

They consist of ids and numbers only, never of text from a user. They end in a digest of the file's
bytes, so that a reader detects any file that is not what was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, cast, get_args

FORMAT_VERSION = 1

Kind = Literal[
    "counts",
    "predictions",
    "features-means",
    "features-probe",
    "features-units",
    "features-attribution",
    "features-images",
]

_RUN = re.compile(r"run-([0-9a-zA-Z-]{1,64})")
_SPLIT = re.compile(r"split-([0-9a-f]{16})")
_KIND = "|".join(get_args(Kind))
_DATA = re.compile(
    rf"({_KIND})(?:-l([0-9a-f]{{16}}))?"
    r"-e(\d{8,18})-a(\d{4,9})-r(\d{4,9})-s(\d{6,18})-w([0-9a-f]{8})"
    r"-([0-9a-f]{16})\.parquet"
)
_PACKED = re.compile(
    rf"({_KIND})-merged"
    r"-e(\d{8,18})-e(\d{8,18})-w([0-9a-f]{8})-([0-9a-f]{16})\.parquet"
)
_JOINED = re.compile(r"joined-e(\d{8,18})-e(\d{8,18})-w([0-9a-f]{8})-([0-9a-f]{16})\.parquet")
_SUMMARY = re.compile(r"summary-w[0-9a-f]{8}-([0-9a-f]{16})\.json")
_ATTEMPT = re.compile(
    r"(attempt|finished|dropped)-a(\d{4,9})-r(\d{4,9})of(\d{4,9})-w([0-9a-f]{8})-([0-9a-f]{16})\.json"
)
_SCALARS = re.compile(r"scalars-a(\d{4,9})-r(\d{4,9})-w([0-9a-f]{8})-([0-9a-f]{16})\.json")
_CLASSES = re.compile(r"classes-([0-9a-f]{16})\.parquet")


def are_features(kind: str) -> bool:
    """Whether files of a kind hold what a layer of a model says."""
    return kind.startswith("features-")


def run_folder(run_id: str) -> str:
    """Name of a run's folder."""
    return f"run-{run_id}"


def split_folder(split: str) -> str:
    """Name of a split's folder within its run's."""
    return f"split-{split}"


def parse_run_folder(name: str) -> str | None:
    """The run's id, or None if the folder is not a run's."""
    match = _RUN.fullmatch(name)
    return match[1] if match else None


def parse_split_folder(name: str) -> str | None:
    """The split's id, or None if the folder is not a split's."""
    match = _SPLIT.fullmatch(name)
    return match[1] if match else None


def classes_file(digest: str) -> str:
    """Name of the file that holds a list of classes."""
    return f"classes-{digest}.parquet"


def parse_classes_file(name: str) -> str | None:
    """The digest of a list of classes, or None for a file of another kind."""
    match = _CLASSES.fullmatch(name)
    return match[1] if match else None


def summary_file(writer: str, digest: str) -> str:
    """Name of the file that keeps the overview of a run."""
    return f"summary-w{writer}-{digest}.json"


def parse_summary_file(name: str) -> str | None:
    """The digest in its name, or None for a file of another kind."""
    match = _SUMMARY.fullmatch(name)
    return match[1] if match else None


@dataclass(frozen=True, order=True)
class DataFile:
    """The name of a file of an epoch. Of two for one epoch, the greater one counts.

    Attributes:
        epoch: The epoch, from 0.
        attempt: 0 for a run's first training, counted up when it is resumed.
        sequence: Counts the files of one writer, so that an epoch logged again wins.
        rank: The process of a distributed evaluation.
        writer: Id of the writer.
        kind: What the file holds.
        digest: Digest of the file's bytes.
        layer: Id of the layer, for a file of features; "" for others.
        within: The packed file that holds its content now; None if it has its own file.
            It is the same data file wherever its content is kept.
    """

    epoch: int
    attempt: int
    sequence: int
    rank: int
    writer: str
    kind: Kind
    digest: str
    layer: str = ""
    within: PackedFile | None = field(default=None, compare=False)

    @cached_property
    def name(self) -> str:
        """The file's name.

        Examples:
            >>> DataFile(12, 0, 3, 0, "0badcafe", "counts", "0123456789abcdef").name
            'counts-e00000012-a0000-r0000-s000003-w0badcafe-0123456789abcdef.parquet'
        """
        layer = f"-l{self.layer}" if self.layer else ""
        return (
            f"{self.kind}{layer}-e{self.epoch:08}-a{self.attempt:04}-r{self.rank:04}"
            f"-s{self.sequence:06}-w{self.writer}-{self.digest}.parquet"
        )

    @classmethod
    def parse(cls, name: str) -> DataFile | None:
        """Read a file's name; None for a file of another kind."""
        match = _DATA.fullmatch(name)
        if match is None:
            return None
        kind, layer, epoch, attempt, rank, sequence, writer, digest = match.groups()
        if are_features(kind) != bool(layer):
            return None
        numbers = (int(epoch), int(attempt), int(sequence), int(rank))
        return cls(*numbers, writer, cast(Kind, kind), digest, layer or "")


@dataclass(frozen=True, order=True)
class PackedFile:
    """The name of a file that holds the contents of several data files of one split.

    Attributes:
        kind: What those files held.
        first, last: Smallest and largest epoch among them.
        writer: Id of who packed them.
        digest: Digest of the file's bytes.
    """

    kind: Kind
    first: int
    last: int
    writer: str
    digest: str

    @property
    def name(self) -> str:
        """The file's name.

        Examples:
            >>> PackedFile("counts", 0, 49, "0badcafe", "0123456789abcdef").name
            'counts-merged-e00000000-e00000049-w0badcafe-0123456789abcdef.parquet'
        """
        return (
            f"{self.kind}-merged-e{self.first:08}-e{self.last:08}"
            f"-w{self.writer}-{self.digest}.parquet"
        )

    @classmethod
    def parse(cls, name: str) -> PackedFile | None:
        """Read a file's name; None for a file of another kind."""
        match = _PACKED.fullmatch(name)
        if match is None:
            return None
        kind, first, last, writer, digest = match.groups()
        return cls(cast(Kind, kind), int(first), int(last), writer, digest)


@dataclass(frozen=True, order=True)
class JoinedFile:
    """The name of a file that keeps the counts of epochs that several ranks evaluated.

    Attributes:
        first, last: Smallest and largest epoch among them.
        writer: Id of who joined them.
        digest: Digest of the file's bytes.
    """

    first: int
    last: int
    writer: str
    digest: str

    @property
    def name(self) -> str:
        """The file's name.

        Examples:
            >>> JoinedFile(0, 49, "0badcafe", "0123456789abcdef").name
            'joined-e00000000-e00000049-w0badcafe-0123456789abcdef.parquet'
        """
        return f"joined-e{self.first:08}-e{self.last:08}-w{self.writer}-{self.digest}.parquet"

    @classmethod
    def parse(cls, name: str) -> JoinedFile | None:
        """Read a file's name; None for a file of another kind."""
        match = _JOINED.fullmatch(name)
        if match is None:
            return None
        first, last, writer, digest = match.groups()
        return cls(int(first), int(last), writer, digest)


@dataclass(frozen=True)
class AttemptFile:
    """The name of a file that says how an attempt began, that it ended, or what it lost.

    Attributes:
        kind: "attempt", "finished" or "dropped".
        rank: The process that wrote it, from 0.
        world_size: Processes that train together; 1 if there is only one.
    """

    kind: str
    attempt: int
    rank: int
    world_size: int
    writer: str
    digest: str

    @property
    def name(self) -> str:
        """The file's name."""
        return (
            f"{self.kind}-a{self.attempt:04}-r{self.rank:04}of{self.world_size:04}"
            f"-w{self.writer}-{self.digest}.json"
        )

    @classmethod
    def parse(cls, name: str) -> AttemptFile | None:
        """Read a file's name; None for a file of another kind."""
        match = _ATTEMPT.fullmatch(name)
        if match is None:
            return None
        kind, attempt, rank, world_size, writer, digest = match.groups()
        return cls(kind, int(attempt), int(rank), int(world_size), writer, digest)


@dataclass(frozen=True)
class ScalarsFile:
    """The name of a file of scalars, numbers beside the epochs.

    Attributes:
        attempt: The attempt that logged them.
        rank: The process that wrote it, from 0.
        writer: Id of the writer.
        digest: Digest of the file's bytes.
    """

    attempt: int
    rank: int
    writer: str
    digest: str

    @property
    def name(self) -> str:
        """The file's name."""
        return f"scalars-a{self.attempt:04}-r{self.rank:04}-w{self.writer}-{self.digest}.json"

    @classmethod
    def parse(cls, name: str) -> ScalarsFile | None:
        """Read a file's name; None for a file of another kind."""
        match = _SCALARS.fullmatch(name)
        if match is None:
            return None
        attempt, rank, writer, digest = match.groups()
        return cls(int(attempt), int(rank), writer, digest)
