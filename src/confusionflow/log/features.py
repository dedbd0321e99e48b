"""Gather the activations of a layer in one epoch, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.analysis.features.exemplars import Exemplars
from confusionflow.analysis.features.moments import Gathering, Moments, joined, merged
from confusionflow.analysis.features.nearest import nearest_mean
from confusionflow.analysis.features.principal import Principal, principal
from confusionflow.analysis.features.probe import scramble, stratified
from confusionflow.errors import ArgumentError, LabelError, ShapeError
from confusionflow.log.arguments import instances_of
from confusionflow.log.arrays import to_array
from confusionflow.log.feature_tables import (
    FEWEST,
    Tables,
    attribution_table,
    means_table,
    probe_table,
    units_table,
)

# Activations that are kept until the epoch ends; the probe is drawn and nearest means are counted
# from them.
MOST_KEPT_BYTES = 64 << 20

# Values of means that are written, so that the file can be read back.
MOST_CLASS_VALUES = 2_500_000
MOST_CELL_VALUES = 3_000_000

# Cells whose units count as those that set cells apart.
CELLS_APART = 8

Labels = Callable[[Any, Any, NDArray[Any]], tuple[NDArray[np.int64], NDArray[np.int64], int]]


@dataclass
class Layer:
    """What is remembered of a layer from epoch to epoch.

    Attributes:
        components: Its last principal components.
        probe: Ids of the probe.
        apart: Units, those first that set the most frequent wrong cells apart.
    """

    components: Principal | None = None
    probe: NDArray[Any] | None = None
    apart: list[int] = field(default_factory=list)


@dataclass
class _Kept:
    """Instances whose activations are kept; shapes (instances, …)."""

    features: NDArray[np.float32]
    ids: NDArray[Any]
    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    keys: NDArray[np.uint64]

    def take(self, rows: NDArray[np.intp]) -> _Kept:
        return _Kept(*(values[rows] for values in vars(self).values()))


class FeatureBatches:
    """Gathers the activations of a layer, batch by batch, and writes them when it is closed.

    `Run.feature_batches` makes it.

    Arguments:
        labels: Finds actual and predicted classes, as indices, from what a caller passes and from
            ids; and the number of classes.
        layer: What is remembered of the layer.
        write: Writes the tables of the epoch.
        probe: Size of the probe.
        seed: Seed of the probe.
        is_alone: Whether no other process has a share of the instances.
        warn: Tells a user something.
    """

    def __init__(
        self,
        labels: Labels,
        layer: Layer,
        write: Callable[[Tables, str], None],
        *,
        probe: int,
        seed: int,
        is_alone: bool,
        warn: Callable[[str], None],
    ) -> None:
        self._labels = labels
        self._layer = layer
        self._write = write
        self._probe = probe
        self._seed = seed
        self._is_alone = is_alone
        self._warn = warn
        self._cells = Gathering(MOST_CELL_VALUES)
        # By class, the instances of cells that have no room.
        self._others = Gathering(MOST_CLASS_VALUES)
        self._left_out = 0
        self._attributions = Gathering(MOST_CELL_VALUES)
        self._exemplars = Exemplars()
        self._kept: list[_Kept] = []
        self._all_ids: list[NDArray[Any]] = []
        self._size = 0
        self._units: int | None = None
        self._n_classes = 0
        self._has_ids: bool | None = None
        self._not_finite = 0
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the epoch; if the block raised, nothing is written."""
        if kind is None:
            self.close()
        else:
            self.cancel()

    def add(
        self,
        features: Any,
        *,
        ids: Any = None,
        y_true: Any = None,
        y_pred: Any = None,
        attribution: Any = None,
    ) -> None:
        """Add a batch of instances.

        Arguments:
            features: Activations, shape (instances, units).
            ids: What identifies the instances, as in `Run.log`; by default, their positions.
            y_true, y_pred: Actual and predicted classes, as in `Run.log`; by default, those
                that were logged for this epoch.
            attribution: How much each unit pushes the decision, gradient times activation of (logit
                of the predicted class - logit of the actual one), shape (instances, units). Rows of
                NaN have none.

        Raises:
            ConfusionFlowError: the call can't be right; nothing was added by it.
        """
        if self._closed:
            raise ArgumentError("These batches are closed. Begin others with feature_batches().")
        values = self._matrix(features, "features")
        n, units = values.shape
        given = instances_of(ids, n)
        if self._has_ids not in (None, given is not None):
            raise LabelError("Some batches have ids and others none. Pass ids with all or none.")
        instances = np.arange(self._size, self._size + n) if given is None else _plain(given)
        if self._all_ids and instances.dtype.kind != self._all_ids[0].dtype.kind:
            raise LabelError("ids are integers in some batches and text in others. Pass one kind.")
        actual, predicted, n_classes = self._labels(y_true, y_pred, instances)
        if len(actual) != n:
            raise ShapeError(
                f"features has {n:,} rows, and there are {len(actual):,} labels. Pass one for each."
            )
        pushed = None if attribution is None else self._matrix(attribution, "attribution")
        if pushed is not None and pushed.shape != values.shape:
            raise ShapeError(
                f"attribution has the shape {pushed.shape}, and features {values.shape}. Pass a "
                "row for each instance and a column for each unit; rows of NaN for none."
            )
        self._units, self._n_classes = units, n_classes
        self._has_ids = given is not None
        self._size += n
        self._all_ids.append(instances)
        is_finite = _finite_rows(values)
        self._not_finite += int((~is_finite).sum())
        rows = np.flatnonzero(is_finite & (actual < n_classes) & (predicted < n_classes))
        if len(rows) < n:
            values = values[rows]
            pushed = None if pushed is None else pushed[rows]
            instances, actual, predicted = instances[rows], actual[rows], predicted[rows]
        if len(rows):
            self._add(values, instances, actual, predicted, rows + self._size - n)
            self._add_attribution(pushed, actual, predicted)

    def _matrix(self, values: Any, name: str) -> NDArray[np.float32]:
        array = to_array(values, name)
        if array.dtype.kind not in "fiub":
            raise LabelError(f"{name} holds {array.dtype} values. Pass numbers.")
        if array.ndim != 2 or not array.shape[1]:
            raise ShapeError(
                f"{name} has the shape {array.shape}. Pass a row for each instance and a column "
                "for each unit; average the pixels of a channel, and the tokens of a text."
            )
        if self._units not in (None, array.shape[1]):
            raise ShapeError(
                f"{name} has {array.shape[1]:,} units, and the batches before had {self._units:,}. "
                "Pass all units of one layer."
            )
        return array.astype(np.float32, copy=False)

    def _add(
        self,
        values: NDArray[np.float32],
        ids: NDArray[Any],
        actual: NDArray[np.int64],
        predicted: NDArray[np.int64],
        rows: NDArray[np.intp],
    ) -> None:
        left = self._cells.add(values, actual * self._n_classes + predicted)
        if len(left):
            self._left_out += len(left)
            self._others.add(values[left], actual[left])
        self._exemplars.add(values, rows.astype(np.int64))
        self._kept.append(_Kept(values, ids, actual, predicted, scramble(ids, self._seed)))
        most = max(1, MOST_KEPT_BYTES // (4 * values.shape[1]))
        if sum(len(kept.keys) for kept in self._kept) > 2 * most:
            self._kept = [self._fewer(most)]

    def _add_attribution(
        self,
        pushed: NDArray[np.float32] | None,
        actual: NDArray[np.int64],
        predicted: NDArray[np.int64],
    ) -> None:
        if pushed is None:
            return
        rows = (actual != predicted) & _finite_rows(pushed)
        self._attributions.add(pushed[rows], (actual * self._n_classes + predicted)[rows])

    def _fewer(self, most: int) -> _Kept:
        """Keep at most `most` instances, those with the smallest keys."""
        kept = self._kept[0]
        if len(self._kept) > 1:
            kept = _Kept(
                *map(np.concatenate, zip(*(vars(k).values() for k in self._kept), strict=True))
            )
        if len(kept.keys) <= most:
            return kept
        return kept.take(np.sort(np.argpartition(kept.keys, most)[:most]))

    def in_probe(self, ids: Any) -> NDArray[np.bool_]:
        """Whether each instance is in the probe; True for all until the probe is known.

        It is known from the second epoch on that this process logs of the layer.
        """
        array = _plain(instances_of(ids, to_array(ids, "ids").size))
        known = self._layer.probe
        if known is None or known.dtype.kind != array.dtype.kind:
            return np.ones(len(array), np.bool_)
        return np.isin(array, known)

    def cancel(self) -> None:
        """Discard what was added, and write nothing."""
        self._closed = True
        self._kept = []

    def close(self) -> None:
        """Write the epoch. Closing twice does nothing."""
        if self._closed:
            return
        self._closed = True
        if not self._kept:
            self._warn("no instance has both features and a class, so nothing is logged.")
            return
        if self._not_finite:
            self._warn(
                f"the features of {self._not_finite:,} instances hold NaN or infinity, and are "
                "left out."
            )
        if self._left_out:
            self._warn(
                "its classes have too many units to keep the means of all. Log a smaller layer."
            )
        kept = self._fewer(max(1, MOST_KEPT_BYTES // (4 * (self._units or 1))))
        self._write(self._tables(kept), "ids" if self._has_ids else "positions")

    def _tables(self, kept: _Kept) -> Tables:
        n = self._n_classes
        cells, by_cell = self._cells.result()
        others, by_other = self._others.result()
        classes, by_class = merged(joined(by_cell, by_other), np.concatenate([cells // n, others]))
        units = by_class.mean.shape[1]
        if len(classes) > (most := max(1, MOST_CLASS_VALUES // units)):
            classes, by_class = classes[:most], by_class.take(np.arange(most))
        means = np.full((n, units), np.nan)
        means[classes] = by_class.mean
        is_right = nearest_mean(kept.features, means) == kept.actual
        at_cell = kept.actual * n + kept.predicted
        chosen = stratified(kept.actual, kept.keys, self._probe)
        probe = kept if len(chosen) == len(kept.keys) else kept.take(chosen)
        found = principal(probe.features, self._layer.components)
        all_ids = np.concatenate(self._all_ids)
        self._layer.components = found
        self._layer.probe = probe.ids
        self._layer.apart = _apart(n, cells, by_cell, classes, by_class)
        # With ranks, a cell of few instances may be of many in all.
        few = FEWEST if self._is_alone else 1
        tables: dict[str, Mapping[str, Any]] = {
            "probe": probe_table(probe.ids, probe.actual, probe.predicted, found),
            "units": units_table(found, self._exemplars, all_ids),
        }
        pushed_cells, pushed = self._attributions.result()
        if len(pushed_cells):
            tables["attribution"] = attribution_table(n, pushed_cells, pushed)
        tables["means"] = means_table(
            n,
            (classes, by_class, _nearest(kept.actual, is_right, classes, n)),
            (cells, by_cell, _nearest(at_cell, is_right, cells, n * n)),
            few,
        )
        return tables


def _finite_rows(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which rows hold neither NaN nor infinity, shape (rows,)."""
    with np.errstate(over="ignore", invalid="ignore"):
        is_finite: NDArray[np.bool_] = np.isfinite(values.sum(axis=1))
    others = np.flatnonzero(~is_finite)  # those of large numbers have an infinite sum, too
    is_finite[others] = np.isfinite(values[others]).all(axis=1)
    return is_finite


def _plain(ids: NDArray[Any] | pa.Array | None) -> NDArray[Any]:
    """Ids as an array of integers or of text of a fixed width."""
    if isinstance(ids, pa.Array):
        return np.array(ids.to_pylist(), np.str_)
    array = np.asarray(ids)
    return array.astype(np.int64) if array.dtype != np.uint64 else array


def _nearest(
    of: NDArray[np.int64], is_right: NDArray[np.bool_], subsets: NDArray[np.int64], size: int
) -> NDArray[np.int64]:
    """Count the instances of each class or cell, and those nearest to their own class mean.

    Arguments:
        of: Number of the class or cell of each instance, shape (instances,).
        is_right: Whether it is nearest to its own class mean, shape (instances,).
        subsets: The numbers that are counted, increasing, shape (subsets,).
        size: One more than the greatest possible number.

    Returns:
        Shape (2, subsets).
    """
    if size < 1 << 24:
        positions = np.full(size, -1)
        positions[subsets] = np.arange(len(subsets))
        at = positions[of]
    else:  # a table of all cells of very many classes would be too large
        at = np.searchsorted(subsets, of)
        at = np.where(subsets[np.minimum(at, len(subsets) - 1)] == of, at, -1)
    known = at >= 0
    return np.stack(
        [
            np.bincount(at[known], minlength=len(subsets)),
            np.bincount(at[known & is_right], minlength=len(subsets)),
        ]
    )


def _apart(
    n: int,
    cells: NDArray[np.int64],
    by_cell: Moments,
    classes: NDArray[np.int64],
    by_class: Moments,
) -> list[int]:
    """Order units by how far they set the most frequent confusions apart from right ones."""
    actual, predicted = np.divmod(cells, n)
    right = {int(a): at for at, a in enumerate(actual) if a == predicted[at]}
    of_class = {int(a): at for at, a in enumerate(classes)}
    wrong = np.flatnonzero((actual != predicted) & (by_cell.count >= FEWEST))
    wrong = wrong[np.argsort(-by_cell.count[wrong], kind="stable")][:CELLS_APART]
    most = np.zeros(by_cell.mean.shape[1])
    for cell in wrong.tolist():
        a = int(actual[cell])
        if a in right:
            spread = np.sqrt(by_class.squares[of_class[a]] / by_class.count[of_class[a]])
            with np.errstate(divide="ignore", invalid="ignore"):
                distance = np.abs(by_cell.mean[cell] - by_cell.mean[right[a]]) / spread
            most = np.maximum(most, np.where(spread > 0, distance, 0))
    order = np.argsort(-most, kind="stable")
    found: list[int] = order[most[order] > 0].tolist()
    return found
