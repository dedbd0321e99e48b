"""Find runs in a log directory that are not listed because their folder has another name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from confusionflow.errors import DamagedFileError
from confusionflow.store.cache import Cache
from confusionflow.store.format import file_names
from confusionflow.store.format.file_names import AttemptFile
from confusionflow.store.places.filesystem import FileSystem, Folder, in_parallel, join, read_json
from confusionflow.store.problem import Problem

# A log directory has few other folders. A home folder has many, and no runs among them.
MOST_FOLDERS = 100

RENAME = "To give a run another name, use `confusionflow rename`."


def find_strays(filesystem: FileSystem, cache: Cache) -> list[Problem]:
    """Find folders that hold a run but are not named like one, and links that lead nowhere.

    Arguments:
        filesystem: Holds the log directory.
        cache: Keeps what was read of such folders, because lists of runs ask for it often.

    Returns:
        The folder or link, and what to do.
    """
    top = filesystem.scan("")
    others = [name for name in top.folders if _may_be_renamed(name)][:MOST_FOLDERS]
    found = in_parallel(filesystem, lambda name: held_run(filesystem, name, cache), others)
    problems = [
        Problem(name, _advice(run_id, top.folders))
        for name, run_id in zip(others, found, strict=True)
        if run_id is not None
    ]
    return problems + [
        Problem(name, "It is named like a run, but is a file, or a link that leads nowhere.")
        for name in top.files
        if file_names.parse_run_folder(name)
    ]


def renamed_folder(run_id: str, said: object) -> str | None:
    """Say that the folder of a run has another run's name; None if it has its own.

    Arguments:
        run_id: Id of the run, by its folder.
        said: Id of the run, by a file in it.
    """
    # If several log directories are shown together, an id may follow its directory's digest.
    if not isinstance(said, str) or run_id.endswith(said):
        return None
    return (
        f"The folder was renamed or copied: it holds run {said!r}. Name it "
        f"{file_names.run_folder(said)} again. {RENAME}"
    )


def _may_be_renamed(name: str) -> bool:
    return not name.startswith(".") and file_names.parse_run_folder(name) is None


def held_run(filesystem: FileSystem, folder: str, cache: Cache) -> str | None:
    """Id of the run that a folder holds, by its files; None if it holds none."""
    try:
        files = _attempts(filesystem.scan(folder))
        for file in files:
            path = join(folder, file.name)
            said = cache.get(path, partial(read_json, filesystem, path, file.digest))
            if isinstance(run_id := said.get("run_id"), str):
                return run_id
    except (OSError, DamagedFileError):
        return None
    return None


def _attempts(folder: Folder) -> Iterable[AttemptFile]:
    files = (AttemptFile.parse(name) for name in folder.files)
    return [file for file in files if file and file.kind == "attempt"]


def _advice(run_id: str, folders: tuple[str, ...]) -> str:
    own = file_names.run_folder(run_id)
    if own in folders:
        return f"It holds run {run_id!r}, which is listed as {own}. It is a copy, or a link to it."
    return (
        f"It holds run {run_id!r}, which is not listed because the folder was renamed. "
        f"Name it {own} again. {RENAME}"
    )
