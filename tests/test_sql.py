"""The queries of docs/sql.md say what the Python API says."""

from __future__ import annotations

import re
from pathlib import Path

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
