"""The instances of a split: their predictions, scores, looks and features."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError, NoSamplesError
from confusionflow.reading.features import Features
from confusionflow.reading.frames import Backend, native
from confusionflow.reading.instance_query import ordered
from confusionflow.reading.instances import (
    Classes,
    Instances,
    Only,
    Passing,
    cells_of,
    label_errors_table,
    scores_table,
)
from confusionflow.reading.predictions import Predictions, collect
from confusionflow.reading.samples import samples_of
from confusionflow.reading.split_counts import SplitCounts


class SplitInstances(SplitCounts):
    """A split whose instances can be looked at, not only counted. `Series` is one."""

    def predictions(self) -> Predictions:
        """The predictions of every instance at every epoch, exactly those that are counted.

        Raises:
            NoPredictionsError: the split was logged as matrices.
            InstancesError: it was logged without ids, and instances changed.
        """
        return collect(self.name, self.classes, self.stored.instances())

    def instances(
        self,
        actual: Classes = None,
        predicted: Classes = None,
        epochs: tuple[int, int] | None = None,
        *,
        only: Only = "all",
        passing: Passing = "ever",
        samples: bool = False,
        backend: Backend = "pandas",
    ) -> Any:
        """Make a table of the instances in some cells, those that are there longest first.

        Its columns: `instance`, `actual`, `share` of the epochs in which they are in the cells,
        `first` and `last` epoch of these, `passage` (they "came", "stayed", "left", or "passed"
        through), and the scores over the range.

        Arguments:
            actual, predicted: A class or several, by name or index; None for all.
            epochs: First and last epoch, both included; None for all.
            only: "wrong" for instances of cells off the diagonal, "right" for those on it.
            passing: "ever" in the cells, "half" of the epochs, "came", "stayed", "left", "passed".
            samples: Add text, group and columns of each, as `samples` has them.
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            ArgumentError: there is no such class or word.
            NoSamplesError: samples are asked for, and none were logged.
            NoPredictionsError: the split was logged as matrices.
            InstancesError: it was logged without ids, and instances changed.
        """
        cells = cells_of(self.classes, actual, predicted, epochs, only, passing)
        found = Instances(self.predictions(), cells, passing)
        order = ordered([found.passages.share], descending=True)  # as the page lists them
        return self._native(found.table().take(order), backend, samples=samples)

    def scores(
        self,
        epochs: tuple[int, int] | None = None,
        *,
        samples: bool = False,
        backend: Backend = "pandas",
    ) -> Any:
        """Make a table of how all instances behaved: `instance`, `actual` and the scores.

        Arguments:
            epochs: First and last epoch, both included; None for all.
            samples: Add text, group and columns of each, as `samples` has them.
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            NoPredictionsError: the split was logged as matrices.
            NoSamplesError: samples are asked for, and none were logged.
            InstancesError: it was logged without ids, and instances changed.
        """
        return self._native(scores_table(self.predictions(), epochs), backend, samples=samples)

    def possible_label_errors(
        self,
        most: int | None = None,
        *,
        by: str = "suspicious_label",
        epochs: tuple[int, int] | None = None,
        samples: bool = False,
        backend: Backend = "pandas",
    ) -> Any:
        """Make a table of instances whose label may be wrong, the likeliest first.

        Its columns: `instance`, `actual`, `suggested` (the class that it is mostly taken for) and
        `score`. It finds fewer in data that the model was trained on, because the model has learned
        those labels.

        Arguments:
            most: How many at most; None for all that were ever taken for another class.
            by: "suspicious_label", "hard", "outlier", "aum", or cleanlab's "self_confidence" or
                "normalized_margin", whose mean over the epochs is taken.
            epochs: First and last epoch, both included; None for all.
            samples: Add text, group and columns of each, as `samples` has them.
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            NoSamplesError: samples are asked for, and none were logged.
            ArgumentError: there is no such score, or it needs what was not logged.
            NoPredictionsError: the split was logged as matrices.
            InstancesError: it was logged without ids, and instances changed.
        """
        found = label_errors_table(self.predictions(), by, epochs, most)
        return self._native(found, backend, samples=samples)

    def samples(self, *, images: bool = False, backend: Backend = "pandas") -> Any:
        """Make a table of what instances look like: `instance`, `text`, `group` and further
        columns.

        It includes instances whose predictions were never logged.

        Arguments:
            images: Add the column `image`: the bytes of a WebP or PNG file, a thumbnail.
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            NoSamplesError: none were logged, or the run was copied without them.
        """
        return native(samples_of(self.stored).frame(images=images), backend)

    def sample_groups(self, ids: NDArray[Any]) -> NDArray[Any] | None:
        """Return the groups of instances, as `Run.log_samples` kept them; None without groups.

        Arguments:
            ids: What identifies them, shape (instances,).

        Returns:
            Text as objects, shape (instances,); None for an instance without a group.
        """
        try:
            samples = samples_of(self.stored)
        except (NoSamplesError, DamagedFileError):
            return None
        if "group" not in samples.table.column_names:
            return None
        return samples.values("group", samples.find(ids))

    def features(self, layer: str | None = None) -> Features:
        """What a layer of the model says about the instances, as `Run.log_features` kept it.

        Arguments:
            layer: Name of the layer; None for the one that was logged first.

        Raises:
            NoFeaturesError: there are no features, or none of that layer.

        Examples:
            >>> import tempfile, confusionflow as cf, numpy as np
            >>> logs = tempfile.mkdtemp()
            >>> actual = np.arange(60) % 2
            >>> features = np.stack([actual * 4.0, np.arange(60) % 7], axis=1)
            >>> with cf.Run(logs, name="demo", classes=["cat", "dog"]) as run:
            ...     for epoch in range(2):
            ...         run.log(epoch, "test", y_true=actual, y_pred=actual ^ (np.arange(60) < 12))
            ...         run.log_features(epoch, "test", features * (1 + epoch), layer="pool")
            >>> pool = cf.open_logs(logs)["demo"]["test"].features()
            >>> pool
            Features('pool', 2 epochs)
            >>> pool.separation("cat", "dog").round(1), pool.nearest()
            (array([2., 2.]), array([1., 1.]))
            >>> pool.change().before.round(3)
            array([nan,  1.])
            >>> pool.plane("cat", "dog").points.shape
            (2, 60, 2)
            >>> [row.predicted for row in pool.units(1, [("cat", "dog")]).rows]
            ['dog']
        """
        return Features(self.stored, layer)

    def _native(self, table: Any, backend: Backend, *, samples: bool) -> Any:
        return native(samples_of(self.stored).beside(table) if samples else table, backend)
