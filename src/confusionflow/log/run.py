"""The object that a training logs with."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self, SupportsIndex

from confusionflow.errors import ConfusionFlowWarning, RunClosedError, did_you_mean
from confusionflow.log.arguments import (
    labels_to_ignore,
    parse_epoch,
    parse_name,
    parse_number,
    probe_size,
    ranks_of,
)
from confusionflow.log.feature_tables import Tables
from confusionflow.log.features import FeatureBatches, Layer
from confusionflow.log.intake import Intake
from confusionflow.log.notebook import InNotebook, Shown
from confusionflow.log.run_facts import RunFacts
from confusionflow.log.run_files import RunFiles
from confusionflow.log.samples import Samples
from confusionflow.log.thumbnails import Form
from confusionflow.log.unit_images import images_table


class Run(InNotebook):
    """One training of one run configuration.

    Every call of `log` and `log_matrix` writes one epoch of one split, durable when it returns.
    Wrong calls raise; trouble with files only warns, at most once a minute, unless `strict`. Then
    an epoch is written later or dropped: see `queued` and `dropped`.

    Arguments:
        log_dir: Folder that holds runs, made if it is missing; or an address such as
            "s3://bucket/logs".
        name: What the run is called; several runs may have one name.
        config: Hyperparameters, anything that JSON can hold; left out when a run is resumed, those
            that it had.
        classes: Class names in the order of class indices; or groups of them, of any depth:
            {"animal": ["cat", "dog"], "vehicle": {"road": ["car"], "air": ["plane"]}}. Left out,
            they are the sorted distinct labels of a split's first epoch, and later ones are
            appended.
        parents: For a list of classes, the group of each class, and of each group that is in
            another: {"cat": "animal", "dog": "animal", "animal": "living"}.
        time_unit: What an epoch is: "epoch", "step", "round", …
        background: Name of the class that means "no object" in the matrices of a detector: its
            row holds false detections, its column what was missed.
        strict: Raise LogWriteError if an epoch can't be written.
        id: A name for this one run, the same when it is resumed and in all its ranks, such as a
            job's id; or the id that a run has. Left out, the run gets a new id.
        resume: Continue the run of that name, or begin it if there is none. If several have that
            name, continue the one with the same config. From the first epoch that is logged again,
            what was logged before is hidden, and stays in the log.
        rank: This process among those that evaluate together, from 0.
        world_size: How many these are. Each logs its share with `ids`, and an instance that
            several ranks have, because samplers pad, counts once.
        ignore_index: A label whose instances are kept and left out of the counts, as -100 is in
            PyTorch; or several, [255, 254].

    Raises:
        ConfusionFlowError: the arguments can't be right.

    Examples:
        >>> import tempfile
        >>> with Run(tempfile.mkdtemp(), name="demo", classes=["cat", "dog"]) as run:
        ...     run.log(0, "test", y_true=["cat", "dog"], y_pred=["cat", "cat"])
        ...     run.log(1, "test", y_true=[0, 1], y_prob=[[0.9, 0.1], [0.2, 0.8]])
        ...     run.log_matrix(1, "train", [[40, 2], [1, 57]])
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        name: str,
        config: Mapping[str, Any] | None = None,
        classes: Iterable[Any] | Mapping[str, Any] | None = None,
        *,
        parents: Mapping[Any, str] | None = None,
        time_unit: str = "epoch",
        background: str | None = None,
        strict: bool = False,
        id: str | None = None,  # noqa: A002
        resume: bool = False,
        rank: SupportsIndex = 0,
        world_size: SupportsIndex = 1,
        ignore_index: int | str | Iterable[int | str] | None = None,
    ) -> None:
        ignored = labels_to_ignore(ignore_index)
        self.rank, self.world_size = ranks_of(rank, world_size, id)
        facts = RunFacts.gather(
            log_dir,
            name,
            config,
            classes,
            parents=parents,
            time_unit=time_unit,
            background=background,
            id=id,
            resume=resume,
        )
        self.id = facts.id
        self.name = facts.name
        self.config = facts.config
        self.time_unit = facts.time_unit
        self.background = facts.background
        self._declared = facts.declared
        self._layers: dict[tuple[str, str], Layer] = {}
        self._closed = False
        self._intake = Intake(
            self.name, facts.declared, facts.history.classes, ignored, self.world_size
        )
        self._files = RunFiles(
            log_dir, facts, rank=self.rank, world_size=self.world_size, strict=strict
        )
        for surprise in facts.surprises(self._files.filesystem.root):
            self._warn(surprise)

    def _warn(self, text: str, stacklevel: int = 3) -> None:
        warnings.warn(f"Run {self.name!r}: {text}", ConfusionFlowWarning, stacklevel=stacklevel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the run; after an error it stays as it is, and shows as stopped."""
        if kind is None:
            self.close()
        elif not self._closed:
            self._files.flush()
        self._closed = True

    def _shown(self) -> Shown:
        return Shown(self._files.filesystem, f"run={self.id}")

    def __repr__(self) -> str:
        return f"Run({self.name!r}, id={self.id!r})"

    def log(
        self,
        epoch: SupportsIndex,
        split: str,
        *,
        y_true: Any,
        y_pred: Any = None,
        y_prob: Any = None,
        y_logit: Any = None,
        confidence: Any = None,
        margin: Any = None,
        ids: Any = None,
        classes: Iterable[Any] | None = None,
        threshold: float | None = None,
    ) -> None:
        """Log the predictions of one epoch.

        Arguments:
            epoch: The epoch, an integer from 0 on.
            split: Name of the data set: "train", "test", …
            y_true: Actual classes, as indices, names or one-hot rows, shape (instances,); labels of
                tokens or pixels may have more axes.
            y_pred: Predicted classes, likewise. Either this, `y_prob` or `y_logit`.
            y_prob: Probabilities, shape (instances, classes): the most probable class is the
                prediction, its probability the confidence. For two classes, the probability of the
                second will do, shape (instances,) or (instances, 1). Classes of tokens are on the
                last axis, those of pixels on the last or the second. Numbers outside of 0 … 1 are
                taken for logits.
            y_logit: Logits, in the same shapes.
            confidence: Beside `y_pred`, the probability of each predicted class, shape
                (instances,). With `y_prob` and `y_logit` it is kept anyway, and so is the margin.
            margin: Beside `y_pred`, log p(actual) - log of the largest other probability, or the
                same difference of logits, shape (instances,).
            ids: What identifies the instances from epoch to epoch, shape (instances,), integers or
                text; by default, their positions.
            classes: Class names of this split, if they are not the run's.
            threshold: For two classes, the probability (0.5 by default) or logit (0) above which
                the second one is predicted.

        Raises:
            ConfusionFlowError: the call can't be right; nothing was logged by it.
        """
        at = parse_epoch(epoch)
        split = parse_name(split, "split")
        with self._writing():
            known, rows = self._intake.predictions(
                split,
                at,
                y_true=y_true,
                y_pred=y_pred,
                y_prob=y_prob,
                y_logit=y_logit,
                numbers={"confidence": confidence, "margin": margin},
                ids=ids,
                classes=classes,
                threshold=threshold,
            )
            self._files.write_epoch(split, at, known, rows)

    def log_matrix(
        self, epoch: SupportsIndex, split: str, matrix: Any, *, classes: Iterable[Any] | None = None
    ) -> None:
        """Log the confusion matrix of one epoch, if only counts are known.

        Arguments:
            epoch: The epoch, an integer from 0 on.
            split: Name of the data set.
            matrix: Counts, shape (classes, classes); rows are actual. In a data frame with named
                rows and columns, these may be in any order, and classes may be absent.
            classes: Class names of this split, if they are not the run's.

        Raises:
            ConfusionFlowError: the call can't be right; nothing was logged by it.
        """
        at = parse_epoch(epoch)
        split = parse_name(split, "split")
        with self._writing():
            known, rows = self._intake.matrix(split, at, matrix, classes)
            self._files.write_epoch(split, at, known, rows)

    def log_counts(
        self,
        epoch: SupportsIndex,
        split: str,
        actual: Any,
        predicted: Any,
        count: Any,
        *,
        left_out: int = 0,
        classes: Iterable[Any] | None = None,
    ) -> None:
        """Log the counts of one epoch, cell by cell, if only counts are known.

        A cell that is not passed is 0, so that many classes take no more memory than few.

        Arguments:
            epoch: The epoch, an integer from 0 on.
            split: Name of the data set.
            actual: Actual class of each cell, as indices or names, shape (cells,).
            predicted: Predicted class of each cell, likewise.
            count: How many instances each cell has, shape (cells,). Counts of a cell that occurs
                several times are added up.
            left_out: Instances without a cell, such as those without a label. Cells with a label
                that is not a class are added to them.
            classes: Class names of this split, if they are not the run's.

        Raises:
            ConfusionFlowError: the call can't be right; nothing was logged by it.

        Examples:
            >>> import tempfile
            >>> with Run(tempfile.mkdtemp(), name="demo", classes=["cat", "dog"]) as run:
            ...     run.log_counts(0, "test", ["cat", "cat"], ["cat", "dog"], [90, 10], left_out=3)
        """
        at = parse_epoch(epoch)
        split = parse_name(split, "split")
        with self._writing():
            known, cells = self._intake.counts(
                split, at, actual, predicted, count, left_out, classes
            )
            self._files.write_epoch(split, at, known, cells)

    @property
    def next_epoch(self) -> int:
        """The epoch to continue with: the one after the last logged epoch, 0 for a new run."""
        return self._files.next_epoch

    def log_features(
        self,
        epoch: SupportsIndex,
        split: str,
        features: Any,
        *,
        layer: str = "features",
        ids: Any = None,
        y_true: Any = None,
        y_pred: Any = None,
        attribution: Any = None,
        instances: int = 2000,
        seed: int = 0,
    ) -> None:
        """Log how a layer of the model is activated by the instances of an epoch.

        What is kept: means by class and by cell, the instances that activate each unit most, and
            coordinates of a fixed sample of the instances, the probe.

        Arguments:
            epoch: The epoch, an integer from 0 on.
            split: Name of the data set.
            features: Activations, shape (instances, units).
            layer: What the layer is called; an epoch may have several.
            ids: What identifies the instances, as in `log`; by default, their positions.
            y_true, y_pred: Actual and predicted classes, as in `log`; by default, those that
                were logged for this epoch.
            attribution: How much each unit pushes each decision, gradient times activation of
                (logit of the predicted class - logit of the actual one), shape (instances, units).
            instances: How many instances the probe has, at most 2,000.
            seed: Another seed chooses another probe.

        Raises:
            ConfusionFlowError: the call can't be right; nothing was logged by it.

        Examples:
            >>> import tempfile
            >>> with Run(tempfile.mkdtemp(), name="demo", classes=["cat", "dog"]) as run:
            ...     run.log(0, "test", y_true=[0, 1, 1], y_pred=[0, 1, 0])
            ...     run.log_features(0, "test", [[0.1, 2.0], [1.5, 0.2], [0.3, 1.1]])
        """
        with self.feature_batches(
            epoch, split, layer=layer, instances=instances, seed=seed
        ) as batches:
            batches.add(features, ids=ids, y_true=y_true, y_pred=y_pred, attribution=attribution)

    def feature_batches(
        self,
        epoch: SupportsIndex,
        split: str,
        *,
        layer: str = "features",
        instances: int = 2000,
        seed: int = 0,
    ) -> FeatureBatches:
        """Log features batch by batch, so that those of all instances need not be in memory.

        Arguments:
            epoch, split, layer, instances, seed: As in `log_features`.

        Returns:
            A context manager; what `add` was called with is written at the end of the block.

        Examples:
            >>> import tempfile
            >>> with Run(tempfile.mkdtemp(), name="demo", classes=["cat", "dog"]) as run:
            ...     with run.feature_batches(0, "test", layer="pool") as batches:
            ...         batches.add([[0.1, 2.0]], y_true=["cat"], y_pred=["dog"])
            ...         batches.add([[1.5, 0.2]], y_true=["dog"], y_pred=["dog"])
            ...     run.log(0, "test", y_true=["cat", "dog"], y_pred=["dog", "dog"])
        """
        self._check_open()
        at = parse_epoch(epoch)
        split, layer = parse_name(split, "split"), parse_name(layer, "layer")
        known = self._layers.setdefault((split, layer), Layer())
        return FeatureBatches(
            partial(self._intake.labels_of, split, at),
            known,
            partial(self._write_features, split, at, layer),
            probe=probe_size(instances, self.world_size),
            seed=seed,
            is_alone=self.world_size == 1,
            warn=lambda text: self._warn(
                f"split {split!r}, epoch {at}, layer {layer!r}: {text}", stacklevel=4
            ),
        )

    def log_unit_images(
        self,
        epoch: SupportsIndex,
        split: str,
        images: Any,
        *,
        units: Any,
        layer: str = "features",
    ) -> None:
        """Log synthetic images that activate units of a layer. This takes the extra `images`.

        Arguments:
            epoch, split, layer: As in `log_features`.
            images: uint8, or numbers from 0 to 1, shape (units, height, width) or (units, height,
                width, 3).
            units: Index of the unit that each image is of, shape (units,).

        Raises:
            ConfusionFlowError: the call can't be right; nothing was logged by it.
        """
        self._check_open()
        at = parse_epoch(epoch)
        split, layer = parse_name(split, "split"), parse_name(layer, "layer")
        self._write_features(split, at, layer, {"images": images_table(images, units)}, "ids")

    def units_apart(self, split: str, layer: str = "features", most: int = 8) -> list[int]:
        """Units that set the most frequent wrong cells apart from the right ones of their classes.

        Arguments:
            split, layer: As in `log_features`; what was logged last of them counts.
            most: How many units at most.
        """
        known = self._layers.get((split, layer))
        return known.apart[:most] if known else []

    def log_scalar(self, epoch: SupportsIndex, name: str, value: Any) -> None:
        """Log a number beside an epoch, such as the learning rate or a loss.

        It is written with the next epoch of any split, or when the run is closed. A resumed run
        hides it as it hides epochs. Of two for one epoch, the one that was logged last counts.

        Arguments:
            epoch: The epoch, an integer from 0 on.
            name: What the number is: "lr", "loss", …
            value: The number.

        Raises:
            ConfusionFlowError: the call can't be right; nothing was logged by it.

        Examples:
            >>> import tempfile
            >>> with Run(tempfile.mkdtemp(), name="demo") as run:
            ...     run.log_scalar(0, "lr", 0.1)
        """
        at = parse_epoch(epoch)
        name = parse_name(name, "name")
        number = parse_number(value, name)
        with self._writing():
            self._files.keep_scalar(at, name, number)

    def log_samples(
        self,
        split: str,
        *,
        ids: Any = None,
        images: Any = None,
        text: Any = None,
        columns: Any = None,
        group: Any = None,
        thumbnail_size: int = 96,
        thumbnail_format: Form = "webp",
    ) -> None:
        """Log what the instances of a split look like: once, before or after its epochs.

        They are kept beside the runs, in the folder `samples` of the log directory. The same
        samples, logged again by any run, take no more space. Images need Pillow:
        `pip install 'confusionflow[images]'`.

        Arguments:
            split: Name of the data set.
            ids: What identifies the instances, as passed to `log`; by default, their positions.
            images: One for each instance: an array or tensor (instances, height, width), with 1, 3
                or 4 channels first or last; or a list, a data set or an iterator of such arrays, of
                images of Pillow, of paths, or of None. A thumbnail of each is kept. Bytes are taken
                as they are, and floats from 0 to 1 as well; other numbers are scaled, the smallest
                one to black and the largest one to white.
            text: One text for each instance; of longer ones the first 10,000 characters are kept.
            columns: Further values by name, one for each instance: {"source": sources}; or a data
                frame.
            group: What each instance belongs to, such as a patient or a video.
            thumbnail_size: Longest side of a thumbnail, pixels. Smaller images stay as they are.
            thumbnail_format: "webp", or "png", which loses nothing and takes four times the space.

        Raises:
            ConfusionFlowError: the call can't be right; nothing was logged by it.

        Examples:
            >>> import tempfile, numpy as np
            >>> with Run(tempfile.mkdtemp(), name="demo", classes=["cat", "dog"]) as run:
            ...     run.log_samples("test", ids=[7, 8], text=["It purrs.", "It barks."])
            ...     run.log(0, "test", y_true=[0, 1], y_pred=[0, 1], ids=[7, 8])
        """
        self._check_open()
        split = parse_name(split, "split")
        samples = Samples.take(ids, images, text, columns, group, thumbnail_size, thumbnail_format)
        if self._files.write_samples(split, samples) and samples.problems:
            self._warn(samples.told(split))

    @property
    def n_classes(self) -> int | None:
        """How many classes are declared for the run; None if none are."""
        return len(self._declared) if self._declared else None

    @property
    def queued(self) -> tuple[tuple[str, int], ...]:
        """Split and epoch of what is not on disk yet because of trouble with files; usually empty.

        An epoch is durable when `log` has returned and it is neither here nor in `dropped`.
        """
        return self._files.queued

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Split and epoch of what will never be written; usually empty."""
        return self._files.dropped

    def close(self) -> None:
        """End the run as finished. Closing twice does nothing.

        What could not be written yet is tried again. Closing takes at most about ten seconds.
        """
        with self._files.lock:
            if not self._closed:
                self._closed = True
                self._files.close()
                self._tell_unseen_features()
                self._tell_unseen_samples()

    def _tell_unseen_features(self) -> None:
        for split in dict.fromkeys(split for split, _ in self._layers):
            if split not in self._files.predicted:
                self._warn(
                    f"features of split {split!r} were logged, but no predictions, so the page "
                    "does not show them. Log its predictions too, with log()."
                )

    def _tell_unseen_samples(self) -> None:
        logged = self._files.predicted | self._files.logged_before
        for split in sorted(self._files.with_samples - logged):
            hint = did_you_mean(split, sorted(logged)) + " " if logged else ""
            self._warn(
                f"samples of split {split!r} were logged, but no predictions, so the page does not "
                f"show them. {hint}Log samples and predictions under the same name."
            )

    def _write_features(
        self, split: str, epoch: int, layer: str, tables: Tables, instances: str
    ) -> None:
        with self._writing():
            classes = self._intake.class_names(split)
            self._files.write_features(split, epoch, classes, layer, tables, instances)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock, so that no other thread closes the run meanwhile."""
        with self._files.lock:
            self._check_open()
            yield

    def _check_open(self) -> None:
        if self._closed:
            raise RunClosedError(self.name)
