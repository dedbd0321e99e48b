"""Checks every byte of a run for damaged and missing files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from confusionflow.errors import DamagedFileError
from confusionflow.store.cache import Cache
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.file_names import (
    AttemptFile,
    DataFile,
    JoinedFile,
    Kind,
    PackedFile,
    ScalarsFile,
)
from confusionflow.store.format.sample_names import SAMPLES_FOLDER, SamplePart, SamplesFile
from confusionflow.store.format.tables import Metadata, decode_classes, decode_table
from confusionflow.store.joined_files import decode_joined
from confusionflow.store.packed import read_members
from confusionflow.store.places.filesystem import FileSystem, join, read_proven
from confusionflow.store.problem import Problem
from confusionflow.store.rename import NameFile
from confusionflow.store.samples.document import decode_named
from confusionflow.store.samples.read import list_parts
from confusionflow.store.scalars import decode_scalars
from confusionflow.store.strays import held_run, renamed_folder

_OURS = re.compile(
    r"(attempt|finished|dropped|name|summary|scalars|classes|counts|predictions|samples|features"
    r"|joined)-.+\.(json|parquet)"
)

# A column that files of a kind have.
DISTINCTIVE: dict[Kind, str] = {
    "counts": "count",
    "predictions": "instance",
    "features-means": "mean",
    "features-probe": "rest",
    "features-units": "center",
    "features-attribution": "sum",
    "features-images": "png",
}


def check_run(
    filesystem: FileSystem,
    run_id: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Problem]:
    """Read all files of a run, and report the damaged and missing ones with the reason.

    Files with other names, such as notes and temporary files, are ignored.

    Arguments:
        filesystem: Holds the log directory.
        run_id: Id of the run.
        progress: Called with the number of files done and their total.
    """
    return list(_Check(filesystem, run_id).problems(progress))


class _Check:
    """Checks all files of a run once."""

    def __init__(self, filesystem: FileSystem, run_id: str) -> None:
        self._filesystem = filesystem
        self._run_id = run_id
        self._folder = file_names.run_folder(run_id)
        # The id in its files, if the folder was renamed: then not every file is wrong.
        self._own_id = held_run(filesystem, self._folder, Cache()) or run_id
        self._classes: set[str] = set()  # digests of lists that epochs refer to
        self._samples: set[SamplePart] = set()  # parts that splits refer to

    def problems(self, progress: Callable[[int, int], None]) -> Iterator[Problem]:
        """Yield problems, folder by folder."""
        if reason := renamed_folder(self._run_id, self._own_id):
            yield Problem(self._folder, reason)
        folders = self._filesystem.scan_tree(self._folder)
        total = sum(len(folder.files) for folder in folders.values())
        done = 0

        def step() -> None:
            nonlocal done
            done = min(done + 1, total)
            progress(done, total)

        # The run's own files come last: only then is it known which lists of classes epochs refer
        # to.
        for name in sorted(folders, reverse=True):
            if name and file_names.parse_split_folder(name):
                yield from self._split(join(self._folder, name), step)
        for name in sorted(folders[""].files):
            try:
                self._read_own(self._folder, name)
            except (DamagedFileError, OSError) as error:
                yield Problem(join(self._folder, name), str(error))
            step()
        yield from self._missing_files(folders[""].files)

    def _split(self, path: str, step: Callable[[], None]) -> list[Problem]:
        """Find problems in a split's files. If some were packed meanwhile, all are read again."""
        split_id = file_names.parse_split_folder(path.rpartition("/")[2]) or ""
        for _ in range(10):
            problems: list[Problem] = []
            found: dict[DataFile, Metadata] = {}
            names = sorted(self._filesystem.scan(path).files)
            gone = False
            for name in names:
                try:
                    found.update(self._read(path, name, split_id))
                except (DamagedFileError, OSError) as error:
                    gone = gone or not self._filesystem.exists(join(path, name))
                    problems.append(Problem(join(path, name), str(error)))
                step()
            if not gone:
                break
        self._classes |= {metadata.classes for metadata in found.values()}
        return problems + self._missing_data(path, names, found)

    def _read(self, path: str, name: str, split_id: str) -> dict[DataFile, Metadata]:
        """Read one file, and return the files of epochs that are in it."""
        file, packed = DataFile.parse(name), PackedFile.parse(name)
        if file:
            rows, metadata = decode_table(
                read_proven(self._filesystem, join(path, name), file.digest)
            )
            column = DISTINCTIVE[file.kind]
            if column not in rows.column_names or (
                file.kind == "predictions" and "count" in rows.column_names
            ):
                raise DamagedFileError(f"Its name says {file.kind}, but it holds none.")
            found = {file: metadata}
        elif packed:
            members = read_members(self._filesystem, path, packed)
            found = {member.file: member.metadata for member in members}
        elif named := SamplesFile.parse(name):
            data = read_proven(self._filesystem, join(path, name), named.digest)
            self._samples.update(decode_named(data).parts)
            return {}
        elif joined := JoinedFile.parse(name):
            decode_joined(read_proven(self._filesystem, join(path, name), joined.digest))
            return {}
        else:
            self._refuse_odd(name)
            return {}
        for member, metadata in found.items():
            self._compare(member, metadata, split_id)
        return found

    def _read_own(self, path: str, name: str) -> None:
        attempt, classes = AttemptFile.parse(name), file_names.parse_classes_file(name)
        if attempt:
            read_proven(self._filesystem, join(path, name), attempt.digest)
        elif renamed := NameFile.parse(name):
            read_proven(self._filesystem, join(path, name), renamed.digest)
        elif scalars := ScalarsFile.parse(name):
            decode_scalars(read_proven(self._filesystem, join(path, name), scalars.digest))
        elif summary := file_names.parse_summary_file(name):
            read_proven(self._filesystem, join(path, name), summary)
        elif classes:
            decode_classes(read_proven(self._filesystem, join(path, name), classes))
        else:
            self._refuse_odd(name)

    @staticmethod
    def _refuse_odd(name: str) -> None:
        if _OURS.fullmatch(name):
            raise DamagedFileError(
                "Its name is not valid, so it is not read. Restore its original name, or delete it."
            )

    def _compare(self, file: DataFile, metadata: Metadata, split_id: str) -> None:
        """Check that a file's metadata matches its name and folders."""
        said = (metadata.epoch, metadata.attempt, metadata.rank)
        if said != (file.epoch, file.attempt, file.rank):
            raise DamagedFileError(
                f"It holds epoch {said[0]}, attempt {said[1]}, rank {said[2]}, but is named "
                f"{file.name}. Restore its original name."
            )
        if file.layer and ids.layer_id(metadata.layer) != file.layer:
            raise DamagedFileError(
                f"It belongs to layer {metadata.layer!r:.60}, but is named {file.name}. Restore "
                "its original name."
            )
        if metadata.run_id != self._own_id or ids.split_id(metadata.split) != split_id:
            raise DamagedFileError(
                f"It belongs to run {metadata.run_id!r}, split {metadata.split!r}, but is in the "
                "folder of another. Move it back."
            )

    @staticmethod
    def _missing_data(
        path: str, names: list[str], found: dict[DataFile, Metadata]
    ) -> list[Problem]:
        """Find files that others refer to but no file holds, not even a damaged one."""
        there = {file.name for file in found} | set(names)
        whole = {file.within for file in found}
        packed = [file for name in names if (file := PackedFile.parse(name))]
        damaged = [file for file in packed if file.kind != "counts" and file not in whole]
        missing = [
            replace(file, kind="predictions", digest=metadata.predictions)
            for file, metadata in found.items()
            if file.kind == "counts" and metadata.predictions
        ]
        missing += [
            replace(file, kind=kind, digest=digest)
            for file, metadata in found.items()
            for kind, digest in metadata.companions
        ]
        return [
            Problem(
                join(path, file.name),
                f"It is missing: the {file.kind.partition('-')[0]} of an epoch. Restore it from a "
                "copy.",
            )
            for file in dict.fromkeys(missing)
            if file.name not in there
            and not any(
                one.kind == file.kind and one.first <= file.epoch <= one.last for one in damaged
            )
        ]

    def _missing_files(self, names: tuple[str, ...]) -> Iterator[Problem]:
        there = {digest for name in names if (digest := file_names.parse_classes_file(name))}
        for digest in sorted(self._classes - there):
            yield Problem(
                join(self._folder, file_names.classes_file(digest)),
                "It is missing: names of classes. Restore it from a copy.",
            )
        # A run that was copied without its samples is complete: it shows ids in their place.
        if there_are := set(list_parts(self._filesystem)):
            for part in sorted(self._samples - there_are):
                yield Problem(
                    join(SAMPLES_FOLDER, part.name),
                    "It is missing: samples of instances. Restore it from a copy, or log the "
                    "samples again.",
                )
        attempts = (AttemptFile.parse(name) for name in names)
        if not any(file and file.kind == "attempt" for file in attempts):
            yield Problem(
                join(self._folder, "attempt-….json"),
                "It is missing: the run's name. Restore it from a copy.",
            )
