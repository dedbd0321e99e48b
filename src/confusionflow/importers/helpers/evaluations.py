"""Find several evaluations in one epoch by the columns that differ within it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from confusionflow.importers.helpers.columns import ignoring, naming
from confusionflow.importers.helpers.values import encoded

# Columns that tell evaluations apart, and what each of them may be.
TIMES = ("epoch", "step", "global_step", "round", "iteration", "iter")
RUNS = (
    "run", "run_id", "run_name", "seed", "fold", "cv_fold", "trial", "repeat", "replicate", "model"
)  # fmt: skip
SPLITS = ("split", "dataset", "data_set", "subset")
KINDS: Mapping[str, str] = {
    **dict.fromkeys(TIMES, "epoch"),
    **dict.fromkeys(RUNS, "run"),
    **dict.fromkeys(SPLITS, "split"),
}


@dataclass
class Evaluations:
    """The columns whose values differ within a part: an epoch of one split of one run.

    Attributes:
        differing: By part, the columns that differ in it, each with two of their values.
    """

    differing: dict[int, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    _first: dict[tuple[int, str], Any] = field(default_factory=dict)

    def note(self, rows: pa.RecordBatch, parts: NDArray[np.int64], used: Collection[str]) -> None:
        """Take in some rows of the table.

        Arguments:
            rows: The rows.
            parts: The part that each row belongs to.
            used: Columns that make the parts, or hold something else that was found.
        """
        names = [n for n in rows.schema.names if n.strip().lower() in KINDS and n not in used]
        if not names:
            return
        present, first, inverse = np.unique(parts, return_index=True, return_inverse=True)
        for name in dict.fromkeys(names):
            values, codes = encoded(rows.column(name))
            for part, code in zip(present.tolist(), codes[first].tolist(), strict=True):
                value = self._first.setdefault((part, name), values[code])
                if value != values[code]:
                    self._differs(part, name, value, values[code])
            others = np.flatnonzero(codes != codes[first][inverse])
            for part, row in zip(*np.unique(parts[others], return_index=True), strict=True):
                at = others[row]
                start = codes[first[np.searchsorted(present, part)]]
                self._differs(int(part), name, values[start], values[codes[at]])

    def _differs(self, part: int, name: str, one: Any, other: Any) -> None:
        self.differing.setdefault(part, {}).setdefault(name, (one, other))

    def question(self, part: int) -> str:
        """Ask about the columns that differ within a part; "" if there are none.

        Columns of times come first, because they hold the epoch most often.
        """
        columns = self.differing.get(part, {})
        kinds = [*dict.fromkeys(KINDS.values())]
        names = sorted(columns, key=lambda name: kinds.index(KINDS[name.strip().lower()]))
        return " ".join(question_about(name, *columns[name]) for name in names)


def question_about(name: str, one: Any, other: Any) -> str:
    """Ask about a column that has two values within an epoch."""
    what = KINDS[name.strip().lower()]
    means = {
        "epoch": f"is the time axis, pass {naming('epoch', name)}",
        "run": f"tells runs apart, pass {naming('run', name)}",
        "split": f"tells splits apart, pass {naming('split', name)}",
    }[what]
    return (
        f"Column {name!r} has several values there, such as {one!r:.40} and {other!r:.40}. If it "
        f"{means}; if all of it is one evaluation, pass {ignoring(name)}."
    )


def repeated(instances: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_] | None:
    """Find rows of instances that occur several times; None if there are none."""
    if pc.count_distinct(instances).as_py() == len(instances):
        return None
    counts = pc.value_counts(instances)
    counts = counts if isinstance(counts, pa.StructArray) else counts.combine_chunks()
    several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    mask: NDArray[np.bool_] = pc.is_in(instances, value_set=several).to_numpy(zero_copy_only=False)
    return mask


def first_of_each(*columns: Iterable[Any]) -> tuple[NDArray[np.int64], int | None]:
    """Tell identical rows of an instance from rows that differ.

    Arguments:
        columns: Instances, actual and predicted classes of the rows.

    Returns:
        The rows to keep: the first of each instance; and the first row that differs from an
        earlier one of its instance, or None.
    """
    seen: dict[Any, tuple[Any, ...]] = {}
    keep = []
    for row, (instance, *labels) in enumerate(zip(*columns, strict=True)):
        if instance not in seen:
            seen[instance] = tuple(labels)
            keep.append(row)
        elif seen[instance] != tuple(labels):
            return np.array(keep, np.int64), row
    return np.array(keep, np.int64), None
