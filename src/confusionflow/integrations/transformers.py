"""Hugging Face Trainer: log what its evaluations predict, without a second pass."""

from __future__ import annotations

import inspect
import math
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from transformers import EvalPrediction, TrainerCallback, TrainerControl, TrainerState
from transformers.training_args import TrainingArguments

from confusionflow.errors import ArgumentError, ConfusionFlowWarning
from confusionflow.integrations.batches import Batches
from confusionflow.integrations.guard import Guard
from confusionflow.integrations.logged_epochs import LoggedEpochs
from confusionflow.integrations.samples import SamplesOf, SplitSamples
from confusionflow.integrations.sampling import check_every, is_due
from confusionflow.integrations.torch.held import HeldFeatures
from confusionflow.log import Run

# The label of padding and of parts of words, which are not tokens.
PADDING = -100

Metrics = Callable[..., dict[str, float]]

WIRES = "Trainer(..., compute_metrics=log.compute_metrics(), callbacks=[log])"


class ConfusionFlow(TrainerCallback):  # type: ignore[misc]
    """Logs each evaluation of a classifier of sequences, tokens or pixels.

    Epochs are the Trainer's, counted from 0. If the model is evaluated before the training
    (`eval_on_start`, or `evaluate()` before `train()`), that is epoch 0 and the first trained epoch
    is 1. With `Run(..., time_unit="step")` they are the Trainer's steps. Evaluations after a
    training belong to its final weights; with `load_best_model_at_end`, to the best ones.

    The split has the name that the Trainer gives its metrics: "eval", or NAME for one of several
    `eval_dataset={NAME: …}`. The learning rate is logged beside the evaluations of a training. In a
    distributed training the first process logs what the Trainer
    gathered.

    Arguments:
        run: Where to log.
        split: Name of the split of a single evaluation data set.
        every: Evaluations of a split from one that is logged to the next.
        subset: Instances to log of each split, or their share; the same in each epoch, each class
            by its share. None for all. The model sees all of them anyway.
        threshold: For two classes, the probability or logit above which the second one is
            predicted; None for 0.5 or 0.
        features: Name of a layer of the model whose activations are logged too, those of all
            instances that are evaluated; see `confusionflow.integrations.torch.FeatureProbe`. The
            mean over the tokens, without padding, is logged. For classifiers of sequences or images
            that
            train in one process on one device.
        samples: What the instances look like, logged once for each split: by split the data set
            from before it was tokenized, images, texts, or a dict of arguments of
            `Run.log_samples`.

    Raises:
        ConfusionFlowError: `every` can't be used; when a training starts, that it can't be logged
            as it is set up.
    """

    def __init__(
        self,
        run: Run,
        *,
        split: str = "eval",
        every: int = 1,
        subset: int | float | None = None,
        threshold: float | None = None,
        features: str | None = None,
        samples: SamplesOf = False,
    ) -> None:
        self._run = run
        self._samples = SplitSamples(run, samples)
        self._features = None if features is None else HeldFeatures(run, features)
        self._split = split
        self._every = check_every(every)
        self._subset = subset
        self._threshold = threshold
        self._guard = Guard(run.name)
        self._batches = self._new_batches()
        self._evaluated: Batches | None = None
        self._seen: Counter[str] = Counter()
        self._warned: set[str] = set()
        self._logged_epochs = LoggedEpochs(
            run.name, 'Pass a name: trainer.evaluate(data, metric_key_prefix="test")'
        )
        # Both halves of the wiring: the callback is called, and compute_metrics is used.
        self._is_called = False
        self._has_metrics = False
        self._takes_batches = True
        self._counts_from_untrained = False
        self._has_trained = False
        # Epoch and step of the weights that a training ended with; None while it runs.
        self._ended_at: tuple[float, int] | None = None

    def compute_metrics(self, metrics: Metrics | None = None) -> Metrics:
        """Wrap the function that computes the Trainer's metrics, if there is one."""
        self._has_metrics = True
        in_batches = metrics is None or "compute_result" in inspect.signature(metrics).parameters
        self._takes_batches = in_batches

        def compute(prediction: EvalPrediction, compute_result: bool = True) -> dict[str, float]:
            if not self._is_called:
                self._warn(
                    "Only compute_metrics is passed to the Trainer, so nothing is logged. Pass the "
                    f"callback too: {WIRES}."
                )
            self._keep(prediction, is_last=compute_result)
            if metrics is None:
                return {}
            if in_batches:
                return metrics(prediction, compute_result=compute_result)
            return metrics(prediction)

        return compute

    def on_init_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Check what is known when the Trainer is made."""
        self._is_called = True
        if args.batch_eval_metrics and not self._takes_batches:
            raise ArgumentError(
                "With batch_eval_metrics=True the Trainer computes metrics batch by batch, and the "
                "function passed to compute_metrics() takes no `compute_result`. Add that argument."
            )

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kept: Any
    ) -> None:
        """Check that what the training will evaluate can be logged.

        Raises:
            ArgumentError: it can't.
        """
        self._is_called = True
        self._ended_at = None
        if self._has_trained and state.global_step == 0:
            self._guard.stop_second_training()
            return
        self._check_wiring(args, kept.get("model"))
        if self._features:
            _check_one_device(args)
            self._features.begin(kept["model"])
        self._counts_from_untrained |= args.eval_on_start or len(self._logged_epochs) > 0
        if self._run.time_unit != "step":
            _check_one_an_epoch(args, state, kept.get("train_dataloader"))

    def on_prediction_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Note that the callback is in use: it may have been added after the Trainer was made."""
        self._is_called = True

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kept: Any
    ) -> None:
        """Log what was just evaluated."""
        batches, self._evaluated = self._evaluated, None
        if self._features:
            self._features.turn_over()
        if self._guard.has_stopped or not state.is_world_process_zero:
            return
        split = self._name(kept.get("metrics", {}))
        if batches is None:
            self._warn(
                f"The Trainer evaluated {split!r} without computing metrics, so nothing is logged. "
                f"Pass both, {WIRES}, and evaluate data that has labels."
            )
            return
        epoch = self._evaluated_epoch(state)
        with self._guard(f"epoch {epoch}"):
            is_training = self._ended_at is None
            if self._logged_epochs.is_new(split, epoch, batches, may_be_again=is_training):
                if is_due(self._seen[split], self._every):
                    scheduler = kept.get("lr_scheduler")
                    if is_training and state.global_step and scheduler is not None:
                        self._run.log_scalar(epoch, "lr", scheduler.get_last_lr()[0])
                    batches.log(self._run, epoch, split, self._subset)
                    dataset = getattr(kept.get("eval_dataloader"), "dataset", None)
                    self._samples.log(split, dataset, count=batches.size)
                    if self._features:
                        self._features.write(epoch, split, batches)
                self._seen[split] += 1

    def on_predict(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Forget what was just predicted: it is not an evaluation."""
        self._evaluated = None
        if self._features:
            self._features.turn_over()

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Note when the weights that the model has now were trained."""
        self._has_trained = True
        if self._features:
            self._features.end()
        self._ended_at = (state.epoch or 0.0, state.global_step)
        if args.load_best_model_at_end and state.best_model_checkpoint:
            step = int(state.best_model_checkpoint.rpartition("-")[2])
            epochs = [entry["epoch"] for entry in state.log_history if entry["step"] == step]
            if epochs:
                self._ended_at = (epochs[-1], step)

    def _keep(self, prediction: EvalPrediction, *, is_last: bool) -> None:
        if self._guard.has_stopped:
            return
        with self._guard("an evaluation"):
            outputs = prediction.predictions
            outputs = outputs[0] if isinstance(outputs, tuple) else outputs
            self._batches.add(prediction.label_ids, outputs)
            if is_last:
                self._evaluated, self._batches = self._batches, self._new_batches()

    def _new_batches(self) -> Batches:
        return Batches(
            self._run.n_classes, threshold=self._threshold, class_axis=-1, padding=PADDING
        )

    def _evaluated_epoch(self, state: TrainerState) -> int:
        """The epoch, or step, that the evaluated weights come from."""
        epochs, step = self._ended_at or (state.epoch or 0.0, state.global_step)
        if self._run.time_unit == "step":
            return step
        # After an epoch and a half, the second one is under way.
        trained = math.ceil(epochs - 1e-6)
        return trained if self._counts_from_untrained else max(0, trained - 1)

    def _check_wiring(self, args: TrainingArguments, model: Any) -> None:
        problem = getattr(getattr(model, "config", None), "problem_type", None)
        if problem in ("multi_label_classification", "regression"):
            raise ArgumentError(
                f"The model's problem_type is {problem!r}. A confusion matrix takes one label for "
                "each instance. Log each label with a separate run, in your own loop."
            )
        if not self._has_metrics:
            raise ArgumentError(
                "Only the callback is passed to the Trainer, so there are no predictions to log. "
                f"Pass compute_metrics too: {WIRES}."
            )
        if args.prediction_loss_only:
            raise ArgumentError(
                "With prediction_loss_only=True the Trainer keeps no predictions. Leave it out."
            )
        if args.eval_strategy == "no" and not args.eval_on_start:
            self._warn(
                "The Trainer will not evaluate while it trains, so nothing is logged meanwhile. "
                'Pass TrainingArguments(eval_strategy="epoch").'
            )

    def _name(self, metrics: dict[str, float]) -> str:
        """Tell from the prefix of the metrics which data set was evaluated."""
        timed = (name for name in metrics if name.endswith("_runtime"))
        prefix = next(timed, "eval_runtime").removesuffix("_runtime")
        return self._split if prefix == "eval" else prefix.removeprefix("eval_")

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            warnings.warn(f"Run {self._run.name!r}: {text}", ConfusionFlowWarning, stacklevel=3)


def _check_one_device(args: TrainingArguments) -> None:
    """Refuse to log features of a model that is copied to several devices."""
    if args.n_gpu > 1 or args.world_size > 1:
        raise ArgumentError(
            f"The Trainer evaluates on {max(args.n_gpu, args.world_size)} devices, where a layer "
            "can't be watched. Leave features= out, or log them with FeatureProbe of "
            "confusionflow.integrations.torch."
        )


def _check_one_an_epoch(args: TrainingArguments, state: TrainerState, loader: Any) -> None:
    """Refuse several evaluations in one epoch, of which only the last would be seen."""
    if args.eval_strategy != "steps":
        return
    try:
        batches = len(loader)
    except TypeError:  # a stream, whose length is unknown
        return
    steps_an_epoch = max(1, -(-batches // args.gradient_accumulation_steps))
    steps = [*range(state.eval_steps, state.max_steps, state.eval_steps), state.max_steps]
    places = np.ceil(np.array(steps) / steps_an_epoch)
    if np.unique(places).size < len(steps):
        raise ArgumentError(
            f"The Trainer evaluates every {state.eval_steps} steps, an epoch has {steps_an_epoch}, "
            "and the run counts epochs: of several evaluations in an epoch only the last would be "
            'seen. Make the run with time_unit="step": Run(..., time_unit="step"); or evaluate '
            'once an epoch: TrainingArguments(eval_strategy="epoch").'
        )
