from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.integrations.digits import Digits, assert_ends_with, logged

import confusionflow as cf
from confusionflow.errors import ConfusionFlowWarning, ShapeError
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
    output = model.predict(test)
    predicted = output.argmax(1) if output.ndim == 2 else output.astype(int)
    assert_ends_with(tmp_path, [0, 7], digits.test_y, predicted)
    assert logged(tmp_path).accuracy()[-1] > 0.8


def test_xgboost_logs_two_classes_and_a_subset(digits: Digits, tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["odd", "even"])
    xgboost = pytest.importorskip("xgboost")
    from confusionflow.integrations.xgboost import ConfusionFlow

    is_even = (digits.train_y % 2 == 0).astype(int)
    train = xgboost.DMatrix(digits.train_x, is_even)
    log = ConfusionFlow(run, {"train": train}, subset=300)
    xgboost.train({"objective": "binary:logistic", "nthread": 2}, train, 3, callbacks=[log])
    counts = logged(tmp_path, "train").confusion()
    assert counts.shape[0] == 3
    assert counts[0].sum() == 300
    assert counts[2].trace() > 280


def test_lightgbm_logs_its_rounds(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    from confusionflow.integrations.lightgbm import log_rounds

    model = lightgbm.train(
        {"objective": "multiclass", "num_class": 10, "verbose": -1, "num_threads": 2},
        lightgbm.Dataset(digits.train_x, digits.train_y),
        6,
        callbacks=[log_rounds(run, {"test": (digits.test_x, digits.test_y)}, every=5)],
    )
    assert_ends_with(tmp_path, [0, 5], digits.test_y, model.predict(digits.test_x).argmax(1))


def test_catboost_logs_its_stages(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    catboost = pytest.importorskip("catboost")
    model = catboost.CatBoostClassifier(
        iterations=6, depth=3, verbose=False, thread_count=2, allow_writing_files=False
    )
    model.fit(digits.train_x, digits.train_y)
    log_stages(run, model, data={"test": (digits.test_x, digits.test_y)}, every=5)
    assert_ends_with(tmp_path, [0, 5], digits.test_y, model.predict(digits.test_x).ravel())


def test_what_does_not_fit_is_told_in_the_first_round(
    run: cf.Run, digits: Digits, tmp_path: Path
) -> None:
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    from confusionflow.integrations.lightgbm import log_rounds
    from confusionflow.integrations.xgboost import ConfusionFlow

    is_even = (digits.train_y % 2 == 0).astype(int)
    data = xgboost.DMatrix(digits.train_x, is_even)
    with pytest.raises(ShapeError, match=r"one score for each instance.*the run has 10 classes"):
        xgboost.train(
            {"objective": "binary:logistic"}, data, 3, callbacks=[ConfusionFlow(run, {"t": data})]
        )
    with pytest.raises(ShapeError, match=r"one score for each instance.*the run has 10 classes"):
        lightgbm.train(
            {"objective": "binary", "verbose": -1},
            lightgbm.Dataset(digits.train_x, is_even),
            3,
            callbacks=[log_rounds(run, {"t": (digits.train_x, is_even)})],
        )


def test_a_second_training_does_not_overwrite_the_first(
    run: cf.Run, digits: Digits, tmp_path: Path
) -> None:
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    from confusionflow.integrations.lightgbm import log_rounds
    from confusionflow.integrations.xgboost import ConfusionFlow

    x, y = digits.train_x, digits.train_y
    data = xgboost.DMatrix(x, y)
    log = ConfusionFlow(run, {"xgboost": data})
    parameters = {"objective": "multi:softprob", "num_class": 10, "max_depth": 1, "nthread": 2}
    model = xgboost.train(parameters, data, 2, callbacks=[log])
    xgboost.train(parameters, data, 2, callbacks=[log], xgb_model=model)
    with pytest.warns(ConfusionFlowWarning, match="second training"):
        xgboost.train(parameters, data, 2, callbacks=[log])

    log_round = log_rounds(run, {"lightgbm": (x, y)})
    options = {"objective": "multiclass", "num_class": 10, "num_leaves": 3, "verbose": -1}
    pair = lightgbm.Dataset(x, y, free_raw_data=False)
    first = lightgbm.train(options, pair, 2, callbacks=[log_round])
    lightgbm.train(options, pair, 2, callbacks=[log_round], init_model=first)
    with pytest.warns(ConfusionFlowWarning, match="second training"):
        lightgbm.train(options, pair, 2, callbacks=[log_round])
    for split in ("xgboost", "lightgbm"):
        series = logged(tmp_path, split)
        assert dict(zip(series.epochs.tolist(), series.times_logged.tolist(), strict=True)) == {
            0: 1,
            1: 1,
            2: 1,
            3: 1,
        }


def test_trouble_while_training_warns_and_the_training_goes_on(
    run: cf.Run, digits: Digits, tmp_path: Path
) -> None:
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    from confusionflow.integrations.lightgbm import log_rounds
    from confusionflow.integrations.xgboost import ConfusionFlow

    x, y = digits.train_x, digits.train_y

    class Closes(xgboost.callback.TrainingCallback):  # type: ignore[misc,name-defined]
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            run.close()
            return False

    data = xgboost.DMatrix(x, y)
    parameters = {"objective": "multi:softprob", "num_class": 10, "max_depth": 1, "nthread": 2}
    callbacks = [ConfusionFlow(run, {"test": data}), Closes()]
    with pytest.warns(ConfusionFlowWarning, match=r"stopped at round 1.*is closed"):
        model = xgboost.train(parameters, data, 3, callbacks=callbacks)
    assert model.num_boosted_rounds() == 3
    assert logged(tmp_path).epochs.tolist() == [0]

    again = cf.Run(tmp_path / "again", "run", classes=range(10))

    def close(env: Any) -> None:
        again.close()

    close.order = 99  # type: ignore[attr-defined]
    options = {"objective": "multiclass", "num_class": 10, "num_leaves": 3, "verbose": -1}
    with pytest.warns(ConfusionFlowWarning, match=r"stopped at round 1.*is closed"):
        booster = lightgbm.train(
            options,
            lightgbm.Dataset(x, y),
            3,
            callbacks=[log_rounds(again, {"test": (x, y)}), close],
        )
    assert booster.num_trees() == 30
    assert logged(tmp_path / "again").epochs.tolist() == [0]
