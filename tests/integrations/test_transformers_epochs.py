"""Which epoch an evaluation of the Hugging Face Trainer belongs to, and how it is connected."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowWarning

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import (  # noqa: E402
    BertConfig,
    BertForSequenceClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from confusionflow.integrations.transformers import ConfusionFlow  # noqa: E402

CONFIG = BertConfig(
    vocab_size=50,
    hidden_size=32,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=32,
    num_labels=3,
    max_position_embeddings=16,
)


def texts(size: int, seed: int) -> list[dict[str, Any]]:
    """Texts of four words, whose class is told by the first."""
    words = torch.randint(5, 50, (size, 4), generator=torch.Generator().manual_seed(seed))
    return [{"input_ids": text, "labels": text[0] % 3} for text in words]


def accuracy(prediction: Any) -> dict[str, float]:
    return {"accuracy": float((prediction.predictions.argmax(1) == prediction.label_ids).mean())}


class Theirs(TrainerCallback):  # type: ignore[misc]
    """Step and accuracy of each evaluation, as the Trainer computes it."""

    def __init__(self) -> None:
        self.accuracies: list[tuple[int, float]] = []

    def on_evaluate(self, args: Any, state: Any, control: Any, **kept: Any) -> None:
        value = next((v for name, v in kept["metrics"].items() if name.endswith("accuracy")), -1.0)
        self.accuracies.append((state.global_step, value))


Make = Callable[..., tuple[Any, Theirs]]


@pytest.fixture
def run(tmp_path: Path) -> cf.Run:
    return cf.Run(tmp_path, "run", classes=["a", "b", "c"])


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a Trainer of four steps an epoch that logs."""

    def make_trainer(log: ConfusionFlow, **options: Any) -> tuple[Any, Theirs]:
        set_seed(0)
        theirs = Theirs()
        if "compute_metrics" not in options:
            options["compute_metrics"] = log.compute_metrics(accuracy)
        arguments = {
            "num_train_epochs": 3,
            "eval_strategy": "epoch",
            "save_strategy": "no",
            "learning_rate": 2e-2,
        }
        trainer = Trainer(
            model=BertForSequenceClassification(CONFIG),
            args=TrainingArguments(
                str(tmp_path / "out"),
                report_to=[],
                use_cpu=True,
                disable_tqdm=True,
                logging_strategy="no",
                per_device_train_batch_size=32,
                **arguments | options.pop("arguments", {}),
            ),
            train_dataset=texts(128, 0),
            **{
                "eval_dataset": texts(60, 1),
                "callbacks": [log, theirs],
                **options,
            },
        )
        return trainer, theirs

    return make_trainer


def logged(folder: Path, split: str = "eval") -> dict[int, float]:
    """Accuracy by epoch; each was logged once."""
    series = cf.open_logs(folder)["run"][split]
    assert (series.times_logged == 1).all()
    return dict(zip(series.epochs.tolist(), series.accuracy().tolist(), strict=True))


def steps(folder: Path) -> cf.Run:
    return cf.Run(folder, "run", classes=["a", "b", "c"], time_unit="step")


OFTEN = {"eval_strategy": "steps", "eval_steps": 1}


def test_several_evaluations_an_epoch_are_a_question_before_the_training(
    run: cf.Run, make: Make, tmp_path: Path
) -> None:
    trainer, theirs = make(ConfusionFlow(run), arguments=OFTEN)
    words = r'every 1 steps, an epoch has 4, and the run counts epochs.*time_unit="step"'
    with pytest.raises(ArgumentError, match=words):
        trainer.train()
    assert theirs.accuracies == []
    assert list(cf.open_logs(tmp_path)["run"]) == []


def test_evaluations_at_steps_keep_their_own_place(make: Make, tmp_path: Path) -> None:
    trainer, theirs = make(ConfusionFlow(steps(tmp_path)), arguments=OFTEN)
    trainer.train()
    assert logged(tmp_path) == pytest.approx(dict(theirs.accuracies))
    assert list(logged(tmp_path)) == list(range(1, 13))


