from __future__ import annotations

from pathlib import Path

import pytest
from tests.integrations.conftest import Digits, assert_last_epoch_is, logged

import confusionflow as cf
from confusionflow.integrations.sklearn import log_stages


@pytest.mark.parametrize("objective", ["multi:softprob", "multi:softmax"])
def test_xgboost_logs_its_rounds(
    run: cf.Run, digits: Digits, tmp_path: Path, objective: str
) -> None:
    xgboost = pytest.importorskip("xgboost")
    from confusionflow.integrations.xgboost import ConfusionFlow

    train = xgboost.DMatrix(digits.train_x, digits.train_y)
    test = xgboost.DMatrix(digits.test_x, digits.test_y)
    model = xgboost.train(
        {"objective": objective, "num_class": 10, "max_depth": 2, "nthread": 2},
        train,
        8,
        callbacks=[ConfusionFlow(run, {"test": test}, every=7)],
    )
    assert logged(tmp_path).epochs.tolist() == [0, 7]
    output = model.predict(test)
    predicted = output.argmax(1) if output.ndim == 2 else output.astype(int)
    assert_last_epoch_is(logged(tmp_path), digits.test_y, predicted)
    assert logged(tmp_path).accuracy()[-1] > 0.8


def test_xgboost_logs_two_classes_and_a_subset(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost")
    from confusionflow.integrations.xgboost import ConfusionFlow

    is_even = (digits.train_y % 2 == 0).astype(int)
    train = xgboost.DMatrix(digits.train_x, is_even)
    log = ConfusionFlow(run, {"train": train}, subset=300)
    xgboost.train({"objective": "binary:logistic", "nthread": 2}, train, 3, callbacks=[log])
    counts = logged(tmp_path, "train").confusion()
    assert counts.shape[0] == 3
    assert counts[0].sum() == 300
    assert counts[2, :2, :2].trace() > 280


def test_lightgbm_logs_its_rounds(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    from confusionflow.integrations.lightgbm import log_rounds

    model = lightgbm.train(
        {"objective": "multiclass", "num_class": 10, "verbose": -1, "num_threads": 2},
        lightgbm.Dataset(digits.train_x, digits.train_y),
        6,
        callbacks=[log_rounds(run, {"test": (digits.test_x, digits.test_y)}, every=5)],
    )
    assert logged(tmp_path).epochs.tolist() == [0, 5]
    assert_last_epoch_is(logged(tmp_path), digits.test_y, model.predict(digits.test_x).argmax(1))


def test_catboost_logs_its_stages(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    catboost = pytest.importorskip("catboost")
    model = catboost.CatBoostClassifier(
        iterations=6, depth=3, verbose=False, thread_count=2, allow_writing_files=False
    )
    model.fit(digits.train_x, digits.train_y)
    log_stages(run, model, data={"test": (digits.test_x, digits.test_y)}, every=5)
    assert logged(tmp_path).epochs.tolist() == [0, 5]
    assert_last_epoch_is(logged(tmp_path), digits.test_y, model.predict(digits.test_x).ravel())
