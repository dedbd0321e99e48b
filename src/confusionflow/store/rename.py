"""Rename a run by writing one more file, so that no written file changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from confusionflow.store.format import file_names, ids
from confusionflow.store.places.filesystem import FileSystem

_NAME = re.compile(r"name-s(\d{6,18})-w([0-9a-f]{8})-([0-9a-f]{16})\.json")


@dataclass(frozen=True, order=True)
class NameFile:
    """The name of a file that says what a run is called now. Of several, the greatest counts.

    Attributes:
        sequence: Counts the names that the run was given, from 0.
        writer: Id of the writer.
        digest: Digest of the file's bytes.
    """

    sequence: int
    writer: str
    digest: str

    @property
    def name(self) -> str:
        """The file's name.

        Examples:
            >>> NameFile(0, "0badcafe", "0123456789abcdef").name
            'name-s000000-w0badcafe-0123456789abcdef.json'
        """
        return f"name-s{self.sequence:06}-w{self.writer}-{self.digest}.json"

    @classmethod
    def parse(cls, name: str) -> NameFile | None:
        """Read a file's name; None for a file of another kind."""
        match = _NAME.fullmatch(name)
        return cls(int(match[1]), match[2], match[3]) if match else None


def name_files(names: Iterable[str]) -> list[NameFile]:
    """Find the names that a run was given among the names of its files, the newest first."""
    return sorted(filter(None, map(NameFile.parse, names)), reverse=True)


def rename_run(filesystem: FileSystem, run_id: str, name: str) -> None:
    """Give a run another name. Its folder, its id and its files stay as they are.

    Arguments:
        filesystem: Holds the log directory.
        run_id: Id of the run.
        name: What to call it.

    Raises:
        OSError: the name could not be written.
    """
    folder = file_names.run_folder(run_id)
    before = name_files(filesystem.scan(folder).files)
    content = {"format_version": file_names.FORMAT_VERSION, "name": name}
    data = json.dumps(content, ensure_ascii=False, indent=1).encode()
    writer = ids.new_writer_id()
    sequence = before[0].sequence + 1 if before else 0
    file = NameFile(sequence, writer, ids.digest_of(data))
    filesystem.commit(folder, {file.name: data}, writer)
