"""Sort a table into a file for each epoch of each split of each run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.parquet
from numpy.typing import NDArray

from confusionflow.errors import ConfusionFlowError, ImportSourceError
from confusionflow.importers.helpers.columns import Columns, ignoring, missing_column, naming
from confusionflow.importers.helpers.evaluations import Evaluations
from confusionflow.importers.helpers.tables import Piece
from confusionflow.importers.helpers.values import (
    LARGEST_EPOCH,
    confidences_of,
    counts_of,
    encoded,
    epochs_of,
    instances_of,
    texts_of,
    whole_number,
)

# Each part becomes a file while the table is sorted.
LARGEST_PARTS = 100_000
# Twice as many as a split can have classes, since a label may be written in two ways.
MOST_LABELS = 131_072
UNITS = {"step": "step", "global_step": "step", "iteration": "step", "round": "round"}
LABELS = "Labels are names or class indices"


@dataclass(frozen=True)
class Part:
    """An epoch of one split of one run; `run` is the run's name and id, None if unknown."""

    run: tuple[str | None, str | None]
    split: str
    epoch: int


@dataclass
class Sorter:
    """Reads a table, checks it, and writes a file for each part.

    Attributes:
        columns: Which column holds what.
        split: Name of the split, if no column says it.
        epoch: The epoch, if no column says it.
        parts: Numbers of the parts.
        labels: The distinct labels, of actual and of predicted classes.
        categories: The labels that the categories of a column declare in their order, likewise.
        evaluations: Columns that differ within a part.
        found: The column of each.
        time_unit: What an epoch is, if the table tells.
    """

    columns: Columns
    split: str | None = None
    epoch: int | None = None
    progress: Callable[[int], None] | None = None
    parts: dict[Part, int] = field(default_factory=dict)
    labels: dict[str, dict[str, None]] = field(
        default_factory=lambda: {"actual": {}, "predicted": {}}
    )
    categories: dict[str, list[str]] = field(default_factory=dict)
    evaluations: Evaluations = field(default_factory=Evaluations)
    found: dict[str, str] = field(default_factory=dict)
    time_unit: str = "epoch"

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

    def parts_in_order(self) -> list[tuple[Part, int]]:
        """The parts: runs and splits in the order of their first rows, epochs increasing."""
        runs = list(dict.fromkeys(part.run for part in self.parts))
        splits = list(dict.fromkeys(part.split for part in self.parts))
        run_at = {run: at for at, run in enumerate(runs)}
        split_at = {split: at for at, split in enumerate(splits)}
        return sorted(
            self.parts.items(),
            key=lambda p: (run_at[p[0].run], split_at[p[0].split], p[0].epoch),
        )

    def _checked(self, pieces: Iterable[Piece]) -> Iterator[pa.RecordBatch]:
        """Turn rows into part, actual, predicted, and what there is of the other columns."""
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
            if self.progress is not None:
                self.progress(done)

    def _check(self, piece: Piece) -> pa.RecordBatch:
        found = self.columns.find(piece.rows.schema.names, piece.source)
        self._check_same_columns(piece, found)
        parts = self._parts_of(piece, found)
        used = {*found.values(), *self.columns.ignore}
        self.evaluations.note(piece.rows, parts, used)
        arrays: dict[str, Any] = {"part": pa.array(parts, pa.int32())}
        for name in ("actual", "predicted"):
            arrays[name] = texts_of(piece, found[name], LABELS)
            self._note_labels(piece, name, arrays[name])
            self._note_categories(name, piece.rows.column(found[name]))
        if "instance" in found:
            arrays["instance"] = instances_of(piece, found["instance"])
        if "confidence" in found:
            arrays["confidence"] = confidences_of(piece, found["confidence"])
        if "count" in found:
            arrays["count"] = counts_of(piece, found["count"])
        return pa.RecordBatch.from_pydict(arrays)

    def _check_same_columns(self, piece: Piece, found: dict[str, str]) -> None:
        """Refuse a file that lacks a column of the others, or has another one."""
        if self.found and self.found.keys() != found.keys():
            what = min(self.found.keys() ^ found.keys())
            name = self.found.get(what) or found[what]
            has = "has no" if what in self.found else "has a"
            raise ImportSourceError(
                f"It {has} column {name!r} for {what}, unlike the rows before. Import it alone, "
                f"or pass {ignoring(name)}.",
                file=piece.source,
            )
        self.found = found

    def _note_labels(self, piece: Piece, name: str, texts: pa.Array) -> None:
        labels = self.labels[name]
        labels.update(dict.fromkeys(v for v in pc.unique(texts).to_pylist() if v is not None))
        if len(labels) > MOST_LABELS:
            some = ", ".join(map(repr, list(labels)[:3]))
            raise piece.wrong(
                f"Column {self.found[name]!r} has more than {MOST_LABELS:,} different labels, "
                f"such as {some}. Say which column holds the {name} class ("
                f"{naming(name, 'NAME')}).",
                0,
            )

    def _note_categories(self, name: str, values: pa.Array) -> None:
        """Keep the categories of a column whose type declares their order."""
        if pa.types.is_dictionary(values.type) and values.type.ordered:
            kept = self.categories.setdefault(name, [])
            known = set(kept)
            texts = values.dictionary.cast(pa.string()).to_pylist()
            kept.extend(t for t in texts if t is not None and t not in known)

    def _parts_of(self, piece: Piece, found: dict[str, str]) -> NDArray[np.int64]:
        """Find the number of the part that each row belongs to."""
        runs, run_codes = self._runs(piece, found)
        splits, split_codes = self._splits(piece, found.get("split"))
        epochs = self._epochs(piece, found.get("epoch"))
        distinct, epoch_codes = np.unique(epochs, return_inverse=True)
        keys = (run_codes * len(splits) + split_codes) * len(distinct) + epoch_codes
        used, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        numbers = np.empty(len(used), np.int64)
        for at in np.argsort(first, kind="stable"):
            row = first[at]
            part = Part(
                runs[run_codes[row]], splits[split_codes[row]], int(distinct[epoch_codes[row]])
            )
            numbers[at] = self.parts.setdefault(part, len(self.parts))
        if len(self.parts) > LARGEST_PARTS:
            raise ConfusionFlowError(
                f"The table has more than {LARGEST_PARTS:,} pairs of epoch and split. "
                "Import it as several runs, or check that the right column holds the epoch."
            )
        of_row: NDArray[np.int64] = numbers[inverse]
        return of_row

    def _runs(
        self, piece: Piece, found: dict[str, str]
    ) -> tuple[list[tuple[str | None, str | None]], NDArray[np.int64]]:
        """Find the runs, by name and id, and the run of each row."""
        names, name_codes = self._names(piece, found.get("run"), "run")
        ids, id_codes = self._names(piece, found.get("run_id"), "run")
        used, inverse = np.unique(name_codes * len(ids) + id_codes, return_inverse=True)
        pairs = [(names[pair // len(ids)], ids[pair % len(ids)]) for pair in used.tolist()]
        return pairs, inverse

    def _splits(self, piece: Piece, column: str | None) -> tuple[list[str], NDArray[np.int64]]:
        """Find the splits, and the split of each row."""
        if column is None:
            split = self.split or piece.split
            if split is None:
                raise missing_column("split", piece.rows.schema.names, piece.source)
            return [split], np.zeros(piece.rows.num_rows, np.int64)
        splits, codes = self._names(piece, column, "split")
        named: list[str] = [split for split in splits if split is not None]
        is_fold = column.lower() == "fold" and not self.columns.is_given("split")
        if is_fold and all(whole_number(split) is not None for split in named):
            raise ImportSourceError(
                f"Column {column!r} holds numbers, as in cross-validation. If each fold is a "
                f"separate model, pass {naming('run', column)}; if all are one evaluation, pass "
                f"{ignoring(column)}; if they are splits, pass {naming('split', column)}.",
                file=piece.source,
            )
        others = [split for split in named if split != self.split]
        if self.split is not None and others:
            raise piece.wrong(
                f"Column {column!r} says that the split is {others[0]!r}, and --split says "
                f"{self.split!r}. Leave --split out to use the column; if the column "
                f"says something else, pass {ignoring(column)}.",
                int(np.argmax(codes == splits.index(others[0]))),
            )
        return named, codes

    def _epochs(self, piece: Piece, column: str | None) -> NDArray[np.int64]:
        if column is not None:
            if not self.columns.is_given("epoch"):
                self.time_unit = UNITS.get(column.lower(), "epoch")
            return epochs_of(piece, column)
        epoch = self.epoch if self.epoch is not None else piece.epoch
        if epoch is None:
            raise missing_column("epoch", piece.rows.schema.names, piece.source)
        if self.epoch is None:
            self.time_unit = piece.time_unit
        if not 0 <= epoch <= LARGEST_EPOCH:
            raise ConfusionFlowError(f"The epoch is {epoch}. Epochs are whole numbers from 0 on.")
        return np.full(piece.rows.num_rows, epoch, np.int64)

    def _names(
        self, piece: Piece, column: str | None, what: str
    ) -> tuple[list[str | None], NDArray[np.int64]]:
        """Find the names of runs or splits, and the name of each row."""
        if column is None:
            return [None], np.zeros(piece.rows.num_rows, np.int64)
        names, codes = encoded(texts_of(piece, column, "Names are text or whole numbers"))
        if None in names:
            raise piece.wrong(
                f"The {what} is missing. Fill it in.", int(np.argmax(codes == names.index(None)))
            )
        return names, codes
