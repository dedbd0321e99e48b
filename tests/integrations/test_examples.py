"""Every script in examples/, as a user runs it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import confusionflow as cf

EXAMPLES = Path(__file__).parents[2] / "examples"
ROUNDS = list(range(0, 20, 2))
EPOCHS = {"transformers": list(range(8)), "ultralytics": list(range(5))} | dict.fromkeys(
    ("xgboost", "lightgbm", "catboost"), ROUNDS
)
WITHOUT_OPERATORS = Path(__file__).with_name("torchvision_without_operators.py")
NAMES = sorted(path.stem.removeprefix("with_") for path in EXAMPLES.glob("*.py"))
# Four fifths are right where chance would have a tenth; all 1,797 instances are there.
ACCURACY = 0.8
# Small batches in one thread: on a busy machine, several wait for each other.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "JAX_PLATFORMS": "cpu",
    "KERAS_BACKEND": "torch",
    "OMP_NUM_THREADS": "1",
    "YOLO_OFFLINE": "true",
}
INSTANCES = {"train": 1347, "test": 450}
# Ultralytics validates one data set.
SPLITS = {"ultralytics": ["test"]}


def run_example(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *command, "logs"],
        cwd=folder,
        env=os.environ | ENVIRONMENT | {"YOLO_CONFIG_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_logged(folder: Path, name: str) -> None:
    run = cf.open_logs(folder / "logs")[name]
    splits = SPLITS.get(name, list(INSTANCES))
    assert set(run) == set(splits)
    assert run.state == "finished"
    for split in splits:
        series = run[split]
        assert series.epochs.tolist() == EPOCHS.get(name, list(range(10)))
        assert (series.support().sum(1) == INSTANCES[split]).all()
        assert series.accuracy()[-1] > max(ACCURACY, series.accuracy()[0] - 0.01)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_an_example_logs_a_training_and_says_how_to_see_it(name: str, tmp_path: Path) -> None:
    if name != "sklearn" and importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    before = [WITHOUT_OPERATORS] if name == "ultralytics" else []
    said = run_example(*before, EXAMPLES / f"with_{name}.py", folder=tmp_path)
    assert "confusionflow serve logs" in said
    assert_logged(tmp_path, name)


def test_two_processes_of_accelerate_log_each_instance_once(tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    launch = ("-m", "accelerate.commands.launch", "--cpu", "--num_processes=2", "--num_machines=1")
    run_example(*launch, EXAMPLES / "with_accelerate.py", folder=tmp_path)
    assert_logged(tmp_path, "accelerate")
