from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError, ImportSourceError
from confusionflow.importers.original import import_original

CLASSES = ["cat", "dog", "owl"]
RNG = np.random.default_rng(4)
# Asymmetric, so that swapped axes would show.
MATRICES = {
    (run, fold, epoch): RNG.integers(0, 50, (3, 3))
    for run in ("sgd", "adam")
    for fold in ("pets_train", "pets_test")
    for epoch in (0, 1, 4)
}


def put(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What the original wrote for two runs of one data set, index files included."""
    root = tmp_path / "source"
    folds = [
        {"foldId": f"pets_{name}", "description": "", "dataset": "pets"}
        for name in ("train", "test")
    ]
    dataset = {"datasetId": "pets", "classes": CLASSES, "numclass": 3, "folds": folds}
    put(root / "datasets" / "pets.json", dataset)
    put(root / "datasets" / "index.json", [dataset])
    for run in ("sgd", "adam"):
        logs = []
        for fold in ("pets_train", "pets_test"):
            foldlog = {
                "foldlogId": f"{run}_{fold}",
                "runId": run,
                "foldId": fold,
                "foldlogdataId": f"{run}_{fold}_data",
                "numepochs": 3,
            }
            logs.append(foldlog)
            put(root / "foldlogs" / f"{run}_{fold}.json", foldlog)
            put(
                root / "foldlogdata" / f"{run}_{fold}_data.json",
                {
                    "foldlogId": f"{run}_{fold}",
                    "numepochs": 3,
                    "epochdata": [
                        {"epochId": e, "confmat": MATRICES[run, fold, e].ravel().tolist()}
                        for e in (0, 1, 4)
                    ],
                },
            )
        put(
            root / "runs" / f"{run}.json",
            {
                "runId": run,
                "trainfoldId": "pets_train",
                "hyperparam": {"lr": 0.1},
                "foldlogs": logs,
            },
        )
    put(root / "runs" / "index.json", [])
    (root / "views").mkdir()
    return root


def assert_imported(log_dir: Path) -> None:
    logs = cf.open_logs(log_dir)
    assert sorted(logs) == ["adam", "sgd"]
    for name, run in logs.items():
        assert list(run) == ["train", "test"]
        assert run.config == {"lr": 0.1}
        for split, series in run.items():
            assert series.classes == tuple(CLASSES)
            assert series.epochs.tolist() == [0, 1, 4]
            expected = [MATRICES[name, f"pets_{split}", epoch] for epoch in (0, 1, 4)]
            np.testing.assert_array_equal(series.confusion(), expected)


def test_all_runs_come_with_their_splits_classes_and_counts(source: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    ids = import_original(source, tmp_path / "logs", progress=lambda *step: steps.append(step))
    assert len(ids) == 2
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert_imported(tmp_path / "logs")


def test_fold_logs_that_are_listed_by_id_are_found_in_either_folder(
    source: Path, tmp_path: Path
) -> None:
    (source / "foldlogs").rename(source / "foldlog")
    for path in (source / "runs").glob("[!i]*.json"):
        run = json.loads(path.read_text())
        run["foldlogs"] = [entry["foldlogId"] for entry in run["foldlogs"]]
        put(path, run)
    import_original(source, tmp_path / "logs")
    assert_imported(tmp_path / "logs")


def change(path: str, how: Callable[[Any], Any]) -> Callable[[Path], object]:
    def apply(source: Path) -> None:
        content = json.loads((source / path).read_text())
        put(source / path, how(content) or content)

    return apply


DATA = "foldlogdata/sgd_pets_test_data.json"
BREAKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no JSON": (
        lambda source: (source / DATA).write_text("{'foldlogId': 1}"),
        r"sgd_pets_test_data\.json, line 1, column 2: It is not JSON",
    ),
    "cut off": (
        lambda source: (source / DATA).write_text((source / DATA).read_text()[:-9]),
        r"sgd_pets_test_data\.json, line 1, column \d+: It is not JSON",
    ),
    "data missing": (
        lambda source: (source / DATA).unlink(),
        r"sgd_pets_test_data\.json: It can't be read: No such file",
    ),
    "no epochs": (
        change(DATA, lambda d: d.pop("epochdata") and None),
        r"'epochdata' must be a list and is",
    ),
    "matrix of other classes": (
        change(DATA, lambda d: d["epochdata"][1].update(confmat=[1, 2, 3, 4])),
        r"Entry 1 of epochdata \(epoch 1\) has a matrix of 2 classes; the data set has 3",
    ),
    "matrix that is no square": (
        change(DATA, lambda d: d["epochdata"][1].update(confmat=[1, 2, 3])),
        "has a matrix of 3 numbers",
    ),
    "rates": (
        change(DATA, lambda d: d["epochdata"][2]["confmat"].__setitem__(4, 0.25)),
        r"Entry 2 .*holds 0\.25\. Counts are whole numbers",
    ),
    "an epoch twice": (
        change(DATA, lambda d: d["epochdata"][1].update(epochId=0)),
        r"Entry 1 of epochdata \(epoch 0\) occurs twice",
    ),
    "an unknown fold": (
        change("runs/sgd.json", lambda d: d["foldlogs"][0].update(foldId="cars_train")),
        r"sgd\.json: Fold 'cars_train' is in no file of datasets/",
    ),
    "an id that leads elsewhere": (
        change("runs/sgd.json", lambda d: d["foldlogs"][0].update(foldlogId="../../secret")),
        r"sgd\.json: The id in '../../secret_data\.json' is not a file name",
    ),
    "classes twice": (
        change("datasets/pets.json", lambda d: d.update(classes=["cat", "cat", "owl"])),
        r"pets\.json: classes has 'cat' twice",
    ),
    "no name": (change("runs/sgd.json", lambda d: d.pop("runId") and None), "'runId' must be text"),
    "nothing": (
        lambda source: (source / "runs").rename(source / "rums"),
        "There is no folder 'runs' in it",
    ),
}


@pytest.mark.parametrize("case", BREAKS)
def test_what_is_malformed_is_named_and_nothing_is_logged(
    source: Path, tmp_path: Path, case: str
) -> None:
    break_it, words = BREAKS[case]
    break_it(source)
    with pytest.raises(ImportSourceError, match=words):
        import_original(source, tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


def test_importing_twice_is_refused(source: Path, tmp_path: Path) -> None:
    import_original(source, tmp_path / "logs")
    with pytest.raises(ConfusionFlowError, match="already has a run named 'adam'"):
        import_original(source, tmp_path / "logs")
    assert_imported(tmp_path / "logs")
