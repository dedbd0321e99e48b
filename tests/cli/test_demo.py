"""`confusionflow demo`, as a newcomer starts it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.cli.demo import CLASSES, CONFIGS, make_splits


@pytest.mark.slow
def test_the_demo_trains_three_runs_while_it_serves_them(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "confusionflow", "demo", str(tmp_path)]
    options = ["--epochs", "3", "--pace", "0", "--port", "0", "--no-open"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert "http://127.0.0.1:" in line
            logs = cf.open_logs(tmp_path)
            deadline_s = time.monotonic() + 120
            while [run.state for run in logs.runs] != ["finished"] * 3:
                assert time.monotonic() < deadline_s, logs.runs
                time.sleep(0.1)
        finally:
            process.terminate()
    assert set(logs) == set(CONFIGS)
    for run in logs.runs:
        assert list(run) == ["train", "test", "shifted"]
        for series in run.values():
            assert series.epochs.tolist() == [0, 1, 2]
            assert list(series.classes) == CLASSES
    fast = logs["sgd-fast"]["train"].accuracy()
    slow = logs["sgd-slow"]["train"].accuracy()
    assert (fast > slow).all()


def test_the_demos_shifted_split_has_rare_classes_and_other_images() -> None:
    splits = make_splits()
    test, shifted = splits["test"], splits["shifted"]
    assert set(np.unique(shifted.digits)) == set(range(10))
    share = np.bincount(shifted.digits) / np.bincount(test.digits)
    assert (share[:7] == 1).all()
    assert (share[7:] < 0.6).all()
