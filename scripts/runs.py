"""Very many runs, made cheaply, for what a log directory of them costs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

import confusionflow as cf
from confusionflow.store.format.file_names import summary_file
from confusionflow.store.format.ids import digest_of

SPLITS, EPOCHS, CLASSES = 3, 50, 10


def fill(log_dir: Path, n_runs: int) -> None:
    """Log and close one run, and copy its folder under the ids of others."""
    rng = np.random.default_rng(0)
    with cf.Run(log_dir, name="run", config={"lr": 0.1}, classes=range(CLASSES)) as run:
        for epoch in range(EPOCHS):
            for split in range(SPLITS):
                labels = rng.integers(0, CLASSES, (2, 500))
                run.log(epoch, f"split {split}", y_true=labels[0], y_pred=labels[1])
    first = log_dir / f"run-{run.id}"
    summary = next(first.glob("summary-*"))
    for number in range(1, n_runs):
        run_id = f"20200101T000000-{number:08x}"
        folder = log_dir / f"run-{run_id}"
        shutil.copytree(first, folder, copy_function=shutil.copyfile)
        content = json.loads(summary.read_bytes()) | {"id": run_id, "name": f"run {number}"}
        data = json.dumps(content).encode()
        (folder / summary.name).unlink()
        (folder / summary_file("0badcafe", digest_of(data))).write_bytes(data)
