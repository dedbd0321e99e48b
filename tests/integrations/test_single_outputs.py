"""One number for each instance: a logit or a probability, as the loss, the objective or it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix
from tests.integrations.digits import logged

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowWarning

os.environ.setdefault("KERAS_BACKEND", "torch")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 2)).astype(np.float32)
Y = (X[:, 0] + 0.8 * RNG.normal(size=600) > 0).astype(np.float32)


@pytest.fixture
def run(tmp_path: Path) -> cf.Run:
    return cf.Run(tmp_path, "run", classes=["neg", "pos"])


def assert_cut(folder: Path, outputs: NDArray[Any], cut: float, split: str = "test") -> None:
    """The last epoch is cut there, which differs from the other cuts."""
    found = logged(folder, split).confusion()[-1].tolist()
    assert found == confusion_matrix(Y, outputs > cut).tolist()
    others = {0.0, 0.5} - {cut}
    assert all(found != confusion_matrix(Y, outputs > other).tolist() for other in others)


# ---- PyTorch ------------------------------------------------------------------------------------


def linear(*, scale: float = 1.0) -> Any:
    """A model of one output: the first feature, times a number."""
    torch = pytest.importorskip("torch")
    model = torch.nn.Linear(2, 1)
    model.weight.data = torch.tensor([[scale, 0.0]])
    model.bias.data.zero_()
    return model


def batches(size: int = 100) -> Any:
    torch = pytest.importorskip("torch")
    return torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)), size
    )


def evaluate(run: cf.Run, model: Any, *, epoch: int = 0, **options: Any) -> None:
    from confusionflow.integrations.torch import Evaluator

    Evaluator(run, {"test": batches()}, **options).log(epoch, model)


def test_logits_are_told_by_any_batch(run: cf.Run, tmp_path: Path) -> None:
    evaluate(run, linear())
    assert_cut(tmp_path, X[:, 0], 0)


def test_probabilities_are_cut_at_a_half(run: cf.Run, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    evaluate(run, torch.nn.Sequential(linear(), torch.nn.Sigmoid()))
    assert_cut(tmp_path, 1 / (1 + np.exp(-X[:, 0])), 0.5)


def test_a_loss_within_the_model_says_that_small_numbers_are_logits(
    run: cf.Run, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    model = linear(scale=0.001)
    model.bias.data += 0.3  # all outputs between 0 and 1
    model.loss = torch.nn.BCEWithLogitsLoss()
    evaluate(run, model)
    assert logged(tmp_path).confusion()[0, :, 0].sum() == 0
    model.loss = torch.nn.BCELoss()
    evaluate(cf.Run(tmp_path / "b", "run", classes=["neg", "pos"]), model)
    assert logged(tmp_path / "b").confusion()[0, :, 1].sum() == 0


def test_epochs_that_were_cut_as_probabilities_are_named(run: cf.Run, tmp_path: Path) -> None:
    evaluate(run, linear(scale=0.0))
    with pytest.warns(ConfusionFlowWarning, match=r"'test'.*cut at 0.*'test': 0"):
        evaluate(run, linear(), epoch=1)
    assert_cut(tmp_path, X[:, 0], 0)


@pytest.mark.parametrize("threshold", [0.25, -0.3])
def test_a_threshold_decides(run: cf.Run, tmp_path: Path, threshold: float) -> None:
    evaluate(run, linear(), threshold=threshold)
    assert_cut(tmp_path, X[:, 0], threshold)


# ---- Lightning ----------------------------------------------------------------------------------


@pytest.mark.parametrize("has_loss", [True, False])
def test_a_lightning_module_of_one_logit(run: cf.Run, tmp_path: Path, has_loss: bool) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("lightning")
    from lightning.pytorch import LightningModule
    from tests.integrations.lightning_model import trainer

    from confusionflow.integrations.lightning import ConfusionFlow

    class Model(LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = linear(scale=0.01 if has_loss else 1)
            self.loss = torch.nn.BCEWithLogitsLoss() if has_loss else None
            self.net.bias.data += 0.1 if has_loss else 0

        def forward(self, x: Any) -> Any:
            return self.net(x).squeeze(1)

        def validation_step(self, batch: Any, index: int) -> None:
            self(batch[0])

    trainer(tmp_path, ConfusionFlow(run)).validate(Model(), batches(), verbose=False)
    if has_loss:
        assert logged(tmp_path, "val").confusion()[0, :, 0].sum() == 0
    else:
        assert_cut(tmp_path, X[:, 0], 0, "val")


# ---- Keras --------------------------------------------------------------------------------------

KERAS: dict[str, tuple[Any, Any, float]] = {
    "a loss of logits": (None, lambda k: k.losses.BinaryCrossentropy(from_logits=True), 0),
    "a loss of probabilities": ("hard_sigmoid", lambda k: k.losses.BinaryCrossentropy(), 0.5),
    "the name of a loss": ("hard_sigmoid", lambda k: "binary_crossentropy", 0.5),
    "a hinge": (None, lambda k: "hinge", 0),
    "a sigmoid": ("sigmoid", lambda k: k.losses.BinaryCrossentropy(from_logits=True), 0.5),
    "a loss of one's own": (None, lambda k: lambda y, p: (y - p) ** 2, 0),
}


@pytest.mark.parametrize("case", KERAS)
def test_keras_knows_logits_by_activation_and_loss(run: cf.Run, tmp_path: Path, case: str) -> None:
    keras = pytest.importorskip("keras")
    from confusionflow.integrations.keras import ConfusionFlow

    activation, loss, cut = KERAS[case]
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, activation)])
    model.compile("sgd", loss(keras))
    model.optimizer.learning_rate = 0.0
    model.set_weights([np.array([[1.0], [0.0]]), np.array([0.1])])
    model.fit(X, Y, verbose=0, callbacks=[ConfusionFlow(run, {"test": (X, Y)})])
    assert_cut(tmp_path, model.predict(X, verbose=0)[:, 0], cut)


# ---- boosting -----------------------------------------------------------------------------------


def own_objective(predicted: Any, data: Any) -> tuple[Any, Any]:
    share = 1 / (1 + np.exp(-predicted))
    return share - data.get_label(), share * (1 - share)


def boost(run: cf.Run, objective: str, **options: Any) -> NDArray[Any]:
    xgboost = pytest.importorskip("xgboost")
    from confusionflow.integrations.xgboost import ConfusionFlow

    data = xgboost.DMatrix(X, Y)
    obj = own_objective if objective == "own" else None
    parameters: dict[str, Any] = {"max_depth": 2, "eta": 0.1, "nthread": 1}
    log = ConfusionFlow(run, {"test": data}, **options)
    if not obj:
        parameters["objective"] = objective
    predicted = xgboost.train(parameters, data, 5, obj=obj, callbacks=[log]).predict(data)
    return np.asarray(predicted)


@pytest.mark.parametrize(("objective", "cut"), [("binary:logistic", 0.5), ("binary:logitraw", 0)])
def test_xgboost_knows_logits_by_the_objective(
    run: cf.Run, tmp_path: Path, objective: str, cut: float
) -> None:
    assert_cut(tmp_path, boost(run, objective), cut)


def test_xgboost_puts_out_classes_with_a_hinge(run: cf.Run, tmp_path: Path) -> None:
    predicted = boost(run, "binary:hinge")
    assert logged(tmp_path).confusion()[-1].tolist() == confusion_matrix(Y, predicted).tolist()


def test_xgboost_asks_about_objectives_that_can_be_anything(run: cf.Run, tmp_path: Path) -> None:
    for objective in ("own", "reg:squarederror"):
        with pytest.raises(ArgumentError, match=r"'reg:squarederror'.*threshold=0"):
            boost(run, objective)
    assert_cut(tmp_path, boost(run, "own", threshold=0), 0)


def test_lightgbm_puts_out_logits_with_an_objective_of_ones_own(
    run: cf.Run, tmp_path: Path
) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    from confusionflow.integrations.lightgbm import log_rounds

    def train(folder: Path, objective: Any, **options: Any) -> Any:
        parameters = {"verbose": -1, "num_leaves": 4, "learning_rate": 0.1, "num_threads": 1}
        run = cf.Run(folder, "run", classes=["neg", "pos"])
        log = log_rounds(run, {"test": (X, Y)}, **options)
        return lightgbm.train(
            {**parameters, "objective": objective}, lightgbm.Dataset(X, Y), 5, callbacks=[log]
        ).predict(X)

    assert_cut(tmp_path / "own", train(tmp_path / "own", own_objective), 0)
    assert_cut(tmp_path / "binary", train(tmp_path / "binary", "binary"), 0.5)
    with pytest.raises(ArgumentError, match=r"'regression'.*threshold="):
        train(tmp_path / "c", "regression")
    assert_cut(tmp_path / "d", train(tmp_path / "d", "regression", threshold=0.4), 0.4)


def test_several_models_at_once_are_refused(run: cf.Run) -> None:
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    from confusionflow.integrations.lightgbm import log_rounds
    from confusionflow.integrations.xgboost import ConfusionFlow

    data = xgboost.DMatrix(X, Y)
    with pytest.raises(ArgumentError, match=r"xgboost.cv trains several"):
        xgboost.cv(
            {"objective": "binary:logistic"}, data, 2, callbacks=[ConfusionFlow(run, {"t": data})]
        )
    with pytest.raises(ArgumentError, match=r"lightgbm.cv trains several"):
        lightgbm.cv(
            {"objective": "binary", "verbose": -1},
            lightgbm.Dataset(X, Y),
            2,
            callbacks=[log_rounds(run, {"t": (X, Y)})],
        )
