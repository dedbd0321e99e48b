"""Ultralytics: log what its validations predict, without a second pass."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from confusionflow.errors import ArgumentError
from confusionflow.integrations.guard import Guard
from confusionflow.integrations.samples import SamplesOf, SplitSamples
from confusionflow.integrations.sampling import check_every, is_due, stratified_subset
from confusionflow.log import Run

# Tasks whose validation matches boxes and therefore has a matrix with a background class.
BOXES = ("detect", "segment", "pose", "obb")


def log_epochs(
    model: Any,
    run: Run,
    *,
    split: str = "val",
    every: int = 1,
    subset: int | float | None = None,
    confidence: float = 0.25,
    iou: float = 0.45,
    samples: SamplesOf = False,
) -> None:
    """Log the validation of each epoch in all trainings that a model begins from now on.

    For classification, and for detection, segmentation, poses and oriented boxes, whose last class
    is the background: false detections are in its row, missed objects in its column. The validation
    of the best weights, which Ultralytics adds when a training ends, is not logged: it does not
    belong to an epoch.

    Arguments:
        model: The `YOLO` model, before its `train()`.
        run: Where to log; for boxes, made with `background="background"`.
        split: Name of the data set that is validated.
        every: Epochs from one that is logged to the next.
        subset: Images of a classification to log, or their share; the same in each epoch, each
            class by its share. None for all. The model sees all of them anyway.
        confidence: For boxes: detections of lower confidence are not counted.
        iou: For boxes: the overlap (intersection over union) from which a detection is matched with
            an object.
        samples: For a classification: True for the images that are validated, logged once; or by
            split a dict of arguments of `Run.log_samples`. Boxes are only counted; they are not
            instances.

    Raises:
        ConfusionFlowError: `every` can't be used; when a training starts, that it can't be logged.
    """
    looks = SplitSamples(run, samples)
    training = _Training(run, split, check_every(every), subset, confidence, iou, looks)
    model.add_callback("on_train_start", training.start)
    model.add_callback("on_fit_epoch_end", training.log)


class _Task(Protocol):
    """Logs the validations of one kind of task."""

    def take(self) -> dict[str, Any] | None:
        """Return what the newest validation found; None if there was none since the last call."""


class _Training:
    """The callbacks of one model."""

    def __init__(
        self,
        run: Run,
        split: str,
        every: int,
        subset: int | float | None,
        confidence: float,
        iou: float,
        looks: SplitSamples,
    ) -> None:
        self._run = run
        self._split = split
        self._every = every
        self._subset = subset
        self._confidence = confidence
        self._iou = iou
        self._looks = looks
        self._guard = Guard(run.name)
        self._task: _Task | None = None

    def start(self, trainer: Any) -> None:
        """Check that the training can be logged.

        Raises:
            ArgumentError: it can't.
        """
        if self._task is not None and trainer.start_epoch == 0:
            self._guard.stop_second_training()
            return
        validator = trainer.validator
        task = validator.args.task
        names = [name for _, name in sorted(trainer.model.names.items())]
        if task == "classify":
            self._task = _Images(validator, names, self._subset)
        elif task in BOXES:
            background = self._run.background
            if background is None or background in names:
                raise ArgumentError(
                    f"The model's task is {task!r}, where an object may be missed and a detection "
                    "may match none. Make the run with a background class, "
                    f'Run(..., background="background"), of another name than {names!r:.60}.'
                )
            self._task = _Boxes(
                validator, [*names, background], self._confidence, self._iou, self._guard
            )
        else:
            raise ArgumentError(
                f"The model's task is {task!r}, which has no class for each image or box. Train a "
                "model such as yolo11n-cls or yolo11n."
            )

    def log(self, trainer: Any) -> None:
        """Log the validation of an epoch, if there was one."""
        validator = trainer.validator
        if self._task is None or self._guard.has_stopped or not validator.training:
            return
        with self._guard(f"epoch {trainer.epoch}"):
            found = self._task.take()
            if found is None or not is_due(trainer.epoch, self._every):
                return
            log = self._run.log_matrix if "matrix" in found else self._run.log
            log(trainer.epoch, self._split, **found)
            if isinstance(self._task, _Images):
                self._looks.log(self._split, self._task.files, count=self._task.count)


class _Images:
    """Classification: the validator keeps labels and predictions."""

    def __init__(self, validator: Any, names: list[str], subset: int | float | None) -> None:
        self._validator = validator
        self._names = names
        self._subset = subset
        self._taken: Any = None
        self.count: int | None = None
        self.files: dict[str, Any] | None = None
        _put_in_order(validator.dataloader)

    def take(self) -> dict[str, Any] | None:
        # An epoch without a validation still has the predictions of an earlier one.
        pred = self._validator.pred
        if not pred or pred is self._taken:
            return None
        self._taken = pred
        actual = np.concatenate([labels.numpy() for labels in self._validator.targets])
        # The five most probable classes of each image, the most probable first.
        predicted = np.concatenate([classes[:, 0].numpy() for classes in pred])
        self.count = len(actual)
        kept = stratified_subset(actual, self._subset)
        known = getattr(self._validator.dataloader.dataset, "samples", [])
        ids = None
        if np.array_equal(actual, [each[1] for each in known]):
            ids = np.arange(len(actual)) if kept is None else kept
            self.files = {"images": [each[0] for each in known]}
        return {
            "y_true": actual if kept is None else actual[kept],
            "y_pred": predicted if kept is None else predicted[kept],
            "ids": ids,
            "classes": self._names,
        }


def _put_in_order(loader: Any) -> None:
    """Let a loader go through its images in order, so that each always has the same position.

    Ultralytics shuffles the images of a classification that it validates.
    """
    from torch.utils.data import SequentialSampler

    batches: Any = getattr(loader.batch_sampler, "sampler", None)
    if hasattr(batches, "sampler") and hasattr(loader, "reset"):
        batches.sampler = SequentialSampler(loader.dataset)
        loader.reset()


class _Boxes:
    """Detection: Ultralytics fills its matrix only for the plot of the last epoch.

    So this fills another matrix of Ultralytics' kind with each batch that is validated.
    """

    def __init__(
        self, validator: Any, names: list[str], confidence: float, iou: float, guard: Guard
    ) -> None:
        from ultralytics.utils.metrics import ConfusionMatrix

        self._names = names
        self._matrix: Any = None
        begin, update = validator.init_metrics, validator.update_metrics

        def begin_and_count(model: Any) -> None:
            begin(model)
            self._matrix = ConfusionMatrix(names=dict(enumerate(names[:-1])))

        def update_and_count(preds: Any, batch: Any) -> None:
            update(preds, batch)
            if guard.has_stopped or not validator.training:
                return
            with guard("a validation"):
                for index, pred in enumerate(preds):
                    self._matrix.process_batch(
                        validator._prepare_pred(pred),
                        validator._prepare_batch(index, batch),
                        conf=confidence,
                        iou_thres=iou,
                    )

        validator.init_metrics = begin_and_count
        validator.update_metrics = update_and_count

    def take(self) -> dict[str, Any] | None:
        matrix, self._matrix = self._matrix, None
        if matrix is None:
            return None
        # Ultralytics' rows are predictions.
        return {"matrix": matrix.matrix.T.astype(np.int64), "classes": self._names}
