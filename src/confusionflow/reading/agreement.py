"""Whether the models of several runs predict the same for the same instances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import agreement as analysis
from confusionflow.analysis.trajectories import NONE
from confusionflow.errors import ArgumentError, ClassesError, InstancesError
from confusionflow.reading.frames import Backend, native
from confusionflow.reading.predictions import Predictions

if TYPE_CHECKING:
    from confusionflow.reading.run import Series


@dataclass(frozen=True, eq=False)
class Agreement:
    """The agreement of several models on the instances that all of them know.

    Attributes:
        classes: Class names.
        ids: What identifies the instances, shape (instances,).
        actual: Index of the actual class, shape (instances,).
        predicted: What each model predicts, shape (models, instances); -1 for no prediction.
        churn: Share of the instances on which two models differ, shape (models, models).
        consensus: The most frequent prediction, in a tie the one with the lowest index, shape
            (instances,).
        share: Share of the models that predict it, shape (instances,).
        wrong: Share of the models that are wrong, shape (instances,).
    """

    classes: tuple[str, ...]
    ids: NDArray[Any]
    actual: NDArray[np.integer]
    predicted: NDArray[np.signedinteger]
    churn: NDArray[np.float64]
    consensus: NDArray[np.signedinteger]
    share: NDArray[np.float32]
    wrong: NDArray[np.float32]

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Make a table with a row for each instance: instance, actual, consensus, share, wrong.

        Arguments:
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".
        """
        import pyarrow as pa

        names = pa.array(self.classes, pa.string())

        def named(indices: NDArray[np.integer]) -> Any:
            plain = pa.array(indices.astype(np.int32), mask=indices == NONE)
            return pa.DictionaryArray.from_arrays(plain, names)

        table = pa.table(
            {
                "instance": pa.array(self.ids),
                "actual": named(self.actual),
                "consensus": named(self.consensus),
                "share": pa.array(self.share, from_pandas=True),
                "wrong": pa.array(self.wrong, from_pandas=True),
            }
        )
        return native(table, backend)


def agreement(series: Sequence[Series], epoch: int | None = None) -> Agreement:
    """Compare what several models predict for the same instances.

    Arguments:
        series: Two or more series, such as a split of runs that differ in their seed.
        epoch: The epoch of each; None for the last one that each has.

    Raises:
        ArgumentError: there are fewer than two series, or one lacks the epoch.
        ClassesError: their classes differ.
        InstancesError: no instance is in all of them, or one has several actual classes.

    Examples:
        >>> import tempfile, confusionflow as cf
        >>> log_dir = tempfile.mkdtemp()
        >>> for seed, predicted in enumerate(([0, 1, 1, 0], [0, 1, 0, 0])):
        ...     with cf.Run(log_dir, f"seed {seed}", classes=["cat", "dog"]) as run:
        ...         run.log(0, "test", y_true=[0, 1, 1, 1], y_pred=predicted, ids=[10, 20, 30, 40])
        >>> logs = cf.open_logs(log_dir)
        >>> found = agreement([logs["seed 0"]["test"], logs["seed 1"]["test"]])
        >>> found.churn[0, 1]
        np.float64(0.25)
        >>> found.ids[found.wrong == 1]
        array([40])
    """
    if len(series) < 2:
        raise ArgumentError(f"agreement() got {len(series)} series. Pass two or more.")
    read = [each.predictions() for each in series]
    classes = read[0].classes
    if any(each.classes != classes for each in read):
        raise ClassesError("The series have different classes. Pass series with the same classes.")
    common = read[0].ids
    for each in read[1:]:
        common = common[np.isin(common, each.ids)] if common.dtype == each.ids.dtype else common[:0]
    rows = [
        _at_epoch(each, one.name, common, epoch) for each, one in zip(read, series, strict=True)
    ]
    if not len(common):
        raise InstancesError(
            "No instance is in all of these series. Log them with the same ids=, such as the index "
            "in the data set."
        )
    actual = rows[0][0]
    if any(not np.array_equal(actual, other) for other, _ in rows[1:]):
        raise InstancesError(
            "Instances with the same id have different actual classes in these series. "
            "Pass ids= that mean the same instance in each."
        )
    predicted = np.stack([each for _, each in rows])
    found = analysis.agreement(actual, predicted)
    return Agreement(
        classes, common, actual, predicted, found.churn, found.consensus, found.share, found.wrong
    )


def _at_epoch(
    read: Predictions, name: str, common: NDArray[Any], epoch: int | None
) -> tuple[NDArray[np.integer], NDArray[np.signedinteger]]:
    """Return actual and predicted classes of instances, in the order of their ids."""
    (at,) = np.nonzero(read.epochs == epoch) if epoch is not None else ([len(read.epochs) - 1],)
    if not len(at):
        raise ArgumentError(
            f"Split {name!r} has no predictions at epoch {epoch}. It has them from "
            f"{read.epochs[0]} to {read.epochs[-1]}."
        )
    order = np.argsort(read.ids, kind="stable")
    sorted_ids = read.ids[order]
    if (sorted_ids[1:] == sorted_ids[:-1]).any():
        raise InstancesError(
            f"Split {name!r} has an id with several actual classes, or twice in an epoch. "
            "Log ids= that differ between instances."
        )
    positions = order[np.searchsorted(sorted_ids, common)]
    return read.actual[positions], read.predicted[at[0], positions]
