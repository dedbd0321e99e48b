"""Lightning: log what validation and test steps predict, without a second pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from confusionflow.errors import DistributedError
from confusionflow.integrations.batches import Batches
from confusionflow.integrations.guard import Guard
from confusionflow.integrations.lightning_trainer import (
    check_one_an_epoch,
    indices,
    learning_rates,
    splits,
)
from confusionflow.integrations.logged_epochs import LoggedEpochs
from confusionflow.integrations.losses import are_logits
from confusionflow.integrations.predictions import found_in_step
from confusionflow.integrations.samples import SamplesOf, SplitSamples
from confusionflow.integrations.sampling import check_every, is_due
from confusionflow.integrations.torch.running import same_random_numbers
from confusionflow.integrations.torch.steps import StepFeatures
from confusionflow.log import Run

# Turns what a step returned, and its batch, into labels and predictions.
Take = Callable[[Any, Any], tuple[Any, Any]]


class ConfusionFlow(Callback):  # type: ignore[misc]
    """Logs what the model predicts in validation and test steps.

    Predictions are what the step returned as "logits", "preds", … of a dict, or else what the
    module's own `self(x)` gave in it. Labels are those of the returned dict or of the batch, a pair
    or a dict. The sanity check before a training tries this, and is not logged. The split is "val"
    or "test"; several data loaders in a dict give splits their names, those in a list numbers:
    "val 0", "val 1".

    Epochs are the trainer's. If the model is validated before the training, that is epoch 0 and the
    first trained epoch is 1. With `Run(..., time_unit="step")` they are the trainer's steps. A test
    is logged at the epoch that the tested weights come from.

    If the model has one output for each instance, these are logits if any in the split is outside
    of 0 … 1, or if a `BCEWithLogitsLoss` is a part of the module. The learning
    rate is logged beside the validations of a training.

    Arguments:
        run: Where to log. If several processes evaluate, each passes a run with its rank.
        predictions: Takes what a step returned and its batch, and returns the labels and the
            predictions, as logits, probabilities or class indices.
        every: Validations of a training from one that is logged to the next.
        subset: Instances to log of each split, or their share; the same in each epoch, each class
            by its share. None for all. The model sees all of them anyway.
        threshold: For two classes, the probability or logit above which the second one is
            predicted; None for 0.5 or 0.
        features: Name of a layer of the module whose activations are logged too, those of all
            instances that are evaluated; see `confusionflow.integrations.torch.FeatureProbe`.
        samples: What the instances look like, logged once for each split: True for the
            data sets of the loaders, or by split a data set, images, texts, or a dict of
            arguments of `Run.log_samples`.

    Raises:
        ConfusionFlowError: `every` can't be used; when a training starts, that it can't be logged
            as it is set up.
    """

    def __init__(
        self,
        run: Run,
        *,
        predictions: Take | None = None,
        every: int = 1,
        subset: int | float | None = None,
        threshold: float | None = None,
        features: str | None = None,
        samples: SamplesOf = False,
    ) -> None:
        self._run = run
        self._samples = SplitSamples(run, samples, same_random_numbers)
        self._layers = None if features is None else StepFeatures(run, features, threshold)
        self._take = predictions
        self._every = check_every(every)
        self._subset = subset
        self._threshold = threshold
        self._guard = Guard(run.name)
        self._logged_epochs = LoggedEpochs(
            run.name, 'Give its loader a name: trainer.test(model, {"new": loader})'
        )
        self._epoch = 0
        self._step = 0
        self._validations = 0
        self._has_trained = False
        self._counts_from_untrained = False
        self._rates: dict[str, float] = {}
        self._forwarded: list[Any] = []
        self._hook: Any = None
        self._batches: dict[int, Batches] = {}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps: when its weights were trained."""
        return {
            "epoch": self._epoch,
            "step": self._step,
            "validations": self._validations,
            "counts_from_untrained": self._counts_from_untrained,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._epoch = state_dict["epoch"]
        self._step = state_dict["step"]
        self._validations = state_dict["validations"]
        self._counts_from_untrained = state_dict.get("counts_from_untrained", False)

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check how many processes train, and that the layer is there."""
        self._check_ranks(trainer)
        if self._layers:
            self._layers.check(pl_module)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check that no two validations of the training belong to the same epoch.

        Raises:
            ArgumentError: several would be in one epoch.
        """
        if self._has_trained and trainer.global_step == 0:
            self._guard.stop_second_training()
        elif trainer.global_step == 0 and len(self._logged_epochs):
            self._counts_from_untrained = True
        self._has_trained = True
        if self._run.time_unit != "step" and trainer.enable_validation:
            check_one_an_epoch(trainer)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note the epoch that is trained."""
        self._epoch = trainer.current_epoch

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Note the learning rate; schedulers change it before the validation."""
        self._rates = learning_rates(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to collect, if the validation is due."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
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
        with self._careful(trainer):
            if self._take is not None:
                actual, predicted = self._take(outputs, batch)
            else:
                # The first is the step's own; with DDP the step goes through forward too.
                actual, predicted = found_in_step(outputs, batch, *self._forwarded[:1])
            self._batches[dataloader_idx].add(actual, predicted)
            if self._layers and not trainer.sanity_checking:
                split, loader = splits(trainer)[dataloader_idx]
                size = self._batches[dataloader_idx].size
                ids = indices(loader, size, self._run.world_size)
                self._layers.add(self._at(), split, actual, predicted, ids)
        self._forwarded.clear()

    on_test_batch_end = on_validation_batch_end

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log what was collected."""
        if self._hook is None:
            return
        self._stop()
        with self._careful(trainer):
            evaluated = splits(trainer)
            for index, batches in sorted(self._batches.items()):
                split, loader = evaluated[index]
                if not (trainer.sanity_checking or self._guard.has_stopped):
                    self._log(trainer, split, loader, batches)
        if self._layers:
            self._layers.forget()

    on_test_end = on_validation_end

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Stop watching the module."""
        self._stop()
        if self._layers:
            self._layers.forget()

    def _log(self, trainer: Trainer, split: str, loader: Any, batches: Batches) -> None:
        at = self._at()
        is_training = trainer.state.fn == "fit"
        if self._logged_epochs.is_new(split, at, batches, may_be_again=is_training):
            if is_training and trainer.is_global_zero:
                for name, rate in self._rates.items():
                    self._run.log_scalar(at, name, rate)
            ids = indices(loader, batches.size, self._run.world_size)
            batches.log(self._run, at, split, self._share(), ids)
            count = batches.size if self._run.world_size == 1 else None
            self._samples.log(split, getattr(loader, "dataset", None), count=count)
            if self._layers:
                self._layers.write(split)

    def _at(self) -> int:
        """The epoch, or step, that the evaluated weights come from."""
        if self._run.time_unit == "step":
            return self._step
        return self._epoch + self._counts_from_untrained

    def _begin(self, trainer: Trainer, module: LightningModule) -> None:
        if self._guard.has_stopped:
            return
        self._check_ranks(trainer)
        make = partial(
            Batches,
            self._run.n_classes,
            are_logits=are_logits(module),
            threshold=self._threshold,
            class_axis=1,
        )
        self._batches = defaultdict(make)
        self._forwarded.clear()
        self._hook = module.register_forward_hook(
            lambda _module, _inputs, output: self._forwarded.append(output)
        )
        if self._layers:
            self._layers.begin(module)

    def _check_ranks(self, trainer: Trainer) -> None:
        if trainer.world_size != self._run.world_size:
            raise DistributedError(
                f"{trainer.world_size} processes evaluate together, and the run was made for "
                f"{self._run.world_size}. Make it in each with the same id: Run(..., id=…, "
                "rank=trainer.global_rank, world_size=trainer.world_size)."
            )

    def _careful(self, trainer: Trainer) -> AbstractContextManager[None]:
        """Errors are raised before a training, and warned about in it and after it."""
        is_before = trainer.sanity_checking or not self._has_trained
        return nullcontext() if is_before else self._guard(f"epoch {self._epoch}")

    def _stop(self) -> None:
        if self._hook is not None:
            self._hook.remove()
            self._hook = None
        if self._layers:
            self._layers.end()
        self._forwarded.clear()

    def _share(self) -> int | float | None:
        """The subset of this process."""
        if self._subset is None or self._subset < 1:
            return self._subset
        return max(1, round(self._subset / self._run.world_size))
