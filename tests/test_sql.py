"""The queries of docs/sql.md say what the Python API says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.cli.demo import train

PAGE = Path(__file__).parents[1] / "docs" / "sql.md"


@pytest.mark.parametrize("is_merged", [True, False], ids=["merged", "live"])
def test_the_view_of_counts_has_the_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_merged: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    if is_merged:
        train("logs", epochs=2)
    else:
        live = cf.Run("logs", name="live", classes=["cat", "dog"])
        for epoch in range(3):
            live.log(epoch, "test", y_true=[0, 0, 1], y_pred=[0, epoch % 2, 1])
    views = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert views
    names: dict[str, object] = {}
    exec(views[1], names)
    query = "SELECT run, split, epoch, actual, predicted, count FROM counts"
    rows = names["db"].execute(query).fetchall()  # type: ignore[attr-defined]
    expected = [
        (run.name, split, *row.values())
        for run in cf.open_logs("logs").runs
        for split, series in run.items()
        for row in series.to_frame("pyarrow").to_pylist()
    ]
    assert len(rows) > 3
    assert sorted(rows) == sorted(expected)


@pytest.mark.parametrize("is_merged", [True, False], ids=["merged", "live"])
def test_polars_reads_a_log_as_one_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_merged: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    log_as_it_comes("logs", is_merged=is_merged)
    polars = PAGE.read_text(encoding="utf-8").partition("## Polars and Spark")[2]
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", polars, re.DOTALL):
        exec(block, names)
    assert names["accuracy"].rows() == accuracies("logs")
    assert names["surest"]["confidence"].to_list() == pytest.approx(surest("logs"))


def log_as_it_comes(log_dir: str, *, is_merged: bool) -> None:
    """Runs of few and of many classes, with and without confidences, and one of matrices."""
    rng = np.random.default_rng(1)
    for name, n_classes in (("few", 3), ("many", 40_000)):
        classes = [f"class {index}" for index in range(n_classes)]
        run = cf.Run(log_dir, name, classes=classes)
        for epoch in range(4):
            actual, predicted = rng.integers(0, n_classes, (2, 50))
            predicted[:10] = actual[:10]
            sure = rng.random(50).astype(np.float32) if epoch % 2 else None
            run.log(epoch, "test", y_true=actual, y_pred=predicted, confidence=sure, ids=range(50))
        run.log_counts(0, "matrix", [1, 2, n_classes - 1], [2, 2, n_classes - 1], [7, 1, 2**40])
        if is_merged:
            run.close()


def accuracies(log_dir: str) -> list[Any]:
    """Ids, epoch and accuracy of everything that was logged, as the Python API says them."""
    return sorted(
        (run.id, series.id, int(epoch), float(value))
        for run in cf.open_logs(log_dir).runs
        for series in run.values()
        for epoch, value in zip(series.epochs, series.accuracy(), strict=True)
    )


def surest(log_dir: str) -> list[float]:
    """The greatest confidences of wrong predictions."""
    found: list[float] = []
    for run in cf.open_logs(log_dir).runs:
        read = run["test"].predictions()
        assert read.confidence is not None
        found += read.confidence[read.predicted != read.actual].tolist()
    return sorted((value for value in found if value == value), reverse=True)[:10]
