"""Write sets of samples, and remove them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from confusionflow.errors import DamagedFileError
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.sample_names import SAMPLES_FOLDER, SamplePart, SamplesFile
from confusionflow.store.places.filesystem import FileSystem, join, read_proven
from confusionflow.store.samples.document import NamedSamples
from confusionflow.store.samples.read import find_sets, list_parts


def find_whole(filesystem: FileSystem, content: str) -> NamedSamples | None:
    """Find a set of samples with that content and no missing or damaged file, or None.

    Raises:
        OSError: the place can't be read.
    """
    for named in find_sets(filesystem, content):
        with contextlib.suppress(DamagedFileError):
            for part in named.parts:
                read_proven(filesystem, join(SAMPLES_FOLDER, part.name), part.digest)
            return named
    return None


def write_set(
    filesystem: FileSystem,
    content: str,
    files: Sequence[Path],
    attempt: Callable[[Callable[[], None]], None] = lambda step: step(),
) -> NamedSamples:
    """Write the files of a set, making each one durable before the next.

    Arguments:
        filesystem: Holds the log directory.
        content: Digest of what they were made from.
        files: Local files that hold their bytes, in order.
        attempt: Does one step of writing; it may stop waiting for it.

    Raises:
        OSError: a file was not written.
    """
    attempt(lambda: filesystem.make_folder(SAMPLES_FOLDER))
    writer = ids.new_writer_id()
    parts = []
    for number, file in enumerate(files):
        data = file.read_bytes()
        part = SamplePart(content, number, len(files), ids.digest_of(data))
        attempt(partial(filesystem.commit, SAMPLES_FOLDER, {part.name: data}, writer))
        parts.append(part)
    return NamedSamples(content, tuple(parts))


def sample_files(filesystem: FileSystem) -> dict[str, int]:
    """List the files of samples in a log directory, and those that name them, with their sizes.

    Those that name samples come first: samples that nothing names do no harm.
    """
    paths = []
    for run in filesystem.scan("").folders:
        if file_names.parse_run_folder(run) is None:
            continue
        for name, folder in filesystem.scan_tree(run).items():
            if name and file_names.parse_split_folder(name):
                named = filter(SamplesFile.parse, folder.files)
                paths += [join(join(run, name), file) for file in named]
    paths += [join(SAMPLES_FOLDER, part.name) for part in list_parts(filesystem)]
    sizes = {}
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # somebody else removed it
            sizes[path] = filesystem.size(path)
    return sizes


def remove_samples(filesystem: FileSystem, files: Iterable[str]) -> None:
    """Remove samples and the files that name them, but no runs or epochs. It can't be undone.

    Arguments:
        filesystem: Holds the log directory.
        files: Paths, as of `sample_files`.

    Raises:
        OSError: not all could be removed.
    """
    for path in files:
        filesystem.remove(path)
