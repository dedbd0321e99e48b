from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from tests.integrations.digits import Digits, assert_ends_with, logged

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError
from confusionflow.integrations.sklearn import fit, log_stages


def test_partial_fit_is_logged_epoch_by_epoch(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    data = {"train": (digits.train_x, digits.train_y), "test": (digits.test_x, digits.test_y)}
    model = fit(
        run, SGDClassifier(random_state=0), digits.train_x, digits.train_y, data=data, epochs=5
    )
    for split, (x, y) in data.items():
        assert_ends_with(tmp_path, [0, 1, 2, 3, 4], y, model.predict(x), split)
    assert logged(tmp_path).accuracy()[-1] > 0.85


def test_warm_start_adds_a_step_an_epoch(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    frame = pd.DataFrame(digits.test_x)
    model = fit(
        run,
        RandomForestClassifier(random_state=0),
        pd.DataFrame(digits.train_x),
        digits.train_y,
        data={"test": (frame, digits.test_y)},
        epochs=7,
        every=3,
    )
    assert model.n_estimators == 7
    assert_ends_with(tmp_path, [0, 3, 6], digits.test_y, model.predict(frame))


def test_stages_of_boosting_are_epochs(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    model = GradientBoostingClassifier(n_estimators=6, max_depth=2, random_state=0)
    model.fit(digits.train_x, digits.train_y)
    log_stages(run, model, data={"test": (digits.test_x, digits.test_y)}, every=2)
    stages = list(model.staged_predict(digits.test_x))
    assert_ends_with(tmp_path, [0, 2, 4], digits.test_y, stages[4])


def test_a_subset_is_the_same_each_epoch(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    data = {"test": (digits.test_x, digits.test_y)}
    fit(run, SGDClassifier(), digits.train_x, digits.train_y, data=data, epochs=3, subset=100)
    support = logged(tmp_path).support()
    assert (support == support[0]).all()
    assert 95 <= support[0].sum() <= 105
    expected = np.bincount(digits.test_y) * 100 / len(digits.test_y)
    np.testing.assert_allclose(support[0], expected, atol=0.5)


def test_a_model_that_does_not_learn_in_steps_is_named(run: cf.Run, digits: Digits) -> None:
    data = {"test": (digits.test_x, digits.test_y)}
    with pytest.raises(ConfusionFlowError, match="KNeighborsClassifier has neither partial_fit"):
        fit(run, KNeighborsClassifier(), digits.train_x, digits.train_y, data=data, epochs=2)
    with pytest.raises(ConfusionFlowError, match="SGDClassifier has no staged_predict"):
        log_stages(run, SGDClassifier(), data=data)
