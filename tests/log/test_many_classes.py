"""With tens of thousands of classes, memory follows instances and cells, never classes squared."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Prints by how many MB the largest memory of the process grew while it logged and read.
SCRIPT = """
import resource, sys
import numpy as np
import confusionflow as cf

def use(name, classes):
    rng = np.random.default_rng(0)
    actual, predicted = rng.integers(0, classes, (2, 1_000))
    with cf.Run(sys.argv[1], name, classes=[f"class {at}" for at in range(classes)]) as run:
        for epoch in range(3):
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
            run.log_counts(epoch, "counted", actual, predicted, np.ones(1_000, int))
    for series in cf.open_logs(sys.argv[1])[name].values():
        assert series.support().sum() == 3_000
        assert series.accuracy().shape == (3,)

use("few", 10)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
use("many", int(sys.argv[2]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("classes", [30_000, 65_536])
def test_memory_does_not_follow_the_square_of_the_classes(tmp_path: Path, classes: int) -> None:
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path, str(classes)],
        check=True,
        capture_output=True,
        text=True,
    )
    # Two bytes for each pair of classes would be 1,700 MB or more.
    assert int(found.stdout) < 120
