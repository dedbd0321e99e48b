"""Each framework's data sets show their instances, once, and trouble with that stops nothing."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.integrations.digits import Digits, logged

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowWarning, NoSamplesError
from confusionflow.integrations.samples import sample_arguments
from confusionflow.integrations.sampling import stratified_subset

os.environ.setdefault("KERAS_BACKEND", "torch")


def pictures(series: cf.Series) -> NDArray[np.float64]:
    """Thumbnails of all instances that are logged, from 0 to 1, in the order of their ids."""
    table = series.samples(images=True).set_index("instance")
    found = [np.asarray(Image.open(io.BytesIO(data)).convert("L")) for data in table["image"]]
    return np.stack(found) / 255


def check_shown(series: cf.Series, images: NDArray[Any]) -> None:
    """The images of the instances are these, as far as WebP keeps them."""
    found = pictures(series)
    assert found.shape == (len(images), 8, 8)
    assert np.abs(found - images.reshape(-1, 8, 8)).mean() < 0.05
    ids = series.predictions().ids
    assert set(ids.tolist()) <= set(series.samples()["instance"])


def model_of_torch() -> Any:
    from torch import nn

    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


@pytest.mark.parametrize("subset", [None, 100])
@pytest.mark.parametrize("given", [True, "data set", "array"])
def test_loaders_of_pytorch_show_their_data_sets(
    run: cf.Run, digits: Digits, tmp_path: Path, subset: int | None, given: Any
) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader, TensorDataset

    from confusionflow.integrations.torch import Evaluator

    images = digits.test_x.reshape(-1, 1, 8, 8)
    data = TensorDataset(torch.from_numpy(images), torch.from_numpy(digits.test_y))
    shown = {"data set": {"test": data}, "array": {"test": {"images": images}}}
    samples = shown.get(given, given)
    evaluator = Evaluator(run, {"test": DataLoader(data, 64)}, subset=subset, samples=samples)
    model = model_of_torch()
    for epoch in range(2):
        evaluator.log(epoch, model)
    series = logged(tmp_path)
    if subset is None:
        check_shown(series, digits.test_x)
    else:
        read = series.predictions()
        classes = {
            tuple(np.round(x, 3)): y for x, y in zip(digits.test_x, digits.test_y, strict=True)
        }
        assert len(pictures(series)) == len(read.ids)
        assert len(classes) > 500
    assert len(list((tmp_path / "samples").iterdir())) == 1


def test_lightning_shows_the_data_sets_of_its_loaders(
    run: cf.Run, digits: Digits, tmp_path: Path
) -> None:
    pytest.importorskip("lightning")
    from tests.integrations.lightning_model import Model, loader, trainer

    from confusionflow.integrations.lightning import ConfusionFlow

    train, test = loader(digits.train_x, digits.train_y), loader(digits.test_x, digits.test_y)
    samples = {"val": {"images": digits.test_x.reshape(-1, 8, 8), "group": digits.test_y % 5}}
    trainer(tmp_path, ConfusionFlow(run, samples=samples)).fit(Model(), train, test)
    series = logged(tmp_path, "val")
    check_shown(series, digits.test_x)
    assert series.samples()["group"].tolist() == [str(y % 5) for y in digits.test_y]


def test_keras_shows_the_features_of_pairs(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    from confusionflow.integrations.keras import ConfusionFlow

    images = digits.test_x.reshape(-1, 8, 8, 1)
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    log = ConfusionFlow(run, {"test": (images, digits.test_y)}, samples=True)
    model.fit(images, digits.test_y, epochs=2, verbose=0, callbacks=[log])
    check_shown(logged(tmp_path), digits.test_x)


def test_hugging_face_shows_the_data_set_from_before(
    run: cf.Run, digits: Digits, tmp_path: Path
) -> None:
    pytest.importorskip("transformers")
    from tests.integrations import test_transformers as bert

    from confusionflow.integrations.transformers import ConfusionFlow

    config = bert.transformers.BertConfig(
        vocab_size=17,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=10,
    )
    model = bert.transformers.BertForSequenceClassification(config)
    texts = [f"digit {at}" for at in range(len(digits.test_y))]
    log = ConfusionFlow(run, samples={"eval": {"text": texts}})
    bert.trainer(model, digits, log, tmp_path / "out").train()
    assert logged(tmp_path, "eval").instances(samples=True)["text"].str.startswith("digit").all()


def test_scikit_learn_shows_tables_and_the_chosen_rows(
    run: cf.Run, digits: Digits, tmp_path: Path
) -> None:
    from sklearn.linear_model import SGDClassifier

    from confusionflow.integrations.sklearn import fit

    frame = pd.DataFrame(digits.test_x[:, :5], columns=[f"pixel {at}" for at in range(5)])
    samples = {"test": {"images": digits.test_x.reshape(-1, 8, 8)}, "table": frame}
    fit(
        run,
        SGDClassifier(),
        digits.train_x,
        digits.train_y,
        data={"test": (digits.test_x, digits.test_y), "table": (digits.test_x, digits.test_y)},
        epochs=1,
        subset=50,
        samples=samples,
    )
    kept = stratified_subset(digits.test_y, 50)
    assert kept is not None
    check_shown(logged(tmp_path), digits.test_x[kept])
    table = logged(tmp_path, "table").samples()
    assert np.allclose(table["pixel 3"], digits.test_x[kept, 3])


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ({"test": [b"no image"]}, "1 samples and 540 instances"),
        ({"test": {"images": [1.5] * 540}}, "holds a float"),
        ({"test": {"picture": [0] * 540}}, "unexpected keyword argument"),
        ({"test": iter([])}, "can't be read by index"),
    ],
)
def test_trouble_with_samples_does_not_stop_the_logging(
    run: cf.Run, digits: Digits, tmp_path: Path, samples: Any, said: str
) -> None:
    from sklearn.linear_model import SGDClassifier

    from confusionflow.integrations.sklearn import fit

    data = {"test": (digits.test_x, digits.test_y)}
    with pytest.warns(ConfusionFlowWarning, match=said):
        fit(
            run, SGDClassifier(), digits.train_x, digits.train_y,
            data=data, epochs=3, samples=samples,
        )  # fmt: skip
    assert logged(tmp_path).epochs.tolist() == [0, 1, 2]
    with pytest.raises(NoSamplesError):
        logged(tmp_path).samples()
    with pytest.raises(ArgumentError, match="samples is a list"):
        fit(run, SGDClassifier(), digits.train_x, digits.train_y, data=data, epochs=1, samples=[])  # type: ignore[arg-type]


def test_data_sets_of_columns_show_images_texts_and_plain_columns() -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict(
        {"sentence1": ["a", "b"], "sentence2": ["c", "d"], "idx": [4, 5], "label": [0, 1]}
    )
    assert sample_arguments(data) == {"text": ["a\nc", "b\nd"], "columns": {"idx": [4, 5]}}


def check_source(series: cf.Series, kept: NDArray[np.intp] | None, count: int) -> None:
    """The instances have the columns of the rows that they are."""
    table = series.samples().set_index("instance")
    rows = np.arange(count) if kept is None else kept
    ids = series.predictions().ids
    assert table.loc[ids, "row"].tolist() == rows[ids].tolist()


@pytest.mark.parametrize("subset", [None, 90])
@pytest.mark.parametrize("framework", ["xgboost", "lightgbm", "catboost"])
def test_boosting_shows_what_is_named(
    run: cf.Run, digits: Digits, tmp_path: Path, framework: str, subset: int | None
) -> None:
    boosting = pytest.importorskip(framework)
    x, y = digits.test_x, digits.test_y
    images = x.reshape(-1, 8, 8)
    rows = np.arange(len(y))
    looks = {"test": {"images": images, "columns": {"row": rows}, "thumbnail_format": "png"}}
    if framework == "xgboost":
        from confusionflow.integrations.xgboost import ConfusionFlow

        data = {"test": boosting.DMatrix(x, y)}
        log = ConfusionFlow(run, data, subset=subset, samples=looks)
        options = {"objective": "multi:softprob", "num_class": 10, "nthread": 2, "max_depth": 2}
        boosting.train(options, boosting.DMatrix(x, y), 2, callbacks=[log])
    elif framework == "lightgbm":
        from confusionflow.integrations.lightgbm import log_rounds

        log_round = log_rounds(run, {"test": (x, y)}, subset=subset, samples=looks)
        options = {"objective": "multiclass", "num_class": 10, "verbose": -1, "num_threads": 2}
        boosting.train(options, boosting.Dataset(x, y), 2, callbacks=[log_round])
    else:
        from confusionflow.integrations.sklearn import log_stages

        model = boosting.CatBoostClassifier(
            iterations=2, depth=2, verbose=False, thread_count=2, allow_writing_files=False
        )
        model.fit(x, y)
        log_stages(run, model, data={"test": (x, y)}, subset=subset, samples=looks)
    series = logged(tmp_path)
    kept = stratified_subset(y, subset)
    assert len(series.samples()) == (subset or len(y))
    check_source(series, kept, len(y))
    check_shown(series, images if kept is None else images[kept])


def test_xgboost_asks_for_a_data_set(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost")
    from confusionflow.integrations.xgboost import ConfusionFlow

    data = xgboost.DMatrix(digits.test_x, digits.test_y)
    log = ConfusionFlow(run, {"test": data}, samples=True)
    options = {"objective": "multi:softprob", "num_class": 10, "nthread": 2, "max_depth": 2}
    with pytest.warns(ConfusionFlowWarning, match="pass the data set of the split"):
        xgboost.train(options, data, 1, callbacks=[log])
    assert len(logged(tmp_path).epochs) == 1
