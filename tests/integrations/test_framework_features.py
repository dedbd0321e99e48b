"""`features=` of the integrations: activations of a layer, logged in the pass that there is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.digits import Digits
from tests.integrations.feature_tables import Logged, epochs, read

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowWarning

os.environ.setdefault("KERAS_BACKEND", "torch")


def assert_means(found: Logged, hidden: Any, actual: Any, predicted: Any) -> None:
    """Check the means of all classes and cells that were logged."""
    hidden, actual, predicted = (np.asarray(values) for values in (hidden, actual, predicted))
    assert len({pair[0] for pair in found.means}) == len(np.unique(actual))
    for (a, p), mean in found.means.items():
        rows = (actual == a) & (True if p is None else predicted == p)
        np.testing.assert_allclose(mean, hidden[rows].mean(0), rtol=1e-3, atol=1e-5)
        assert found.counts[a, p] == rows.sum()


def test_the_evaluator_logs_them_in_its_own_pass(
    run: cf.Run, digits: Digits, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    from tests.integrations.digits_cnn import Network, loader

    from confusionflow.integrations.torch import Evaluator

    torch.manual_seed(0)
    model, batches = Network(), loader(digits.test_x, digits.test_y)
    passes: list[int] = []
    model.head.register_forward_hook(lambda *_: passes.append(1))
    evaluator = Evaluator(run, {"test": batches}, features="features")
    with pytest.raises(ArgumentError, match=r"Did you mean 'features'\?"):
        Evaluator(run, {"test": batches}, features="feature").log(0, model)
    for epoch in range(2):
        evaluator.log(epoch, model)
    model.eval()
    x = torch.as_tensor(digits.test_x).reshape(-1, 1, 8, 8)
    with torch.no_grad():
        hidden, predicted = model.features(x).mean((2, 3)), model(x).argmax(1)
    found = read(tmp_path, "features", 1)
    assert_means(found, hidden, digits.test_y, predicted)
    wrong = (predicted.numpy() != digits.test_y).sum()
    assert sum(found.pushed.values()) == wrong
    logged = cf.open_logs(tmp_path)["run"]["test"].confusion()
    assert (logged[1].sum() - np.trace(logged[1])) == wrong
    # One pass for the predictions, and one of the wrong instances for what pushed them.
    assert len(passes) <= 2 * 2 * len(batches) + 1


def test_lightning(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("lightning")
    from tests.integrations.lightning_model import Model, loader, trainer

    from confusionflow.integrations.lightning import ConfusionFlow

    batches = loader(digits.test_x, digits.test_y)
    train = loader(digits.train_x[:200], digits.train_y[:200])
    model = Model()
    training = trainer(tmp_path, ConfusionFlow(run, features="layers.1"), epochs=2)
    training.fit(model, train, batches)
    model.eval()
    with torch.no_grad():
        x = torch.as_tensor(digits.test_x)
        hidden, predicted = model.layers[:2](x), model(x).argmax(1)
    assert epochs(tmp_path, "layers.1", "val") == [0, 1]
    found = read(tmp_path, "layers.1", 1, "val")
    assert_means(found, hidden, digits.test_y, predicted)
    assert found.pushes
    weights = model.layers[2].weight.detach().numpy()
    for (a, p), pushes in found.pushes.items():
        rows = np.isin(np.arange(540), found.probe) & (digits.test_y == a)
        rows &= predicted.numpy() == p
        expected = (hidden[rows].numpy() * (weights[p] - weights[a])).sum(0)
        np.testing.assert_allclose(pushes, expected, rtol=1e-3, atol=1e-4)
    assert not [m for m in model.modules() if m._forward_hooks]
    training.test(model, {"new": batches}, verbose=False)
    assert epochs(tmp_path, "layers.1", "new") == [1]
    with pytest.raises(ArgumentError, match="no layer 'layer4'"):
        trainer(tmp_path, ConfusionFlow(run, features="layer4")).fit(Model(), train, batches)


def test_keras(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    from confusionflow.integrations.keras import ConfusionFlow

    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((64,)),
            layers.Reshape((8, 8, 1)),
            layers.Conv2D(5, 3, activation="relu", name="maps", data_format="channels_last"),
            layers.Flatten(),
            layers.Dense(10, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    pairs = [
        (digits.test_x[at : at + 100], digits.test_y[at : at + 100]) for at in range(0, 500, 100)
    ]
    log = ConfusionFlow(
        run,
        {"test": (digits.test_x, digits.test_y), "batches": lambda: iter(pairs)},
        features="maps",
    )
    model.fit(digits.train_x, digits.train_y, epochs=2, verbose=0, callbacks=[log])
    maps = keras.Model(model.inputs, model.get_layer("maps").output).predict(
        digits.test_x, verbose=0
    )
    predicted = model.predict(digits.test_x, verbose=0).argmax(1)
    hidden = maps.mean((1, 2))
    assert epochs(tmp_path, "maps") == [0, 1]
    assert_means(read(tmp_path, "maps", 1), hidden, digits.test_y, predicted)
    found = read(tmp_path, "maps", 1, "batches")
    assert_means(found, hidden[:500], digits.test_y[:500], predicted[:500])
    again = ConfusionFlow(run, {"test": (digits.test_x, digits.test_y)}, features="map")
    with pytest.raises(ArgumentError, match=r"no layer 'map'. Did you mean 'maps'\?"):
        model.fit(digits.train_x, digits.train_y, verbose=0, callbacks=[again])


def test_a_keras_model_without_a_graph_is_refused(run: cf.Run, digits: Digits) -> None:
    keras = pytest.importorskip("keras")
    from confusionflow.integrations.keras import ConfusionFlow

    class Subclassed(keras.Model):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.head = keras.layers.Dense(10, "softmax", name="head")

        def call(self, x: Any) -> Any:
            return self.head(x)

    model = Subclassed()
    model.compile("adam", "sparse_categorical_crossentropy")
    log = ConfusionFlow(run, {"test": (digits.test_x, digits.test_y)}, features="head")
    with pytest.raises(ArgumentError, match=r"a Subclassed can't be watched.*run.log_features"):
        model.fit(digits.train_x, digits.train_y, verbose=0, callbacks=[log])


def test_hugging_face(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.integrations.test_transformers_epochs import CONFIG, texts
    from transformers import (
        BertForSequenceClassification,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    from confusionflow.integrations.transformers import ConfusionFlow

    set_seed(0)
    layer = "bert.encoder.layer.0.output"

    def data(size: int, seed: int) -> list[dict[str, Any]]:
        """Texts of different lengths, padded."""
        found = texts(size, seed)
        for at, text in enumerate(found):
            length = 2 + at % 3
            text["attention_mask"] = torch.tensor([1] * length + [0] * (4 - length))
        return found

    run = cf.Run(tmp_path, "run", classes=["a", "b", "c"])
    log = ConfusionFlow(run, features=layer)
    test, new = data(48, 1), data(24, 2)
    trainer = Trainer(
        model=BertForSequenceClassification(CONFIG),
        args=TrainingArguments(
            str(tmp_path / "out"),
            num_train_epochs=2,
            eval_strategy="epoch",
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
            per_device_eval_batch_size=20,
        ),
        train_dataset=data(32, 0),
        eval_dataset={"test": test, "new": new},
        compute_metrics=log.compute_metrics(),
        callbacks=[log],
    )
    trainer.train()
    model = trainer.model.eval()
    kept: list[Any] = []
    for split, texts_of in (("test", test), ("new", new)):
        inputs = {name: torch.stack([text[name] for text in texts_of]) for name in texts_of[0]}
        kept.clear()
        hook = model.get_submodule(layer).register_forward_hook(lambda _m, _i, o: kept.append(o))
        with torch.no_grad():
            predicted = model(**inputs).logits.argmax(1)
        hook.remove()
        mask = inputs["attention_mask"][:, :, None]
        hidden = (kept[0] * mask).sum(1) / mask.sum(1)
        assert epochs(tmp_path, layer, split) == [0, 1]
        found = read(tmp_path, layer, 1, split)
        assert_means(found, hidden, inputs["labels"], predicted)
        assert sum(found.pushed.values()) == int((predicted != inputs["labels"]).sum()) > 0
    assert not [m for m in model.modules() if m._forward_hooks or m._forward_pre_hooks]


def test_features_need_classes_that_are_declared(tmp_path: Path, digits: Digits) -> None:
    pytest.importorskip("torch")
    from confusionflow.integrations.torch import Evaluator

    with pytest.raises(ArgumentError, match=re.escape("Run(..., classes=[…])")):
        Evaluator(cf.Run(tmp_path, "run"), {}, features="layer4")


def test_tokens_are_no_instances_with_features(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.integrations.test_transformers_epochs import CONFIG, texts
    from transformers import BertForTokenClassification, Trainer, TrainingArguments

    from confusionflow.integrations.transformers import ConfusionFlow

    run = cf.Run(tmp_path, "run", classes=["a", "b", "c"])
    log = ConfusionFlow(run, features="bert.encoder")
    words = [{"input_ids": t["input_ids"], "labels": t["input_ids"] % 3} for t in texts(8, 0)]
    trainer = Trainer(
        model=BertForTokenClassification(CONFIG),
        args=TrainingArguments(
            str(tmp_path / "out"),
            num_train_epochs=1,
            eval_strategy="epoch",
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
        ),
        train_dataset=words,
        eval_dataset=words,
        compute_metrics=log.compute_metrics(),
        callbacks=[log],
    )
    with pytest.warns(ConfusionFlowWarning, match=r"8 rows, and there are 32.*leave features= out"):
        trainer.train()


def test_arrays_of_jax_are_logged_as_they_are(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    maps = jax.numpy.asarray(digits.test_x).reshape(-1, 8, 8, 1) * jax.numpy.arange(3.0)
    hidden = maps.mean((1, 2))
    run.log(0, "test", y_true=digits.test_y, y_pred=digits.test_y)
    run.log_features(0, "test", hidden, layer="maps")
    assert_means(read(tmp_path, "maps", 0), hidden, digits.test_y, digits.test_y)
