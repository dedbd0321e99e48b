"""Confusion matrices in CSV files, one for each epoch, into a run.

The source holds a folder for each split, and in it one file for each epoch:

    SOURCE/
        labels.csv                       optional: names for class ids
        train/epoch0_confusion.csv
        train/epoch1_confusion.csv
        test/epoch0_confusion.csv
"""

import os
import re
from pathlib import Path

from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.labels import read_labels
from confusionflow.importers.helpers.matrix import Matrix, read_matrix
from confusionflow.importers.helpers.names import refuse_known_name
from confusionflow.importers.helpers.steps import Progress, step_counter
from confusionflow.log import Run

LABELS_FILE = "labels.csv"
# At most 18 digits, so that the epoch fits int64.
MATRIX_FILE = re.compile(r"epoch[ _-]?([0-9]{1,18})(?:[ _-]?confusion)?\.csv", re.IGNORECASE)
# These splits are logged first, others follow by name: the page lists and colours them so.
FIRST_SPLITS = ("train", "val", "valid", "validation", "test")


def import_matrices(
    source: str | os.PathLike[str],
    log_dir: str | os.PathLike[str],
    run_name: str,
    *,
    progress: Progress | None = None,
) -> str:
    """Import a folder of confusion matrices as one run.

    Everything is read and checked before anything is written.

    Arguments:
        source: A folder that holds a folder for each split with one CSV file for each epoch,
            named such as `epoch12_confusion.csv`. A matrix's first row and first column are
            class ids or names; `labels.csv` beside the folders may give the ids names.
        log_dir: The log directory to write into; it is made if it is missing.
        run_name: Name of the new run. A run of that name must not be there yet.
        progress: Called with (done, total) after each step; every file is one step to read and
            one to write.

    Returns:
        The id of the new run.

    Raises:
        ImportSourceError: a file is not as described; names file, line and column.
        ConfusionFlowError: the log directory already has a run of that name.
    """
    root = Path(source)
    refuse_known_name(log_dir, run_name)
    files = {folder.name: _matrix_files(folder) for folder in _split_folders(root)}
    labels = root / LABELS_FILE
    names = read_labels(labels) if labels.exists() else None
    step = step_counter(progress, 2 * sum(map(len, files.values())))
    splits: dict[str, dict[int, Matrix]] = {}
    for split, paths in files.items():
        splits[split] = {}
        for epoch, path in paths.items():
            matrix = read_matrix(path, names)
            _check_classes(matrix, next(iter(splits[split].values()), matrix))
            splits[split][epoch] = matrix
            step()
    with Run(log_dir, name=run_name, strict=True) as run:
        for split, matrices in splits.items():
            for epoch, matrix in matrices.items():
                run.log_matrix(epoch, split, matrix.dense(), classes=matrix.classes)
                step()
        return run.id


def _split_folders(root: Path) -> list[Path]:
    """The folders of a source, in the order in which their splits are logged."""
    if not root.is_dir():
        found = "This is a file" if root.exists() else "There is no such folder"
        raise ImportSourceError(
            f"{found}. Pass the folder that holds a folder for each split.", file=str(root)
        )
    folders: list[Path] = []
    for entry in _visible(root):
        if entry.is_dir():
            _check_name(entry)
            folders.append(entry)
        elif entry.name != LABELS_FILE:
            hint = f"A source holds a folder for each split and {LABELS_FILE}. Move it elsewhere."
            if MATRIX_FILE.fullmatch(entry.name):
                hint = "Put a split's matrices into a folder named after it, such as test."
            raise ImportSourceError(f"This file belongs to no split. {hint}", file=str(entry))
    if not folders:
        raise ImportSourceError(
            "There is no split in it. Put each split's matrices into a folder named after it, "
            "such as test.",
            file=str(root),
        )
    return sorted(folders, key=_rank)


def _rank(folder: Path) -> tuple[int, str]:
    """Where a split comes among others."""
    name = folder.name.lower()
    place = FIRST_SPLITS.index(name) if name in FIRST_SPLITS else len(FIRST_SPLITS)
    return place, folder.name


def _matrix_files(folder: Path) -> dict[int, Path]:
    """The files of a split by epoch, in increasing order."""
    files: dict[int, Path] = {}
    for entry in _visible(folder):
        match = MATRIX_FILE.fullmatch(entry.name)
        if match is None or not entry.is_file():
            raise ImportSourceError(
                "This is no matrix of an epoch. A split's folder holds files named such as "
                "epoch12_confusion.csv; rename this one or move it elsewhere.",
                file=str(entry),
            )
        epoch = int(match[1])
        if epoch in files:
            raise ImportSourceError(
                f"Epoch {epoch} comes twice, also in {files[epoch].name}. Keep one of them.",
                file=str(entry),
            )
        files[epoch] = entry
    if not files:
        raise ImportSourceError(
            "The split has no epochs. Put files named such as epoch12_confusion.csv into it, or "
            "remove the folder.",
            file=str(folder),
        )
    return dict(sorted(files.items()))


def _visible(folder: Path) -> list[Path]:
    """What a folder holds, by name, without what file managers hide in it."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _check_name(folder: Path) -> None:
    """A folder's name becomes a split's name, and that is kept as UTF-8."""
    try:
        folder.name.encode()
    except UnicodeEncodeError:
        shown = str(folder).encode(errors="backslashreplace").decode()
        raise ImportSourceError(
            "The folder's name is not UTF-8, so no split can be named after it. Rename it.",
            file=shown,
        ) from None


def _check_classes(matrix: Matrix, first: Matrix) -> None:
    """Refuse a matrix whose classes are not those of the split's first epoch."""
    if matrix.classes == first.classes:
        return
    pairs = zip(matrix.classes, first.classes, strict=False)
    shorter = min(len(matrix.classes), len(first.classes))
    position = next((i for i, (ours, theirs) in enumerate(pairs) if ours != theirs), shorter)
    raise matrix.header.wrong(
        f"The classes differ from those of {first.header.file.name} from here on: "
        f"{_at(matrix.classes, position)} instead of {_at(first.classes, position)}. "
        "All epochs of a split have the same classes in the same order.",
        position + 1,
    )


def _at(classes: tuple[str, ...], position: int) -> str:
    return repr(classes[position]) if position < len(classes) else "none"
