"""The object that a training logs with."""

from __future__ import annotations

import json
import operator
import os
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, SupportsIndex

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import (
    ClassesError,
    ConfigError,
    ConfusionFlowWarning,
    DistributedError,
    EpochError,
    LabelError,
    NameTextError,
    RunClosedError,
    ShapeError,
)
from confusionflow.log.arrays import to_array, to_counts, to_labels, to_probabilities
from confusionflow.log.classes import ClassList, from_labels
from confusionflow.log.delivery import Delivery
from confusionflow.log.history import History, newest_run_id, read_history
from confusionflow.log.rows import count_rows, ignored_labels
from confusionflow.store.layout import given_run_id, new_run_id
from confusionflow.store.text import storable
from confusionflow.store.write import EpochRows, RunWriter

# What is not merged by then, as a run is closed, is left to `confusionflow compact`.
MERGE_TIMEOUT_S = 8.0


class Run:
    """One training of one run configuration.

    Every call of `log` and `log_matrix` writes one epoch of one split, durable when it returns.
    Wrong calls raise; trouble with files only warns, at most once a minute, unless `strict`. Then
    an epoch is written later, or dropped and said to be: see `queued` and `dropped`.

    Arguments:
        log_dir: Folder that holds runs, made if it is missing; or an address such as
            "s3://bucket/logs".
        name: What the run is called; several runs may have one name.
        config: Hyperparameters, anything that JSON can hold.
        classes: Class names in the order of class indices. Left out, they are the sorted distinct
            labels of a split's first epoch, and later ones are appended.
        time_unit: What an epoch is: "epoch", "step", "round", …
        strict: Raise LogWriteError where an epoch can't be written.
        id: A name for this one run, the same when it is resumed and in all its ranks, such as a
            job's id. Left out, the run gets an id of its own.
        resume: Go on with the newest run of that name, if there is one. Its epochs from the first
            one that is logged now are hidden, in all splits, and stay in the log.
        rank: This process among those that evaluate together, from 0.
        world_size: How many these are. Each logs its share with `ids`, and an instance that
            several have, as samplers pad, counts once.
        ignore_index: A label whose instances are kept and left out of the counts, as -100 is in
            PyTorch.

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
        classes: Iterable[Any] | None = None,
        *,
        time_unit: str = "epoch",
        strict: bool = False,
        id: str | None = None,  # noqa: A002
        resume: bool = False,
        rank: SupportsIndex = 0,
        world_size: SupportsIndex = 1,
        ignore_index: int | str | None = None,
    ) -> None:
        self.name = _text(name, "name")
        self.config = _json_config(config or {})
        self.time_unit = _text(time_unit, "time_unit")
        self._declared = ClassList.declare(classes) if classes is not None else None
        self._ignore_index = _label(ignore_index)
        own_rank, self._world_size = _ranks(rank, world_size, id)
        self._created_at = datetime.now(UTC)
        known_id = (
            given_run_id(_text(id, "id"))
            if id is not None
            else newest_run_id(log_dir, self.name)
            if resume
            else None
        )
        self.id = known_id or new_run_id(self._created_at)
        self._history = read_history(log_dir, self.id) if known_id else History()
        if self._declared is None and self._history.declared is not None:
            self._declared = ClassList(self._history.declared, is_declared=True)
        self._writer = RunWriter(log_dir, self.id, own_rank, self._world_size)
        self._unmerged: str | None = None
        self._closed = False
        self._classes: dict[str, ClassList] = {}
        self._logged: set[tuple[str, int]] = set()
        self._warned: set[tuple[str, str]] = set()
        self._delivery = Delivery(
            f"Run {self.name!r}",
            self._writer.filesystem.root,
            begin=self._begin,
            record=self._writer.write_dropped,
            strict=strict,
        )
        self._delivery.deliver(lambda: None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the run; one that left by an error is kept as it is, and shows as stopped."""
        if kind is None:
            self.close()
        elif not self._closed:
            self._delivery.flush()
        self._closed = True

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
        ids: Any = None,
        classes: Iterable[Any] | None = None,
    ) -> None:
        """Log the predictions of one epoch.

        Arguments:
            epoch: The epoch, an integer from 0 on.
            split: Name of the data set: "train", "test", …
            y_true: Actual classes, as indices or names, shape (instances,).
            y_pred: Predicted classes, likewise. Either this or `y_prob`.
            y_prob: Probabilities, shape (instances, classes): the most probable class is the
                prediction, its probability the confidence.
            ids: What identifies the instances from epoch to epoch, shape (instances,), integers or
                text; left out, their positions do.
            classes: Class names of this split, where they are not the run's.

        Raises:
            ConfusionFlowError: the call can't be right; nothing was logged by it.
        """
        self._check_open()
        at = _epoch(epoch)
        split = _text(split, "split")
        if (y_pred is None) == (y_prob is None):
            got = "neither" if y_pred is None else "both"
            raise LabelError(f"log() got {got} of y_pred and y_prob. Pass one of them.")
        actual = to_labels(y_true, "y_true")
        if y_prob is not None:
            predicted, confidence, width = _most_probable(y_prob)
        else:
            predicted, confidence, width = to_labels(y_pred, "y_pred"), None, None
        _check_shapes(actual, predicted, "y_prob" if y_pred is None else "y_pred")
        actual, predicted = actual.ravel(), predicted.ravel()
        instances = _instances(ids, actual.size)
        if instances is None and self._world_size > 1:
            raise DistributedError(
                f"log() got no ids, and {self._world_size} ranks evaluate together. Pass "
                "ids=, the index of each instance in the data set: samplers give some instances to "
                "several ranks, and these count once."
            )
        ignored = ignored_labels(actual, self._ignore_index)
        with self._delivery.lock:
            known = self._classes_of(split, classes)
            if known is None and (before := self._history.classes.get(split)):
                labels = np.append(actual.astype(object), predicted.astype(object))
                known = ClassList.restore(before, labels, is_declared=width is not None)
            if width is not None:
                known = known or ClassList(list(range(width)), is_declared=True)
                if width != len(known):
                    raise ShapeError(
                        f"y_prob has {width} columns and split {split!r} has {len(known)} classes. "
                        "Pass a probability for each class, in the order of the classes."
                    )
            if known is None or not known.is_declared:
                self._check_one_process()
                meant = actual if ignored is None else actual[~ignored]
                known = (
                    known.grown(np.append(meant.astype(object), predicted.astype(object)))
                    if known
                    else from_labels(meant, predicted)
                )
                self._warn_undeclared(split)
            rows = count_rows(known, actual, predicted, instances, confidence, ignored)
            if rows.left_out:
                self._warn_left_out(split, rows.left_out, len(known))
            self._note_logged(split, at)
            self._classes[split] = known
            self._delivery.deliver(self._writing(split, at, known.names, rows), (split, at))

    def log_matrix(
        self, epoch: SupportsIndex, split: str, matrix: Any, *, classes: Iterable[Any] | None = None
    ) -> None:
        """Log the confusion matrix of one epoch, where only counts are known.

        Arguments:
            epoch: The epoch, an integer from 0 on.
            split: Name of the data set.
            matrix: Counts, shape (classes, classes); rows are actual.
            classes: Class names of this split, where they are not the run's.

        Raises:
            ConfusionFlowError: the call can't be right; nothing was logged by it.
        """
        self._check_open()
        at = _epoch(epoch)
        split = _text(split, "split")
        counts = to_counts(matrix)
        with self._delivery.lock:
            known = self._classes_of(split, classes)
            if known is None and (before := self._history.classes.get(split)):
                known = ClassList(before, is_declared=True)
            if known is None:
                known = ClassList(list(range(len(counts))), is_declared=True)
                self._warn_undeclared(split)
            if len(counts) != len(known):
                raise ShapeError(
                    f"The matrix has {len(counts)} rows and split {split!r} has {len(known)} "
                    "classes. Pass a row and a column for each class."
                )
            actual, predicted = counts.nonzero()
            rows = EpochRows(actual, predicted, counts[actual, predicted])
            self._note_logged(split, at)
            self._classes[split] = known
            self._delivery.deliver(self._writing(split, at, known.names, rows), (split, at))

    @property
    def queued(self) -> tuple[tuple[str, int], ...]:
        """Split and epoch of what is not on disk yet, for trouble with files; else empty.

        An epoch is durable when `log` has returned and it is neither here nor in `dropped`.
        """
        return self._delivery.queued

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Split and epoch of what will never be written; else empty."""
        return self._delivery.dropped

    def close(self) -> None:
        """End the run as finished. Closing twice does nothing.

        What could not be written yet is tried again. Closing takes at most about ten seconds.
        """
        with self._delivery.lock:
            if self._closed:
                return
            self._closed = True
            self._delivery.close(lambda _: self._writer.finish(), self._merge)
            if self._unmerged:
                self._delivery.warn(
                    f"Run {self.name!r} is closed, and its files are many, for they could not be "
                    f"merged: {self._unmerged}. Nothing is lost; run `confusionflow compact` later."
                )

    # ---- classes -----------------------------------------------------------------------------

    def _classes_of(self, split: str, classes: Iterable[Any] | None) -> ClassList | None:
        """The classes that a split has, or is to have; None where they come from its labels."""
        known = self._classes.get(split)
        if classes is None and known:
            return known
        given = ClassList.declare(classes) if classes is not None else self._declared
        before = known.names if known else self._history.classes.get(split)
        if given and before and given.names != before:
            raise ClassesError(
                f"The classes of split {split!r} changed: they were {_listed(before)} and "
                f"are now {_listed(given.names)}. Log to a split of another name."
            )
        return given

    def _check_one_process(self) -> None:
        if self._world_size > 1:
            raise ClassesError(
                f"{self._world_size} ranks evaluate together, and no classes were declared: each "
                "would make its own from its labels. Declare them: Run(..., classes=[...])."
            )

    def _note_logged(self, split: str, epoch: int) -> None:
        if (split, epoch) in self._logged:
            self._warn_once(
                split,
                "again",
                f"Split {split!r}: epoch {epoch} was logged again. What was logged last counts; "
                "what was before stays in the log.",
            )
        self._logged.add((split, epoch))

    def _warn_undeclared(self, split: str) -> None:
        self._warn_once(
            "",
            "classes",
            f"Run {self.name!r} has no classes; those of split {split!r} are made from its labels. "
            "Declare them, so that names, order and absent classes are right: "
            "Run(..., classes=[...]).",
        )

    def _warn_left_out(self, split: str, left_out: int, n_classes: int) -> None:
        self._warn_once(
            split,
            "left out",
            f"Split {split!r}: {left_out:,} instances have a label or a prediction that is none of "
            f"the {n_classes} classes, or none at all, or one to be ignored. They are kept in the "
            "log and left out of the counts.",
        )

    def _warn_once(self, split: str, subject: str, text: str) -> None:
        if (split, subject) not in self._warned:
            self._warned.add((split, subject))
            warnings.warn(text, ConfusionFlowWarning, stacklevel=4)

    # ---- files -------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._writer.begin(
            name=self.name,
            config=self.config,
            time_unit=self.time_unit,
            created_at=self._created_at,
            classes=self._declared.values if self._declared else None,
        )

    def _writing(
        self, split: str, epoch: int, classes: tuple[str, ...], rows: EpochRows
    ) -> Callable[[], None]:
        """What writes an epoch, now or later; the order of calls decides what an epoch holds."""
        sequence = self._writer.next_sequence()
        return lambda: self._writer.write_epoch(split, epoch, classes, rows, sequence)

    def _merge(self, timeout_s: float) -> None:
        """Make few files of many; the run is whole without it, so that no trouble matters."""
        try:
            self._writer.merge(min(timeout_s, MERGE_TIMEOUT_S))
        except Exception as error:
            self._unmerged = str(error)

    def _check_open(self) -> None:
        if self._closed:
            raise RunClosedError(self.name)


def _most_probable(
    y_prob: Any,
) -> tuple[NDArray[Any], NDArray[np.float32], int]:
    """Prediction, confidence and number of classes; no prediction where a number is none."""
    probabilities = to_probabilities(y_prob)
    width = probabilities.shape[-1]
    if width == 0:
        raise ShapeError(
            f"y_prob has shape {probabilities.shape}. Pass a probability for each class."
        )
    finite = np.isfinite(probabilities).all(axis=-1)
    predicted: NDArray[Any] = probabilities.argmax(axis=-1)
    confidence = np.take_along_axis(probabilities, predicted[..., None], -1).astype(np.float32)
    if not finite.all():
        predicted = predicted.astype(object)
        predicted[~finite] = None
    return predicted, confidence.ravel(), width


def _check_shapes(actual: NDArray[Any], predicted: NDArray[Any], name: str) -> None:
    def lengths(array: NDArray[Any]) -> tuple[int, ...]:
        return tuple(length for length in array.shape if length != 1)

    if lengths(actual) != lengths(predicted):
        what = "instances" if name == "y_prob" else "labels"
        raise ShapeError(
            f"y_true has {actual.size:,} labels (shape {actual.shape}) and {name} "
            f"{predicted.size:,} {what} (shape {predicted.shape}). Pass one for each instance."
        )


def _instances(ids: Any, size: int) -> NDArray[Any] | pa.Array | None:
    """What identifies the instances; None for their positions."""
    if ids is None:
        return None
    array = to_array(ids, "ids").ravel()
    if array.size != size:
        raise ShapeError(f"ids has {array.size:,} values and y_true {size:,}. Pass one for each.")
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind in "UO" and all(isinstance(value, str) for value in array.tolist()):
        texts = array.tolist()
        try:
            return pa.array(texts, pa.string())
        except UnicodeEncodeError:
            return pa.array([storable(text) for text in texts], pa.string())
    raise LabelError(f"ids holds {array.dtype} values. Pass integers or text.")


def _label(ignore_index: Any) -> int | str | None:
    if ignore_index is None or isinstance(ignore_index, str):
        return ignore_index
    try:
        return operator.index(ignore_index)
    except TypeError:
        raise LabelError(
            f"ignore_index is {ignore_index!r:.60}, a {type(ignore_index).__name__}. "
            "Pass one label, a whole number or text."
        ) from None


def _ranks(rank: Any, world_size: Any, run_id: Any) -> tuple[int, int]:
    """Rank and world size as integers that fit each other."""
    try:
        own, size = operator.index(rank), operator.index(world_size)
    except TypeError:
        own, size = -1, 0
    if not 0 <= own < size or isinstance(rank, bool) or isinstance(world_size, bool):
        raise DistributedError(
            f"rank is {rank!r:.60} and world_size {world_size!r:.60}. Pass integers, a rank from 0 "
            "to world_size - 1, such as torch.distributed.get_rank() and get_world_size()."
        )
    if size > 1 and run_id is None:
        raise DistributedError(
            f"world_size is {size}, and there is no id by which the ranks find their run. Pass the "
            'same id= in every rank, such as a job\'s: Run(..., id=os.environ["SLURM_JOB_ID"]).'
        )
    return own, size


def _epoch(epoch: Any) -> int:
    """An epoch from whatever is an integer.

    Raises:
        EpochError: it is none, or negative.
    """
    try:
        if isinstance(epoch, (bool, np.bool_)):
            raise TypeError
        at = operator.index(epoch.item() if hasattr(epoch, "item") else epoch)
    except (TypeError, ValueError, RuntimeError):
        raise EpochError(
            f"The epoch is {epoch!r:.60}, a {type(epoch).__name__}. Pass an integer from 0 on."
        ) from None
    if not 0 <= at < 2**53:
        raise EpochError(f"The epoch is {at}. Pass an integer from 0 to 2**53 - 1.")
    return at


def _text(text: Any, name: str) -> str:
    """A name that is text, not empty, and can be written as UTF-8."""
    if not isinstance(text, str) or not text:
        raise NameTextError(f"{name} is {text!r:.60}. Pass text that is not empty.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NameTextError(f"{name} is {text!r:.60}, which is no valid Unicode text.") from None
    return text


def _json_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as JSON keeps it; numpy's numbers as numbers, other objects as text."""
    if not isinstance(config, Mapping):
        raise ConfigError(
            f"config is a {type(config).__name__}. Pass a dict of hyperparameters, "
            "such as vars(args)."
        )

    def plain(value: Any) -> Any:
        return value.item() if isinstance(value, np.generic) else str(value)

    try:
        named = {str(key): value for key, value in config.items()}
        text = json.dumps(named, default=plain, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"config can't be kept as JSON: {error}. Pass plain values.") from None
    # A file's name whose bytes are no UTF-8 may be among the values: as text it reads `caf\udce9`.
    text = re.sub("[\ud800-\udfff]", lambda half: f"\\\\u{ord(half[0]):04x}", text)
    kept: dict[str, Any] = json.loads(text)
    return kept


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(map(repr, names[:5]))
    return f"{shown}, … ({len(names)})" if len(names) > 5 else shown
