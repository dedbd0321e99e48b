"""Folding and differences against the golden numbers, and against brute force."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from confusionflow.analysis import difference, fold
from confusionflow.errors import ConfusionFlowError

FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = json.loads((FOLDER / "folds.json").read_text(encoding="utf-8"))


def undefined_as_nan(column: list[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in column])


def member_rates(member: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rows = np.array(member["matrices"])[:, 0]
    with np.errstate(invalid="ignore"):
        return np.array(member["epochs"]), rows[:, 1] / rows.sum(axis=1)


MEMBERS = [member_rates(member) for member in GOLDEN["members"]]


@pytest.mark.parametrize(
    ("spread", "low", "high"),
    [("range", "least", "greatest"), ("deviation", "below", "above")],
)
def test_a_fold_has_the_golden_mean_and_band(spread: Any, low: str, high: str) -> None:
    folded = fold([e for e, _ in MEMBERS], [v for _, v in MEMBERS], spread)
    golden = GOLDEN["folded"]
    np.testing.assert_array_equal(folded.epochs, golden["epochs"])
    np.testing.assert_array_equal(folded.count, golden["count"])
    for name, values in (("mean", folded.mean), (low, folded.low), (high, folded.high)):
        np.testing.assert_allclose(values, undefined_as_nan(golden[name]), rtol=1e-14)


def test_a_difference_has_the_golden_numbers_at_the_epochs_of_both() -> None:
    (first, base), (second, values) = MEMBERS[:2]
    epochs, less = difference(second, values, first, base)
    np.testing.assert_array_equal(epochs, GOLDEN["difference"]["epochs"])
    expected = undefined_as_nan(GOLDEN["difference"]["values"])
    np.testing.assert_allclose(less, expected, rtol=1e-14)


def test_the_golden_folds_are_what_their_script_writes() -> None:
    script = runpy.run_path(str(FOLDER / "make_folds.py"))
    assert script["text"]() == (FOLDER / "folds.json").read_text(encoding="utf-8")


def test_the_golden_folds_hold_the_cases_that_go_wrong() -> None:
    count = GOLDEN["folded"]["count"]
    assert {1, 2, 3} <= set(count), "epochs that some, and all members have"
    assert any(np.isnan(values).any() for _, values in MEMBERS), "an undefined rate"
    assert None in GOLDEN["difference"]["values"]


def test_a_fold_of_any_shape_is_the_mean_of_what_is_there() -> None:
    random = np.random.default_rng(3)
    epochs = [np.flatnonzero(random.random(20) < 0.7) for _ in range(5)]
    values = [random.random((len(e), 3, 2)) for e in epochs]
    for one in values:
        one[random.random(one.shape) < 0.2] = np.nan
    folded = fold(epochs, values, "deviation")
    for at, epoch in enumerate(folded.epochs):
        for index in np.ndindex(3, 2):
            here = [
                v[e == epoch][0][index] for e, v in zip(epochs, values, strict=True) if epoch in e
            ]
            found = [value for value in here if not np.isnan(value)]
            assert folded.count[at][index] == len(found)
            place = (at, *index)
            if not found:
                assert np.isnan([folded.mean[place], folded.low[place], folded.high[place]]).all()
                continue
            np.testing.assert_allclose(folded.mean[place], np.mean(found))
            half = (folded.high[place] - folded.low[place]) / 2
            np.testing.assert_allclose(half, np.std(found, ddof=1) if len(found) > 1 else np.nan)


def test_what_cannot_be_folded_is_refused_with_what_can() -> None:
    none: list[NDArray[np.int64]] = []
    with pytest.raises(ConfusionFlowError, match="at least one series"):
        fold(none, none)
    with pytest.raises(ConfusionFlowError, match="'range', 'deviation'"):
        fold([np.array([0])], [np.array([1])], "quartiles")  # type: ignore[arg-type]


def test_rounding_is_no_difference() -> None:
    mean, other = 0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1
    assert mean != other
    epochs = np.array([3, 4])
    _, less = difference(epochs, np.array([mean, 1.0]), epochs, np.array([other, 0.5]))
    assert less.tolist() == [0, 0.5]
