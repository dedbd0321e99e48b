"""What the server does for a run of very many classes: read its counts, and send them.

Run `python -m bench.cube [EPOCHS]`. The log is written and compacted first; each figure is of a
fresh interpreter, so that nothing is warm but the disk's cache.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table
from scripts.large_training import large_training
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.server.arrow_series import SeriesPart, encode_series

ROUNDS = 5

READ = """
import json, resource, sys, time
begin_s = time.perf_counter()
import confusionflow as cf
imported_s = time.perf_counter()
cube = cf.open_logs(sys.argv[1])["many"]["val"].cube()
read_s = time.perf_counter()
print(json.dumps({
    "import": imported_s - begin_s,
    "read": read_s - imported_s,
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "predictions": int(cube.count.sum()),
}))
"""


def read_cold(log_dir: Path) -> dict[str, float]:
    """Medians over fresh interpreters: seconds to import and to read a cube, and memory."""
    answers = [
        json.loads(subprocess.check_output([sys.executable, "-c", READ, str(log_dir)]))
        for _ in range(ROUNDS)
    ]
    return {name: median(answer[name] for answer in answers) for name in answers[0]}


def write(log_dir: Path, n_classes: int, n_epochs: int, splits: dict[str, int]) -> None:
    """Log a training and compact it."""
    with without_syncs():
        large_training(log_dir, "many", n_classes, n_epochs, splits)
    compact = (sys.executable, "-m", "confusionflow", "compact", str(log_dir))
    subprocess.run(compact, check=True, stdout=subprocess.DEVNULL)


def sizes(log_dir: Path) -> tuple[int, int]:
    """Bytes of all splits on the wire, compressed as HTTP does, and as JSON of their cubes."""
    wire = as_json = 0
    for series in cf.open_logs(log_dir)["many"].values():
        stream = encode_series(SeriesPart(series))
        wire += len(pa.Codec("zstd", 4).compress(stream, asbytes=True))
        cube: np.ndarray = series.confusion()
        as_json += len(json.dumps(cube.tolist(), separators=(",", ":")))
    return wire, as_json


def main(n_epochs: int) -> None:
    table = Table("figure", "measured", "aim")
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large"
        write(large, 1000, n_epochs, {"val": 1_280_000})
        figures = read_cold(large)
        millions = figures["predictions"] / 1e6
        table.add_row(
            f"cube of {millions:.0f} million predictions, 1,000 classes, {n_epochs} epochs",
            f"{figures['read']:.2f} s, {figures['mib']:.0f} MiB",
            "2 s, 600 MB",
        )
        logged = Path(folder) / "logged"
        write(logged, 1000, 100, {"val": 50_000})
        figures = read_cold(logged)
        table.add_row(
            "open a run of 1,000 classes, 100 epochs of 50,000, cold",
            f"{figures['read']:.2f} s after {figures['import']:.2f} s of import",
            "1 s",
        )
        hundred = Path(folder) / "hundred"
        write(hundred, 100, 200, dict.fromkeys(("train", "val", "new", "odd"), 10_000))
        wire, as_json = sizes(hundred)
        table.add_row(
            "four series of 100 classes, 200 epochs: wire and JSON",
            f"{wire / 1e6:.2f} MB, {as_json / 1e6:.1f} MB, 1/{as_json / wire:.0f}",
            "1/40",
        )
    Console().print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
