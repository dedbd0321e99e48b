"""Lightning: log what validation and test steps predict, without a second pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from lightning.pytorch import Callback, LightningModule, Trainer
from numpy.typing import NDArray
from torch.utils.data import DistributedSampler

from confusionflow.errors import DistributedError
from confusionflow.integrations.predictions import class_indices, class_labels, found_in_step
from confusionflow.integrations.sampling import check_every, is_due, stratified_subset
from confusionflow.log import Run

# What a step returned and its batch, to labels and predictions.
Take = Callable[[Any, Any], tuple[Any, Any]]


class ConfusionFlow(Callback):  # type: ignore[misc]
    """Logs what the model predicts in validation and test steps.

    Predictions are what the step returned as "logits", "preds", … of a dict, or else what the
    module's own `self(x)` gave in it. Labels are those of the returned dict or of the batch, a pair
    or a dict. The split is "val" or "test"; several data loaders in a dict give splits their names,
    those in a list numbers: "val 0", "val 1".

    Epochs are the trainer's; with `Run(..., time_unit="step")` they are its steps. A test is logged
    at the epoch that the tested weights come from. Sanity checks before a training are not logged.

    Arguments:
        run: Where to log. Where several processes evaluate, each passes a run with its rank.
        predictions: Takes what a step returned and its batch, and returns the labels and the
            predictions, as logits, probabilities or class indices.
        every: Validations of a training from one that is logged to the next.
        subset: Instances to log of each split, or their share; the same in each epoch, each class
            by its share. None for all. The model sees all the same.

    Raises:
        ConfusionFlowError: `every` can't be used.
    """

    def __init__(
        self,
        run: Run,
        *,
        predictions: Take | None = None,
        every: int = 1,
        subset: int | float | None = None,
    ) -> None:
        self._run = run
        self._take = predictions
        self._every = check_every(every)
        self._subset = subset
        self._epoch = 0
        self._step = 0
        self._validations = 0
        self._forwarded: list[Any] = []
        self._hook: Any = None
        self._parts: dict[int, list[tuple[NDArray[Any], NDArray[Any]]]] = defaultdict(list)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps: when its weights were trained."""
        return {"epoch": self._epoch, "step": self._step, "validations": self._validations}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._epoch = state_dict["epoch"]
        self._step = state_dict["step"]
        self._validations = state_dict["validations"]

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note the epoch that is trained."""
        self._epoch = trainer.current_epoch

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to collect, if the validation is due."""
        if trainer.sanity_checking:
            return
        if trainer.state.fn == "fit":
            self._step = trainer.global_step
            self._validations += 1
            if not is_due(self._validations - 1, self._every):
                return
        self._begin(trainer, pl_module)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to collect."""
        self._begin(trainer, pl_module)

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the labels and predictions of a batch."""
        if self._hook is None:
            return
        if self._take is not None:
            actual, predicted = self._take(outputs, batch)
        else:
            # The first is the step's own; where DDP wraps the step, that goes through forward too.
            actual, predicted = found_in_step(outputs, batch, *self._forwarded[:1])
        self._forwarded.clear()
        self._parts[dataloader_idx].append((class_labels(actual), class_indices(predicted)))

    on_test_batch_end = on_validation_batch_end

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log what was collected."""
        if self._hook is None:
            return
        self._stop()
        splits = _splits(trainer)
        at = self._step if self._run.time_unit == "step" else self._epoch
        for index, parts in sorted(self._parts.items()):
            split, loader = splits[index]
            actual = np.concatenate([labels for labels, _ in parts])
            predicted = np.concatenate([labels for _, labels in parts])
            ids = _indices(loader, actual.size, self._run.world_size)
            kept = stratified_subset(actual, self._share())
            if kept is not None:
                actual, predicted = actual[kept], predicted[kept]
                ids = kept if ids is None else ids[kept]
            self._run.log(at, split, y_true=actual, y_pred=predicted, ids=ids)

    on_test_end = on_validation_end

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Leave the module as it was."""
        self._stop()

    def _begin(self, trainer: Trainer, module: LightningModule) -> None:
        if trainer.world_size != self._run.world_size:
            raise DistributedError(
                f"{trainer.world_size} processes evaluate together, and the run was made for "
                f"{self._run.world_size}. Make it in each with the same id: Run(..., id=…, "
                "rank=trainer.global_rank, world_size=trainer.world_size)."
            )
        self._parts.clear()
        self._forwarded.clear()
        self._hook = module.register_forward_hook(
            lambda _module, _inputs, output: self._forwarded.append(output)
        )

    def _stop(self) -> None:
        if self._hook is not None:
            self._hook.remove()
            self._hook = None
        self._forwarded.clear()

    def _share(self) -> int | float | None:
        """The subset of this process."""
        if self._subset is None or self._subset < 1:
            return self._subset
        return max(1, round(self._subset / self._run.world_size))


def _splits(trainer: Trainer) -> list[tuple[str, Any]]:
    """Name and loader of each data set that is evaluated."""
    loop = {"fit": trainer.fit_loop.epoch_loop.val_loop, "validate": trainer.validate_loop}.get(
        trainer.state.fn, trainer.test_loop
    )
    loaders = loop._combined_loader.iterables
    stage = "test" if trainer.testing else "val"
    if isinstance(loaders, Mapping):
        return [(str(name), loader) for name, loader in loaders.items()]
    if isinstance(loaders, (list, tuple)) and len(loaders) > 1:
        return [(f"{stage} {index}", loader) for index, loader in enumerate(loaders)]
    return [(stage, loaders[0] if isinstance(loaders, (list, tuple)) else loaders)]


def _indices(loader: Any, size: int, world_size: int) -> NDArray[np.int64] | None:
    """Where in the data set this process's instances are; None where one process has them all."""
    if world_size == 1:
        return None
    sampler: Iterable[int] | None = getattr(loader, "sampler", None)
    if not isinstance(sampler, DistributedSampler):
        raise DistributedError(
            f"{world_size} processes evaluate together, and a {type(sampler).__name__} does not "
            "tell which instances this one has. Use a DistributedSampler, as Lightning does by "
            "itself (use_distributed_sampler=True)."
        )
    return np.fromiter(sampler, np.int64)[:size]
