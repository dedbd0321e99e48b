"""A one-file report of a run with features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.exporters.test_report import embedded

import confusionflow as cf

NAMES = ["cat", "dog", "fox"]


@pytest.fixture
def series(tmp_path: Path) -> cf.Series:
    rng = np.random.default_rng(0)
    actual = np.arange(90) % 3
    with cf.Run(tmp_path / "logs", "run", classes=NAMES) as run:
        for epoch in range(4):
            predicted = np.where(rng.random(90) < 0.5, (actual + 1) % 3, actual)
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
            for layer in ("first", "second"):
                features = rng.normal(size=(90, 6)) + 3 * np.eye(6)[actual]
                run.log_features(epoch, "test", features, layer=layer)
    return cf.open_logs(tmp_path / "logs")["run"]["test"]


def held(series: cf.Series, path: Path, **options: object) -> dict[str, dict[str, object]]:
    cf.export(series, path, **options)  # type: ignore[arg-type]
    found: dict[str, dict[str, object]] = embedded(path)["features"]
    return found


def test_a_report_holds_how_much_a_layer_changed(series: cf.Series, tmp_path: Path) -> None:
    features = held(series, tmp_path / "report.html", view="layer=second", epochs=(1, 2))
    (found,) = features.values()
    layer = found["layer"]
    assert isinstance(layer, dict)
    assert (layer["layers"], layer["epochs"]) == (["second"], [1, 2])
    np.testing.assert_allclose(layer["before"], series.features("second").change().before[1:3])
    assert found["maps"] == []


def test_maps_tell_instances_apart_and_are_held_only_with_instances(
    series: cf.Series, tmp_path: Path
) -> None:
    view = "detail=cell,cat,dog"
    (found,) = held(series, tmp_path / "report.html", view=view, instances=5).values()
    maps = found["maps"]
    assert isinstance(maps, list)
    assert [each["cell"] for each in maps] == [["cat", "dog"], None]
    assert len(maps[0]["points"]["ids"]) == 60
    assert len(maps[1]["points"]["ids"]) == 90


def test_a_map_that_is_too_large_is_left_out(
    series: cf.Series, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confusionflow.exporters.report_features.MOST_BYTES", 1_900)
    view = "detail=cell,cat,dog"
    (found,) = held(series, tmp_path / "report.html", view=view, instances=5).values()
    maps = found["maps"]
    assert isinstance(maps, list)
    assert [each["cell"] for each in maps] == []
    monkeypatch.setattr("confusionflow.exporters.report_features.MOST_BYTES", 2_500)
    (found,) = held(series, tmp_path / "report.html", view=view, instances=5).values()
    maps = found["maps"]
    assert isinstance(maps, list)
    assert [each["cell"] for each in maps] == [["cat", "dog"]]
