"""Import confusion matrices from files, one for each epoch.

The source holds a folder for each split, and in it one file for each epoch:

    SOURCE/
        labels.csv                       optional: names for class ids
        train/epoch0_confusion.csv
        train/epoch1_confusion.csv
        test/epoch0_confusion.csv
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.array_file import classes_of_array, read_array
from confusionflow.importers.helpers.binary import binary_columns, check_source, read_binary
from confusionflow.importers.helpers.labels import read_labels
from confusionflow.importers.helpers.matrix import Form, Matrix, matrix_of, read_matrix
from confusionflow.importers.helpers.matrix_files import LABELS_FILE, MatrixFile, matrix_files
from confusionflow.importers.helpers.names import refuse_known_name
from confusionflow.importers.helpers.rows import Row, read_rows
from confusionflow.importers.helpers.steps import Progress, step_counter
from confusionflow.log import Run

Tell = Callable[[str], None]


def import_matrices(
    source: str | os.PathLike[str],
    log_dir: str | os.PathLike[str],
    run_name: str,
    *,
    rows: Literal["actual", "predicted"] | None = None,
    has_header: bool = True,
    classes: Sequence[str] | None = None,
    split: str | None = None,
    encoding: str | None = None,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> str:
    """Import confusion matrices as one run.

    Everything is read and checked before anything is written.

    Arguments:
        source: A folder that holds a folder for each split with one file for each epoch, named such
            as `epoch12_confusion.csv`; or a folder of files whose names say the split, too; or one
            file. A matrix's first row and first column are class ids or names; `labels.csv` in the
            source may give the ids names. Arrays of NumPy (`.npy`) and tables of TN, FP, FN and TP
            with a row for each epoch are fine.
        log_dir: The log directory to write into; it is made if it is missing.
        run_name: Name of the new run. A run of that name must not be there yet.
        rows: What the rows of a matrix are. None: as its first cell tells, or actual classes.
        has_header: Whether class names are in the files.
        classes: Class names in order, for files without names.
        split: The split of files whose folder and name don't say it.
        encoding: Encoding of text files; None: found from their first bytes, or UTF-8.
        progress: Called with (done, total) after each step; every file is one step to read and
            one to write.
        tell: Called with a sentence about each interpretation that could surprise.

    Returns:
        The id of the new run.

    Raises:
        ImportSourceError: a file is not as described; names file, line and column.
        ConfusionFlowError: the log directory already has a run of that name.
    """
    root = Path(source)
    refuse_known_name(log_dir, run_name)
    files = matrix_files(root, split, tell or (lambda _: None))
    labels = root / LABELS_FILE
    step = step_counter(progress, 2 * len(files))
    names = read_labels(labels) if labels.exists() else None
    reader = _Reader(Form(rows, has_header, classes, encoding), names)
    for file in files:
        reader.read(file)
        step()
    reader.check_rows()
    for note in reader.notes:
        (tell or (lambda _: None))(note)
    unwritten = {file.path for file in files}
    with Run(log_dir, name=run_name, time_unit=reader.time_unit, strict=True) as run:
        for split_name, matrices in reader.splits.items():
            for epoch, matrix in sorted(matrices.items()):
                run.log_matrix(epoch, split_name, matrix.dense(), classes=matrix.classes)
                if matrix.header.file in unwritten:
                    unwritten.remove(matrix.header.file)
                    step()
        return run.id


@dataclass
class _Reader:
    """Reads files, one after the other.

    Attributes:
        form: What the user said about all of them.
        names: Class names by id.
        splits: The matrices by split and epoch.
        notes: Interpretations that the user should know about.
        time_unit: What the epochs are.
    """

    form: Form
    names: dict[str, str] | None
    splits: dict[str, dict[int, Matrix]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _units: set[str] = field(default_factory=set)

    @property
    def time_unit(self) -> str:
        return self._units.pop() if len(self._units) == 1 else "epoch"

    def read(self, file: MatrixFile) -> None:
        """Read a file.

        Raises:
            ImportSourceError: it is not a matrix, or an epoch occurs twice; names the place.
        """
        for split, epoch, matrix in self._matrices(file):
            matrices = self.splits.setdefault(split, {})
            if epoch in matrices:
                raise ImportSourceError(
                    f"Epoch {epoch} occurs twice, also in {matrices[epoch].header.file.name}. Keep "
                    "one of them.",
                    file=str(file.path),
                )
            _check_classes(matrix, next(iter(matrices.values()), matrix))
            matrices[epoch] = matrix
        self._units.add(file.said.time_unit)

    def check_rows(self) -> None:
        """Ask what the rows are if they look like predictions, or note what they were taken for.

        The same instances are evaluated in each epoch, so the sums of actual classes stay the same.

        Raises:
            ImportSourceError: the sums of columns stay the same in all epochs, and those of rows
                don't.
        """
        unsure = False
        for split, matrices in self.splits.items():
            first, *others = (matrix.sums() for matrix in matrices.values())
            if all(matrix.rows_are_said for matrix in matrices.values()):
                continue
            rows_stay = all(np.array_equal(first[0], rows) for rows, _ in others)
            columns_stay = all(np.array_equal(first[1], columns) for _, columns in others)
            if others and columns_stay and not rows_stay:
                raise ImportSourceError(
                    f"In split {split!r} the sums of the columns are the same in all epochs, and "
                    "those of the rows are not, as if the rows were predictions. Pass --rows "
                    "predicted or --rows actual.",
                    file=str(next(iter(matrices.values())).header.file),
                )
            unsure = unsure or not others or not rows_stay
        if unsure:
            self.notes.append(
                "Rows were taken for actual classes. If they are predictions, pass "
                "--rows predicted."
            )

    def _matrices(self, file: MatrixFile) -> Iterator[tuple[str, int, Matrix]]:
        """Yield the matrices of a file with their splits and epochs."""
        if file.path.suffix.lower() == ".npy":
            yield from self._of_array(file)
            return
        rows = list(read_rows(file.path, self.form.encoding))
        if rows and binary_columns(rows[0]) is not None:
            yield from self._of_binary(file, rows)
            return
        epoch = file.said.epoch
        if epoch is None:
            raise ImportSourceError(
                "This is not a matrix of an epoch. A split's folder holds files with names like "
                "epoch12_confusion.csv. Rename this one, or move it elsewhere.",
                file=str(file.path),
            )
        if not rows:
            raise ImportSourceError(
                "The file is empty. Its first row must be the classes.", file=str(file.path)
            )
        matrix = read_matrix(rows, self.names, self.form)
        if matrix.margins:
            sums = " and ".join(map(repr, matrix.margins))
            self._note(f"Left out rows and columns of sums, called {sums}.")
        yield self._split(file), epoch, matrix

    def _of_array(self, file: MatrixFile) -> Iterator[tuple[str, int, Matrix]]:
        array = read_array(file.path)
        if array.ndim == 2 and file.said.epoch is None:
            raise ImportSourceError(
                "Its name has no epoch. Rename it, such as epoch12.npy, or save all epochs in one "
                "array of shape (epochs, classes, classes).",
                file=str(file.path),
            )
        size = array.shape[-1]
        classes = classes_of_array(file.path, size, self.form.classes, self.names)
        if not self.form.classes and not self.names:
            self._note("Arrays have no class names; classes are called by their numbers.")
        header = Row(file.path, 1, ["", *classes])
        epochs = {file.said.epoch or 0: array} if array.ndim == 2 else dict(enumerate(array))
        for epoch, counts in epochs.items():
            yield self._split(file), epoch, matrix_of(counts, classes, header, self.form)

    def _of_binary(self, file: MatrixFile, rows: list[Row]) -> Iterator[tuple[str, int, Matrix]]:
        classes = tuple(self.form.classes or (self.names or {}).values()) or ("0", "1")
        check_source(file.path, classes)
        read = read_binary(rows, file.said.epoch)
        if not read.has_epochs:
            self._note(f"{file.path.name} has no column of epochs; its rows were counted from 0.")
        header = Row(file.path, 1, ["actual", *classes])
        form = Form("actual")
        # Keras logs tp beside val_tp: columns without a split's name are those of the training
        # then.
        others = [split for split in read.matrices if split is not None]
        own = file.split or ("train" if others else None)
        for named, epochs in read.matrices.items():
            split = named or own or self._split(file)
            for epoch, counts in epochs.items():
                yield split, epoch, matrix_of(counts, classes, header, form)

    def _split(self, file: MatrixFile) -> str:
        if file.split is None:
            raise ImportSourceError(
                "This is a file, and nothing says which split it is. Pass --split NAME, or the "
                "folder that holds a folder for each split.",
                file=str(file.path),
            )
        return file.split

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


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
