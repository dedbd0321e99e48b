"""Tables of confusion that the real MLflow keeps, in its database and in its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.importing import take_in
from tests.integrations.recipes import run_code

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError, ImportSourceError

pytest.importorskip("mlflow")

FIRST = np.array([[5, 2, 0], [1, 7, 3], [4, 0, 9]])
SECOND = FIRST.T + 1
NAMES = ("cat", "dog", "fox")


def cells(counts: Any, **further: Any) -> dict[str, list[Any]]:
    """The columns of a table of cells."""
    n = len(NAMES) ** 2
    return {
        "actual": [name for name in NAMES for _ in NAMES],
        "predicted": [name for _ in NAMES for name in NAMES],
        "count": counts.ravel().tolist(),
        **{name: [value] * n for name, value in further.items()},
    }


@pytest.fixture
def tracked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """MLflow, with its own database in a folder."""
    import mlflow

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # Said with MLflow's functions, it would hold for the tests that follow.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return mlflow


def import_it(folder: Path, **arguments: Any) -> list[str]:
    from confusionflow.importers.mlflow import import_mlflow

    return import_mlflow(str(folder), folder / "logs", **arguments)


def test_tables_become_epochs_by_their_column_or_their_name(tmp_path: Path, tracked: Any) -> None:
    with tracked.start_run(run_name="adam"):
        tracked.log_param("lr", 0.1)
        for epoch, counts in ((0, FIRST), (2, SECOND)):
            tracked.log_table(cells(counts, epoch=epoch), "confusion.json")
            tracked.log_table(cells(counts + 1), f"val/epoch{epoch}.json")
        tracked.log_table({"question": ["why"], "answer": ["so"]}, "answers.json")
        tracked.log_dict({"any": "thing"}, "other.json")
        tracked.log_text('{"columns', "broken.txt")
    with tracked.start_run(run_name="without"):
        tracked.log_metric("loss", 0.5)
    assert take_in(tmp_path, "mlflow", ".") == "Imported 1 run. See it: confusionflow serve logs\n"
    run = cf.open_logs(tmp_path / "logs")["adam"]
    assert run.config == {"lr": "0.1"}
    assert {split: series.epochs.tolist() for split, series in run.items()} == {
        "confusion": [0, 2],
        "val": [0, 2],
    }
    assert run["val"].classes == NAMES
    np.testing.assert_array_equal(run["confusion"].confusion(), [FIRST, SECOND])
    np.testing.assert_array_equal(run["val"].confusion(), [FIRST + 1, SECOND + 1])


def test_the_recipe_of_the_docs_is_taken_in(tmp_path: Path) -> None:
    run_code(tmp_path, "From MLflow")
    take_in(tmp_path, "mlflow", ".")
    series = cf.open_logs(tmp_path / "logs")["adam"]["val"]
    np.testing.assert_array_equal(
        series.confusion(), [[[5, 2 - epoch], [1, 8]] for epoch in range(3)]
    )


def test_runs_of_one_name_are_told_apart_by_their_ids(tmp_path: Path, tracked: Any) -> None:
    ids = []
    for counts in (FIRST, SECOND):
        with tracked.start_run(run_name="adam") as run:
            tracked.log_table(cells(counts), "val.json")
            ids.append(run.info.run_id)
    assert len(import_it(tmp_path)) == 2
    logs = cf.open_logs(tmp_path / "logs")
    np.testing.assert_array_equal(logs[f"adam {ids[1]}"]["val"].confusion(), [SECOND])
    with pytest.raises(ConfusionFlowError, match="already has a run named 'adam "):
        import_it(tmp_path)


def test_a_table_that_holds_several_epochs_without_saying_so_is_refused(
    tmp_path: Path, tracked: Any
) -> None:
    with tracked.start_run(run_name="adam"):
        for counts in (FIRST, SECOND):
            tracked.log_table(cells(counts), "val.json")
    with pytest.raises(ImportSourceError, match=r"run 'adam', val\.json: Row 10: .* occurs twice"):
        import_it(tmp_path)
    assert not (tmp_path / "logs").exists()


def test_a_picture_is_said_to_have_no_numbers(tmp_path: Path, tracked: Any) -> None:
    with tracked.start_run():
        tracked.log_image(np.zeros((8, 8, 3), np.uint8), "confusion_matrix.png")
    with pytest.raises(
        ImportSourceError,
        match=r"None of its 1 runs has a table .*confusion_matrix\.png.*no numbers",
    ):
        import_it(tmp_path)


def test_folders_of_earlier_versions_of_mlflow_are_read(tmp_path: Path) -> None:
    script = (
        "import json, sys, mlflow; mlflow.set_tracking_uri(sys.argv[1]); "
        "mlflow.start_run(run_name='old'); mlflow.log_table(json.loads(sys.argv[2]), 'val.json')"
    )
    allowed = {"MLFLOW_ALLOW_FILE_STORE": "true"}
    arguments = [(tmp_path / "mlruns").as_uri(), json.dumps(cells(FIRST))]
    subprocess.run([sys.executable, "-c", script, *arguments], env=os.environ | allowed, check=True)
    take_in(tmp_path, "mlflow", ".", **allowed)
    np.testing.assert_array_equal(
        cf.open_logs(tmp_path / "logs")["old"]["val"].confusion(), [FIRST]
    )


@pytest.mark.parametrize("source", [".", "sqlite:///mlflow.db", "mlflow.db"])
def test_where_nothing_of_mlflows_is_nothing_is_made(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from confusionflow.importers.mlflow import import_mlflow

    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImportSourceError, match="There is n"):
        import_mlflow(source, tmp_path / "logs")
    assert list(tmp_path.iterdir()) == []


def test_matrices_in_json_become_epochs(tmp_path: Path, tracked: Any) -> None:
    with tracked.start_run(run_name="adam"):
        named = {"confusion_matrix": FIRST.tolist(), "labels": list(NAMES)}
        tracked.log_dict(named, "val/epoch3.json")
        tracked.log_dict({"anything": [1, 2]}, "other.json")
    import_it(tmp_path)
    series = cf.open_logs(tmp_path / "logs")["adam"]["val"]
    assert series.classes == NAMES
    assert series.epochs.tolist() == [3]
    np.testing.assert_array_equal(series.confusion()[0], FIRST)


def test_a_metric_for_each_pair_of_classes_is_a_cell(tmp_path: Path, tracked: Any) -> None:
    with tracked.start_run(run_name="adam"):
        for step, counts in ((0, FIRST), (5, SECOND)):
            cells = {f"val_cm_{a}_{p}": float(counts[a, p]) for a in range(3) for p in range(3)}
            tracked.log_metrics({**cells, "val_loss": 0.5, "cm_0_1": 1.0}, step=step)
    import_it(tmp_path)
    run = cf.open_logs(tmp_path / "logs")["adam"]
    assert list(run) == ["val"]  # a single cell is no matrix
    assert run["val"].epochs.tolist() == [0, 5]
    np.testing.assert_array_equal(run["val"].confusion(), [FIRST, SECOND])
