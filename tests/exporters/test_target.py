"""Where exports are written to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError
from confusionflow.exporters.figure import export_figure
from confusionflow.exporters.report import export_report
from confusionflow.exporters.table import export_table

Export = Callable[[cf.Series, Path], object]
EXPORTS: dict[str, tuple[str, Export]] = {
    "report": ("report.html", lambda series, path: export_report([series], path)),
    "table": ("counts.csv", lambda series, path: export_table([series], path, "csv")),
    "figure": ("figure.svg", lambda series, path: export_figure([series], path)),
}


@pytest.fixture
def series(tmp_path: Path) -> cf.Series:
    with cf.Run(tmp_path / "logs", name="a", classes=["cat", "dog"]) as run:
        run.log(0, "test", y_true=[0, 1], y_pred=[1, 1])
    return cf.open_logs(tmp_path / "logs")["a"]["test"]


@pytest.mark.parametrize(("name", "export"), EXPORTS.values(), ids=EXPORTS)
def test_an_export_into_a_missing_folder_says_which(
    name: str, export: Export, series: cf.Series, tmp_path: Path
) -> None:
    said = f"There is no folder {tmp_path / 'gone'} to write {name} into. Make it, or"
    with pytest.raises(ConfusionFlowError, match=re.escape(said)):
        export(series, tmp_path / "gone" / name)


@pytest.mark.parametrize(("name", "export"), EXPORTS.values(), ids=EXPORTS)
def test_an_export_onto_a_folder_is_refused(
    name: str, export: Export, series: cf.Series, tmp_path: Path
) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ConfusionFlowError, match=f"{re.escape(name)} is a folder. Pass"):
        export(series, tmp_path / name)
