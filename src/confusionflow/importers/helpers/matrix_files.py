"""Find the files of a source of matrices, each with its split and its epoch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.file_names import FileName, read_file_name, same_split

LABELS_FILE = "labels.csv"
TABLES = (".csv", ".tsv")
PICTURES = (".png", ".jpg", ".jpeg", ".svg", ".pdf", ".webp", ".gif")
# These splits are logged first and others follow by name: the page lists them in this order.
FIRST_SPLITS = ("train", "training", "val", "valid", "validation", "dev", "test")


@dataclass(frozen=True)
class MatrixFile:
    """A file that holds one matrix, or one for each epoch.

    Attributes:
        path: The file.
        split: The split, or None if the file's columns have to tell.
        said: What the file's name tells.
    """

    path: Path
    split: str | None
    said: FileName


def matrix_files(root: Path, split: str | None, tell: Callable[[str], None]) -> list[MatrixFile]:
    """Return the files of a source, ordered by split and epoch.

    Arguments:
        root: A folder with a folder for each split, a folder of files whose names say the split, or
            a single file.
        split: The split of files of which neither folder nor name tells it.
        tell: Called with a sentence about pictures that were ignored.

    Raises:
        ImportSourceError: there is nothing to import, or a file is not a matrix.
    """
    if not root.exists():
        raise ImportSourceError(
            "There is no such folder. Pass the folder that holds a folder for each split.",
            file=str(root),
        )
    pictures: list[Path] = []
    files = [_single(root, split)] if root.is_file() else list(_of_folder(root, split, pictures))
    if pictures:
        some = f"{len(pictures)} picture{'s' * (len(pictures) > 1)}"
        tell(f"Ignored {some}, such as {pictures[0].name}.")
    if not files:
        raise ImportSourceError(
            "There is no split in it. Put each split's matrices into a folder named after it, "
            "such as test.",
            file=str(root),
        )
    return sorted(files, key=_rank)


def _single(path: Path, split: str | None) -> MatrixFile:
    said = read_file_name(path.name)
    if _kind(path) is None:
        raise ImportSourceError(
            "This is a file of another kind. Pass a CSV file, an array of NumPy (.npy), or the "
            "folder that holds a folder for each split.",
            file=str(path),
        )
    return MatrixFile(path, split or said.split, said)


def _of_folder(root: Path, split: str | None, pictures: list[Path]) -> Iterator[MatrixFile]:
    for entry in _visible(root):
        if entry.is_dir():
            _check_name(entry)
            yield from _of_split(entry, pictures)
            continue
        said = read_file_name(entry.name)
        if entry.name == LABELS_FILE:
            continue
        if entry.suffix.lower() in PICTURES:
            pictures.append(entry)
        elif _kind(entry) is None or (said.epoch is None and not split and not said.split):
            raise ImportSourceError(
                "This file does not belong to a split. A source holds a folder for each split and "
                f"{LABELS_FILE}. Move it elsewhere.",
                file=str(entry),
            )
        elif split is None and said.split is None:
            raise ImportSourceError(
                "This file does not belong to a split. Put a split's matrices into a folder named "
                "after it, such as test; or, if all are of one split, pass --split NAME.",
                file=str(entry),
            )
        else:
            yield MatrixFile(entry, split or said.split, said)


def _of_split(folder: Path, pictures: list[Path]) -> Iterator[MatrixFile]:
    """The files of a split's folder.

    Files of several splits may be in one folder, if all their names say which.
    """
    entries = [entry for entry in _visible(folder) if not _is_picture(entry, pictures)]
    names = {entry: read_file_name(entry.name) for entry in entries}
    by_name = all(said.split for said in names.values())
    is_split = same_split(folder.name, folder.name) is not None
    for entry, said in names.items():
        if _kind(entry) is None or not entry.is_file():
            raise ImportSourceError(
                "This is not a matrix of an epoch. A split's folder holds files with names like "
                "epoch12_confusion.csv. Rename this one, or move it elsewhere.",
                file=str(entry),
            )
        if said.split and is_split and not same_split(said.split, folder.name):
            raise ImportSourceError(
                f"The folder says that the split is {folder.name!r}, the file's name says "
                f"{said.split!r}. Move the file, or rename it.",
                file=str(entry),
            )
        split = said.split if by_name and not is_split else folder.name
        yield MatrixFile(entry, split, said)
    if not entries:
        raise ImportSourceError(
            "The split has no epochs. Add files with names like epoch12_confusion.csv, or "
            "remove the folder.",
            file=str(folder),
        )


def _is_picture(entry: Path, pictures: list[Path]) -> bool:
    if entry.suffix.lower() not in PICTURES or not entry.is_file():
        return False
    pictures.append(entry)
    return True


def _kind(path: Path) -> str | None:
    """What kind of file it is, by its ending: "table", "array", or None."""
    ending = path.suffix.lower()
    return "table" if ending in TABLES else "array" if ending == ".npy" else None


def _rank(file: MatrixFile) -> tuple[int, str, int, str]:
    """Sort files by split and epoch."""
    split = file.split or ""
    at = FIRST_SPLITS.index(split.lower()) if split.lower() in FIRST_SPLITS else len(FIRST_SPLITS)
    return at, split, -1 if file.said.epoch is None else file.said.epoch, file.path.name


def _visible(folder: Path) -> list[Path]:
    """List what a folder holds by name, without the files that file managers hide in it."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _check_name(folder: Path) -> None:
    """Refuse a folder whose name can't become a split's name, which is kept as UTF-8."""
    try:
        os.fspath(folder.name).encode()
    except UnicodeEncodeError:
        shown = str(folder).encode(errors="backslashreplace").decode()
        raise ImportSourceError(
            "The folder's name is not UTF-8, so no split can be named after it. Rename it.",
            file=shown,
        ) from None
