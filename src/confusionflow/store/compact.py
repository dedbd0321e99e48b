"""Packs the many files of a split into a few.

The new file is durable before an old one is removed, and content that is in both counts once. So
a reader sees each epoch exactly once at all times, and a crash at any moment loses nothing. Several
processes may pack the same split at once: each removes only what its own file holds. Damaged files
stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import get_args

import pyarrow as pa

from confusionflow.errors import DamagedFileError
from confusionflow.store import packed
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.file_names import DataFile, Kind, PackedFile
from confusionflow.store.format.limits import can_be_read
from confusionflow.store.format.tables import decode_table
from confusionflow.store.packed import Member, encode_packed, read_members
from confusionflow.store.places.filesystem import FileSystem, in_parallel, join, read_proven
from confusionflow.store.scalars import merge_scalars

# Total size of the files that are packed into one; it limits how much memory packing takes. A file
# of more than half of it stays as it is.
LARGEST: dict[Kind, int] = {
    kind: 16 << 20 if kind == "counts" else 64 << 20 for kind in get_args(Kind)
}

# A member takes at most this many bytes in the index of a packed file.
ENTRY = 256

# Files that are read ahead at a time, if that is faster.
AHEAD = 48


@dataclass
class _Group:
    """Members with the same columns, and the files that they came from."""

    members: list[Member] = field(default_factory=list)
    sources: list[DataFile | PackedFile] = field(default_factory=list)
    size: int = 0
    rows: int = 0
    held: int = 0

    def has_room(self, members: list[Member], size: int, kind: Kind) -> bool:
        """Whether the file can still be read back if it also has these members.

        The old files are removed. Well compressed rows are small in a file and large in memory.
        """
        return (
            self.size + size <= LARGEST[kind]
            and (len(self.members) + len(members)) * ENTRY <= packed.MOST_INDEX_BYTES
            and can_be_read(
                self.rows + _rows(members),
                len(members[0].rows.column_names) + 1,  # predictions get a column of epochs
                self.held + _held(members),
            )
        )

    def add(self, members: list[Member], source: DataFile | PackedFile, size: int) -> None:
        self.members += members
        self.sources.append(source)
        self.size += size
        self.rows += _rows(members)
        self.held += _held(members)


def _rows(members: list[Member]) -> int:
    return sum(len(member.rows) for member in members)


def _held(members: list[Member]) -> int:
    """Count the bytes that rows take in memory, with an epoch for each."""
    return sum(member.rows.nbytes + 8 * len(member.rows) for member in members)


def compact_run(
    filesystem: FileSystem,
    run_id: str,
    *,
    only_writer: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    is_over: Callable[[], bool] = lambda: False,
) -> int:
    """Pack the data files of a run's splits.

    Arguments:
        filesystem: Holds the log directory.
        run_id: Id of the run.
        only_writer: Pack the files of this writer only; None for those of all.
        progress: Called with the number of files done and their total.
        is_over: Called now and then. Once it returns True, the rest stays as it is.

    Returns:
        How many fewer files there are.

    Raises:
        OSError: a file could not be written or removed; all epochs are there.
    """
    run = file_names.run_folder(run_id)
    folders = [join(run, name) for name in filesystem.scan(run).folders]
    work = [
        (folder, kind, _sources(filesystem, folder, kind, only_writer))
        for folder in folders
        if file_names.parse_split_folder(folder.rpartition("/")[2])
        for kind in LARGEST
    ]
    total = sum(len(sources) for _, _, sources in work)
    done = removed = 0
    for folder, kind, sources in work:
        for step in _pack(filesystem, folder, kind, sources, is_over):
            removed += step
            done += 1
            progress(min(done, total), total)
        done = min(done, total)
    removed += merge_scalars(filesystem, run_id, only_writer)
    progress(total, total)
    return removed


def _sources(
    filesystem: FileSystem, folder: str, kind: Kind, only_writer: str | None
) -> list[DataFile | PackedFile]:
    """List what there is to pack: packed files first, then data files by epoch."""
    names = filesystem.scan(folder).files
    before = sorted(m for name in names if (m := PackedFile.parse(name)) and m.kind == kind)
    files = sorted(f for name in names if (f := DataFile.parse(name)) and f.kind == kind)
    if only_writer is None:
        return [*before, *files]
    return [file for file in files if file.writer == only_writer]


def _pack(
    filesystem: FileSystem,
    folder: str,
    kind: Kind,
    sources: list[DataFile | PackedFile],
    is_over: Callable[[], bool],
) -> Iterator[int]:
    """Pack, and after each source yield how many fewer files there are."""
    if len(sources) < 2:
        return
    writer = ids.new_writer_id()
    groups: dict[pa.Schema, _Group] = {}
    seen: set[DataFile] = set()
    repeated: list[DataFile | PackedFile] = []
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
            yield 0  # readers and `check` report it; nothing of it may be lost here
            continue
        new = [member for member in members if member.file not in seen]
        seen.update(member.file for member in members)
        if not new:
            repeated.append(source)
        elif size <= LARGEST[kind] // 2:
            schema = new[0].rows.schema.remove_metadata()
            group = groups.setdefault(schema, _Group())
            if not group.has_room(new, size, kind):
                less = _flush(filesystem, folder, group, writer)
                group = groups[schema] = _Group()
            group.add(new, source, size)
        yield less
    for group in groups.values():
        yield _flush(filesystem, folder, group, writer)
    yield _remove(filesystem, folder, repeated)


def _begin(filesystem: FileSystem, folder: str, sources: list[DataFile | PackedFile]) -> list[int]:
    """Begin to read files if that is faster, and return their sizes; 0 for a missing one."""
    paths = [join(folder, source.name) for source in sources]
    filesystem.prefetch(paths)

    def size(path: str) -> int:
        try:
            return filesystem.size(path)
        except FileNotFoundError:
            return 0

    return in_parallel(filesystem, size, paths)


def _read(filesystem: FileSystem, folder: str, source: DataFile | PackedFile) -> list[Member]:
    if isinstance(source, PackedFile):
        return read_members(filesystem, folder, source)
    data = read_proven(filesystem, join(folder, source.name), source.digest)
    return [Member(source, *decode_table(data))]


def _flush(filesystem: FileSystem, folder: str, group: _Group, writer: str) -> int:
    """Write the gathered members, and remove the files that they came from."""
    if len(group.sources) < 2:
        return 0
    members = sorted(group.members, key=lambda member: member.file)
    file, data = encode_packed(members, writer)
    filesystem.commit(folder, {file.name: data}, writer)
    return _remove(filesystem, folder, group.sources) - 1


def _remove(filesystem: FileSystem, folder: str, sources: list[DataFile | PackedFile]) -> int:
    # The last one first: tools that copy a folder begin with the first files, so that only its last
    # files can be gone by then, and a copy lacks only the newest epochs.
    paths = (join(folder, source.name) for source in reversed(sources))
    in_parallel(filesystem, filesystem.remove, paths)
    return len(sources)