def test_evaluations_every_epoch_and_a_half_keep_their_own_place(
    run: cf.Run, make: Make, tmp_path: Path
) -> None:
    arguments = {"eval_strategy": "steps", "eval_steps": 6, "num_train_epochs": 6}
    trainer, theirs = make(ConfusionFlow(run), arguments=arguments)
    trainer.train()
    assert [step for step, _ in theirs.accuracies] == [6, 12, 18, 24]
    assert list(logged(tmp_path)) == [1, 2, 4, 5]


def test_an_evaluation_at_the_end_that_shares_an_epoch_is_a_question_too(
    run: cf.Run, make: Make
) -> None:
    # After 1.25 and 2.5 epochs, and at the end: two in the third epoch.
    trainer, _ = make(ConfusionFlow(run), arguments={"eval_strategy": "steps", "eval_steps": 5})
    with pytest.raises(ArgumentError, match="every 5 steps"):
        trainer.train()


# The best by the least accuracy, so that it is not the last.
BEST = {
    "save_strategy": "epoch",
    "load_best_model_at_end": True,
    "metric_for_best_model": "accuracy",
    "greater_is_better": False,
    "num_train_epochs": 6,
}


@pytest.mark.parametrize("time_unit", ["epoch", "step"])
def test_the_best_weights_belong_to_their_own_epoch(
    make: Make, tmp_path: Path, time_unit: str
) -> None:
    run = cf.Run(tmp_path, "run", classes=["a", "b", "c"], time_unit=time_unit)
    trainer, theirs = make(ConfusionFlow(run), arguments=BEST)
    trainer.train()
    while_training = [value for _, value in theirs.accuracies]
    best = trainer.state.best_global_step
    assert best < 24
    trainer.evaluate()
    assert theirs.accuracies[-1][1] == min(while_training) < while_training[-1]
    trainer.evaluate(texts(60, 2), metric_key_prefix="test")
    assert list(logged(tmp_path).values()) == pytest.approx(while_training)
    assert list(logged(tmp_path, "test")) == [best if time_unit == "step" else best // 4 - 1]


def test_other_data_under_the_same_name_is_not_logged(
    run: cf.Run, make: Make, tmp_path: Path
) -> None:
    trainer, theirs = make(ConfusionFlow(run))
    trainer.train()
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConfusionFlowWarning)
        trainer.evaluate()
    with pytest.warns(ConfusionFlowWarning, match=r"epoch 2 of split 'eval' .*metric_key_prefix"):
        trainer.evaluate(texts(60, 2))
    assert logged(tmp_path)[2] == pytest.approx(theirs.accuracies[2][1])


def test_an_evaluation_on_start_is_epoch_zero(run: cf.Run, make: Make, tmp_path: Path) -> None:
    trainer, theirs = make(ConfusionFlow(run), arguments={"eval_on_start": True})
    trainer.train()
    trainer.evaluate()
    values = [value for _, value in theirs.accuracies]
    assert logged(tmp_path) == pytest.approx(dict(enumerate(values[:4])))


def test_an_evaluation_before_the_training_is_epoch_zero(
    run: cf.Run, make: Make, tmp_path: Path
) -> None:
    trainer, theirs = make(ConfusionFlow(run))
    trainer.evaluate()
    trainer.train()
    values = [value for _, value in theirs.accuracies]
    assert logged(tmp_path) == pytest.approx(dict(enumerate(values)))


def test_predictions_are_not_evaluations(run: cf.Run, make: Make, tmp_path: Path) -> None:
    trainer, theirs = make(ConfusionFlow(run))
    trainer.train()
    trainer.predict(texts(60, 2))
    assert logged(tmp_path) == pytest.approx(
        dict(enumerate(value for _, value in theirs.accuracies))
    )


class InBatches:
    """Accuracy over batches, as `batch_eval_metrics` asks for it."""

    def __init__(self) -> None:
        self.right: list[bool] = []

    def __call__(self, prediction: Any, compute_result: bool) -> dict[str, float]:
        self.right += (prediction.predictions.argmax(1) == prediction.label_ids).tolist()
        if not compute_result:
            return {}
        right, self.right = self.right, []
        return {"accuracy": sum(right) / len(right)}


def test_metrics_by_batch_are_logged(run: cf.Run, make: Make, tmp_path: Path) -> None:
    log = ConfusionFlow(run)
    trainer, theirs = make(
        log,
        arguments={"batch_eval_metrics": True},
        compute_metrics=log.compute_metrics(InBatches()),
    )
    trainer.train()
    assert logged(tmp_path) == pytest.approx(
        dict(enumerate(value for _, value in theirs.accuracies))
    )
    assert (cf.open_logs(tmp_path)["run"]["eval"].support().sum(1) == 60).all()


