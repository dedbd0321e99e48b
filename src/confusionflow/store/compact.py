"""Making few files of many: what a split holds, merged.

The new file is durable before an old one is removed, and what is in both counts once, so that a
reader sees each epoch exactly once throughout, and a crash at any moment loses nothing. Several
may merge the same split at once: each removes only what is in a file of its own. Files that are
damaged stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from confusionflow.errors import DamagedFileError
from confusionflow.store import layout
from confusionflow.store.filesystem import FileSystem, in_parallel, join, read_proven
from confusionflow.store.layout import DataFile, Kind, MergedFile
from confusionflow.store.merged import Member, encode_merged, read_members
from confusionflow.store.tables import decode_table

# Sizes of the files that are merged into one, in all: what one merge holds in memory follows from
# it. Files of more than half of it stay as they are.
LARGEST: dict[Kind, int] = {"counts": 16 << 20, "predictions": 64 << 20}

# Rows that are merged into one file: well compressed rows are small in a file and large in memory.
MOST_ROWS = 2_000_000

# Bytes of rows in memory that are merged into one file: far below what a reader refuses, for the
# files that were merged are removed.
MOST_HELD = 96 << 20

# Files that are on their way at a time, where reading ahead is faster.
AHEAD = 48


@dataclass
class _Group:
    """Members with the same columns, and the files that they came from."""

    members: list[Member] = field(default_factory=list)
    sources: list[DataFile | MergedFile] = field(default_factory=list)
    size: int = 0
    held: int = 0

    @property
    def rows(self) -> int:
        return sum(len(member.rows) for member in self.members)


def compact_run(
    filesystem: FileSystem,
    run_id: str,
    *,
    only_writer: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    is_over: Callable[[], bool] = lambda: False,
) -> int:
    """Merge the data files of a run's splits.

    Arguments:
        filesystem: Holds the log directory.
        run_id: Id of the run.
        only_writer: Merge the files of this writer only; None for those of all.
        progress: Called with the number of files done and their total.
        is_over: Called now and then; what is not merged stays as it is once it says True.

    Returns:
        By how many files it became less.

    Raises:
        OSError: a file could not be written or removed; all epochs are there.
    """
    run = layout.run_folder(run_id)
    folders = [join(run, name) for name in filesystem.scan(run).folders]
    work = [
        (folder, kind, _sources(filesystem, folder, kind, only_writer))
        for folder in folders
        if layout.parse_split_folder(folder.rpartition("/")[2])
        for kind in LARGEST
    ]
    total = sum(len(sources) for _, _, sources in work)
    done = removed = 0
    for folder, kind, sources in work:
        for step in _merge(filesystem, folder, kind, sources, is_over):
            removed += step
            done += 1
            progress(min(done, total), total)
        done = min(done, total)
    progress(total, total)
    return removed


def _sources(
    filesystem: FileSystem, folder: str, kind: Kind, only_writer: str | None
) -> list[DataFile | MergedFile]:
    """What there is to merge: merged files first, then data files by epoch."""
    names = filesystem.scan(folder).files
    merged = sorted(m for name in names if (m := MergedFile.parse(name)) and m.kind == kind)
    files = sorted(f for name in names if (f := DataFile.parse(name)) and f.kind == kind)
    if only_writer is None:
        return [*merged, *files]
    return [file for file in files if file.writer == only_writer]


def _merge(
    filesystem: FileSystem,
    folder: str,
    kind: Kind,
    sources: list[DataFile | MergedFile],
    is_over: Callable[[], bool],
) -> Iterator[int]:
    """Merge, and yield after each source by how many files it became less."""
    if len(sources) < 2:
        return
    writer = layout.new_writer_id()
    groups: dict[pa.Schema, _Group] = {}
    seen: set[DataFile] = set()
    repeated: list[DataFile | MergedFile] = []
    for number, source in enumerate(sources):
        if is_over():
            break
        if number % AHEAD == 0:
            sizes = _begin(filesystem, folder, sources[number : number + AHEAD])
        less = 0
        try:
            size = sizes[number % AHEAD]
            members = _read(filesystem, folder, source)
        except (DamagedFileError, FileNotFoundError):
            yield 0  # it is named by those who read and check; nothing of it may be lost here
            continue
        new = [member for member in members if member.file not in seen]
        seen.update(member.file for member in members)
        if not new:
            repeated.append(source)
        elif size <= LARGEST[kind] // 2:
            schema = new[0].rows.schema.remove_metadata()
            group = groups.setdefault(schema, _Group())
            rows = sum(len(member.rows) for member in new)
            held = sum(member.rows.nbytes for member in new)
            if (
                group.size + size > LARGEST[kind]
                or group.rows + rows > MOST_ROWS
                or group.held + held > MOST_HELD
            ):
                less = _flush(filesystem, folder, group, writer)
                group = groups[schema] = _Group()
            group.members += new
            group.sources.append(source)
            group.size += size
            group.held += held
        yield less
    for group in groups.values():
        yield _flush(filesystem, folder, group, writer)
    yield _remove(filesystem, folder, repeated)


def _begin(filesystem: FileSystem, folder: str, sources: list[DataFile | MergedFile]) -> list[int]:
    """Begin to read files, where that is faster, and say how large they are; 0 if one is gone."""
    paths = [join(folder, source.name) for source in sources]
    filesystem.prefetch(paths)

    def size(path: str) -> int:
        try:
            return filesystem.size(path)
        except FileNotFoundError:
            return 0

    return in_parallel(filesystem, size, paths)


def _read(filesystem: FileSystem, folder: str, source: DataFile | MergedFile) -> list[Member]:
    if isinstance(source, MergedFile):
        return read_members(filesystem, folder, source)
    data = read_proven(filesystem, join(folder, source.name), source.digest)
    return [Member(source, *decode_table(data))]


def _flush(filesystem: FileSystem, folder: str, group: _Group, writer: str) -> int:
    """Write what was gathered, and remove the files that it came from."""
    if len(group.sources) < 2:
        return 0
    members = sorted(group.members, key=lambda member: member.file)
    merged, data = encode_merged(members, writer)
    filesystem.commit(folder, {merged.name: data}, writer)
    return _remove(filesystem, folder, group.sources) - 1


def _remove(filesystem: FileSystem, folder: str, sources: list[DataFile | MergedFile]) -> int:
    paths = (join(folder, source.name) for source in sources)
    in_parallel(filesystem, filesystem.remove, paths)
    return len(sources)
