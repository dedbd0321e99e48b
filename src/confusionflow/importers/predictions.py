"""Import tables of predictions: a row for each instance and epoch."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.parquet

from confusionflow.errors import ConfusionFlowError, ImportSourceError
from confusionflow.importers.helpers.columns import Columns
from confusionflow.importers.helpers.names import refuse_known_name
from confusionflow.importers.helpers.tables import Piece
from confusionflow.log import Run

# Epochs of splits; each becomes a file while the table is sorted into them.
LARGEST_PARTS = 100_000


def import_predictions(
    pieces: Iterable[Piece],
    log_dir: str | os.PathLike[str],
    run_name: str,
    columns: Columns | None = None,
    *,
    split: str | None = None,
    classes: Sequence[str] | None = None,
    config: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
) -> str:
    """Import predictions as one run; no more than an epoch is held in memory.

    Everything is read and checked before anything is written into the log directory.

    Arguments:
        pieces: The table, in any order of its rows.
        log_dir: The log directory to write into; it is made if it is missing.
        run_name: Name of the new run. A run of that name must not be there yet.
        columns: Which column holds what; None: those of the usual names.
        split: Name of the split, where no column says it.
        classes: Class names in their order; None: the distinct labels, sorted.
        config: Hyperparameters of the run.
        progress: Called with the number of rows read so far.

    Returns:
        The id of the new run.

    Raises:
        ImportSourceError: a column is missing, or a value can't be what it should; names file and
            row.
        ConfusionFlowError: the log directory has a run of that name.
    """
    refuse_known_name(log_dir, run_name)
    with tempfile.TemporaryDirectory(prefix="confusionflow-") as folder:
        table = _Sorter(columns or Columns(), split, progress)
        table.sort(pieces, Path(folder))
        names = list(classes) if classes is not None else table.labels_in_order()
        are_indices = classes is not None and table.are_indices(names)
        with Run(log_dir, name=run_name, config=config, classes=names, strict=True) as run:
            for (name, epoch), part in table.parts_in_order():
                rows = pa.parquet.read_table(Path(folder) / f"part={part}")
                run.log(
                    epoch,
                    name,
                    y_true=_labels(rows.column("actual"), are_indices),
                    y_pred=_labels(rows.column("predicted"), are_indices),
                    ids=_optional(rows, "instance"),
                    confidence=_optional(rows, "confidence"),
                )
            return run.id


class _Sorter:
    """Sorts the rows of a table into a file for each epoch of each split, and notes the labels."""

    def __init__(
        self, columns: Columns, split: str | None, progress: Callable[[int], None] | None
    ) -> None:
        self._columns = columns
        self._split = split
        self._progress = progress
        self._parts: dict[tuple[str, int], int] = {}
        self._labels: set[str] = set()

    def sort(self, pieces: Iterable[Piece], folder: Path) -> None:
        """Read everything, check it, and write the files `folder/part=N`."""
        checked = self._checked(pieces)
        first = next(checked, None)
        if first is None:
            raise ConfusionFlowError("The table has no rows. There is nothing to import.")

        def batches() -> Iterator[pa.RecordBatch]:
            yield first
            yield from checked

        pa.dataset.write_dataset(
            batches(),
            folder,
            schema=first.schema,
            format="parquet",
            partitioning=pa.dataset.partitioning(pa.schema([("part", pa.int32())]), flavor="hive"),
            max_partitions=LARGEST_PARTS,
            use_threads=False,
        )

    def labels_in_order(self) -> list[str]:
        """The distinct labels, sorted; numbers by value."""
        if all(_is_number(label) for label in self._labels):
            return sorted(self._labels, key=int)
        return sorted(self._labels)

    def are_indices(self, names: Sequence[str]) -> bool:
        """Whether the labels are positions in a list of names."""
        return not self._labels & set(names) and all(map(_is_number, self._labels))

    def parts_in_order(self) -> list[tuple[tuple[str, int], int]]:
        """Split and epoch of each part: splits as they first came, epochs increasing."""
        splits = list(dict.fromkeys(split for split, _ in self._parts))
        return sorted(self._parts.items(), key=lambda p: (splits.index(p[0][0]), p[0][1]))

    def _checked(self, pieces: Iterable[Piece]) -> Iterator[pa.RecordBatch]:
        """The rows as part, actual, predicted and, where they are there, instance, confidence."""
        done = 0
        for piece in pieces:
            if piece.rows.num_rows:
                try:
                    yield self._check(piece)
                except (pa.ArrowException, ValueError, OverflowError, TypeError) as error:
                    if isinstance(error, ConfusionFlowError):
                        raise
                    raise piece.wrong(f"Its values can't be read: {error}.", 0) from error
            done += piece.rows.num_rows
            if self._progress is not None:
                self._progress(done)

    def _check(self, piece: Piece) -> pa.RecordBatch:
        found = self._columns.find(piece.rows.schema.names, piece.source)
        epochs = _epochs(piece, found["epoch"])
        arrays = {
            "part": self._parts_of(self._splits(piece, found.get("split")), epochs),
            "actual": _as_text(piece, found["actual"]),
            "predicted": _as_text(piece, found["predicted"]),
        }
        for name in ("actual", "predicted"):
            self._labels.update(v for v in pc.unique(arrays[name]).to_pylist() if v is not None)
        if "instance" in found:
            arrays["instance"] = _instances(piece, found["instance"])
        if "confidence" in found:
            arrays["confidence"] = _confidences(piece, found["confidence"])
        return pa.RecordBatch.from_pydict(arrays)

    def _splits(self, piece: Piece, column: str | None) -> list[str]:
        if column is None:
            if self._split is None:
                raise ImportSourceError(
                    "No column holds the split. Say which one does (--split-column), or what split "
                    "all rows are of (--split NAME).",
                    file=piece.source,
                )
            return [self._split] * piece.rows.num_rows
        splits: list[str | None] = _as_text(piece, column).to_pylist()
        for index, split in enumerate(splits):
            if not split:
                raise piece.wrong("The split is missing. Fill it in.", index)
        return splits  # type: ignore[return-value]

    def _parts_of(self, splits: list[str], epochs: list[int]) -> pa.Array:
        parts = [
            self._parts.setdefault(key, len(self._parts))
            for key in zip(splits, epochs, strict=True)
        ]
        if len(self._parts) > LARGEST_PARTS:
            raise ConfusionFlowError(
                f"The table has more than {LARGEST_PARTS:,} epochs of splits. "
                "Import it in several runs, or check that the right column holds the epoch."
            )
        return pa.array(parts, pa.int32())


def _epochs(piece: Piece, column: str) -> list[int]:
    """Epochs of the rows, each an integer from 0 on."""
    epochs = []
    for index, value in enumerate(piece.rows.column(column).to_pylist()):
        try:
            epoch = int(value)
            whole = not isinstance(value, float) or epoch == value
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole or isinstance(value, bool) or not 0 <= epoch < 2**53:
            shown = "missing" if value is None else repr(value)[:60]
            raise piece.wrong(
                f"Column {column!r} holds the epoch, and it is {shown}. Epochs are whole numbers "
                "from 0 on.",
                index,
            )
        epochs.append(epoch)
    return epochs


def _as_text(piece: Piece, column: str) -> pa.Array:
    """Labels as text; an empty or missing one is null."""
    values = piece.rows.column(column)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    try:
        text = values.cast(pa.string())
        text.validate(full=True)  # Arrow takes any bytes of a file for UTF-8
    except pa.ArrowException as error:
        raise piece.wrong(
            f"Column {column!r} holds {values.type} values. Labels are names or class indices.", 0
        ) from error
    return pc.if_else(pc.equal(text, ""), None, text)


def _instances(piece: Piece, column: str) -> pa.Array:
    values = piece.rows.column(column)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if values.null_count:
        raise piece.wrong(
            f"Column {column!r} holds the instance, and it is missing. Fill it in.",
            values.is_null().to_pylist().index(True),
        )
    if pa.types.is_integer(values.type):
        return values
    text = values.cast(pa.string())
    text.validate(full=True)  # Arrow takes any bytes of a file for UTF-8
    return text


def _confidences(piece: Piece, column: str) -> pa.Array:
    """How sure the model was; a missing value is NaN."""
    values = piece.rows.column(column)
    if pa.types.is_string(values.type):
        values = pc.if_else(pc.equal(values, ""), None, values)
    try:
        confidences = pc.cast(values, pa.float32(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        index = next(i for i, value in enumerate(values.to_pylist()) if not _is_float(value))
        raise piece.wrong(
            f"Column {column!r} holds the confidence, and it is {values[index].as_py()!r:.60}. "
            "Confidences are numbers. Name the column that holds them (--confidence-column), or "
            "call this one something else.",
            index,
        ) from None
    return pc.fill_null(confidences, float("nan"))


def _is_float(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return value is None
    return True


def _optional(rows: pa.Table, name: str) -> Any:
    """A column, as numpy holds it, or None where there is none."""
    return rows.column(name).to_numpy() if name in rows.column_names else None


def _labels(column: pa.ChunkedArray, are_indices: bool) -> Any:
    """Labels as `Run.log` takes them."""
    labels = column.to_pylist()
    return [None if v is None else int(v) for v in labels] if are_indices else labels


def _is_number(label: str) -> bool:
    return label.isascii() and label.isdecimal()