def test_metrics_that_take_no_batches_are_refused_when_the_trainer_is_made(
    run: cf.Run, make: Make
) -> None:
    with pytest.raises(ArgumentError, match="takes no `compute_result`"):
        make(ConfusionFlow(run), arguments={"batch_eval_metrics": True})


def test_a_callback_without_metrics_is_told_when_the_training_starts(
    run: cf.Run, make: Make
) -> None:
    log = ConfusionFlow(run)
    trainer, _ = make(ConfusionFlow(run), compute_metrics=None, callbacks=[log])
    with pytest.raises(ArgumentError, match="Only the callback is passed"):
        trainer.train()
    trainer, _ = make(log, arguments={"prediction_loss_only": True})
    with pytest.raises(ArgumentError, match="prediction_loss_only"):
        trainer.train()


def test_metrics_that_are_not_passed_are_told_at_the_first_evaluation(
    run: cf.Run, make: Make
) -> None:
    log = ConfusionFlow(run)
    log.compute_metrics()
    trainer, _ = make(log, compute_metrics=None)
    with pytest.warns(ConfusionFlowWarning, match="evaluated 'eval' without computing metrics"):
        trainer.train()


def test_metrics_without_the_callback_are_told_once(run: cf.Run, make: Make) -> None:
    trainer, _ = make(ConfusionFlow(run), callbacks=[])
    with pytest.warns(ConfusionFlowWarning) as caught:
        trainer.train()
    assert [str(w.message)[:42] for w in caught] == ["Run 'run': Only compute_metrics is passed "]


def test_a_callback_that_is_added_later_is_enough(run: cf.Run, make: Make, tmp_path: Path) -> None:
    log = ConfusionFlow(run)
    trainer, _ = make(log, callbacks=[])
    trainer.add_callback(log)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConfusionFlowWarning)
        trainer.train()
    assert list(logged(tmp_path)) == [0, 1, 2]


def test_a_training_that_does_not_evaluate_is_told(run: cf.Run, make: Make) -> None:
    trainer, _ = make(ConfusionFlow(run), arguments={"eval_strategy": "no"})
    with pytest.warns(ConfusionFlowWarning, match=r'eval_strategy="epoch"'):
        trainer.train()


def test_a_second_training_does_not_overwrite_the_first(
    run: cf.Run, make: Make, tmp_path: Path
) -> None:
    trainer, theirs = make(ConfusionFlow(run))
    trainer.train()
    with pytest.warns(ConfusionFlowWarning, match=r"Make a Run and a ConfusionFlow for each"):
        trainer.train()
    assert len(theirs.accuracies) == 6
    values = [value for _, value in theirs.accuracies[:3]]
    assert logged(tmp_path) == pytest.approx(dict(enumerate(values)))


def test_a_resumed_training_goes_on(make: Make, tmp_path: Path) -> None:
    keep = {"save_strategy": "epoch"}
    first, _ = make(ConfusionFlow(cf.Run(tmp_path, "run", classes=["a", "b", "c"])), arguments=keep)
    first.train()
    resumed = cf.Run(tmp_path, "run", classes=["a", "b", "c"], resume=True)
    second, theirs = make(ConfusionFlow(resumed), arguments={"num_train_epochs": 5})
    second.train(resume_from_checkpoint=str(tmp_path / "out" / "checkpoint-12"))
    assert [step for step, _ in theirs.accuracies] == [16, 20]
    assert list(logged(tmp_path)) == [0, 1, 2, 3, 4]


def test_trouble_while_training_warns_and_the_training_goes_on(
    run: cf.Run, make: Make, tmp_path: Path
) -> None:
    log = ConfusionFlow(run)
    trainer, theirs = make(log)

    class Closes(TrainerCallback):  # type: ignore[misc]
        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.epoch == 1:
                run.close()

    trainer.add_callback(Closes())
    with pytest.warns(ConfusionFlowWarning, match=r"stopped at epoch 1.*is closed.*goes on"):
        trainer.train()
    assert len(theirs.accuracies) == 3
    assert list(logged(tmp_path)) == [0]
