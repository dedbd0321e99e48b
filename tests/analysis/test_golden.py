"""The golden numbers that the client's tests read too (client side: vitest)."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from confusionflow.analysis import Cube, metrics, normalize
from confusionflow.analysis.evidence import intervals

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def golden() -> Any:
    return json.loads((GOLDEN / "series.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cube(golden: Any) -> Cube:
    wire = golden["wire"]
    n_epochs, n_cells = len(wire["epochs"]), len(wire["cell_actual"])
    return Cube.from_rows(
        wire["epochs"],
        len(wire["classes"]),
        np.tile(np.arange(n_epochs), n_cells),
        np.repeat(wire["cell_actual"], n_epochs),
        np.repeat(wire["cell_predicted"], n_epochs),
        wire["counts"],
    )


def undefined_as_nan(column: list[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in column])


@pytest.mark.parametrize(
    "name",
    [
        "support",
        "false_negatives",
        "false_positives",
        "predicted_total",
        "precision",
        "recall",
        "f1",
        "false_negative_rate",
        "false_discovery_rate",
        "accuracy",
        "total",
    ],
)
def test_metrics_equal_the_golden_numbers(golden: Any, cube: Cube, name: str) -> None:
    values = getattr(metrics, name)(cube)
    # Class-major, epochs innermost, as on the wire.
    np.testing.assert_array_equal(values.T.ravel(), undefined_as_nan(golden["wire"][name]))


@pytest.mark.parametrize("by", ["actual", "predicted", "all"])
def test_rates_equal_the_golden_numbers(golden: Any, cube: Cube, by: Any) -> None:
    rates = normalize(cube.dense(), by)
    cells = rates[:, golden["wire"]["cell_actual"], golden["wire"]["cell_predicted"]]
    expected = undefined_as_nan(golden["expected"][f"rate_by_{by}"])
    np.testing.assert_array_equal(cells.T.ravel(), expected)


def test_rates_without_zeros_equal_the_golden_numbers(golden: Any, cube: Cube) -> None:
    expected = undefined_as_nan(golden["expected"]["rate_by_actual"])
    np.testing.assert_array_equal(metrics.cell_rates(cube), expected[expected > 0])


def test_the_golden_file_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(GOLDEN / "make_series.py"))
    assert script["text"]() == (GOLDEN / "series.json").read_text(encoding="utf-8")


def test_the_golden_data_hold_the_cases_that_go_wrong(golden: Any) -> None:
    wire = golden["wire"]
    n_epochs = len(wire["epochs"])
    support = np.reshape(wire["support"], (-1, n_epochs))
    predicted = np.reshape(wire["predicted_total"], (-1, n_epochs))
    assert 0 in wire["total"], "an empty epoch"
    assert len(set(np.diff(wire["epochs"]))) > 1, "gaps between epochs"
    assert ((support == 0) & (predicted > 0)).any(), "predicted but never there"
    assert ((support == 0) & (predicted == 0)).all(axis=1).any(), "a class in the list only"
    pairs = set(zip(wire["cell_actual"], wire["cell_predicted"], strict=True))
    assert {(p, a) for a, p in pairs} != pairs, "asymmetric"
    assert (support[0] != predicted[0]).any(), "rates by actual and by predicted differ"


@pytest.mark.parametrize("name", ["wilson", "f1", "newcombe", "mean", "welch"])
def test_intervals_are_the_golden_ones(name: str) -> None:
    make: dict[str, Callable[[Any], Any]] = {
        "wilson": lambda row: intervals.wilson(row["k"], row["n"]),
        "f1": lambda row: intervals.f1(row["tp"], row["fp"], row["fn"]),
        "newcombe": lambda row: intervals.newcombe(*row["counts"]),
        "mean": lambda row: intervals.mean_of_runs(row["runs"]),
        "welch": lambda row: intervals.welch(row["a"], row["b"]),
    }
    rows = json.loads((GOLDEN / "intervals.json").read_text(encoding="utf-8"))[name]
    assert rows
    for row in rows:
        assert np.array(make[name](row)) == pytest.approx(np.array(row["interval"]), abs=1e-9)
