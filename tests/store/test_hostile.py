"""A file whose author means ill costs little, and its own rows only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import confusionflow as cf
from confusionflow.store.format.file_names import DataFile
from confusionflow.store.format.ids import digest_of
from confusionflow.store.format.tables import Metadata

MOST_MIB = 512
MOST_S = 60  # hangs, not slowness: the machine that runs this may be busy

READER = """
import pathlib, sys
import confusionflow as cf
(run,) = cf.open_logs(sys.argv[1]).runs
epochs = {name: (one.epochs.tolist(), len(one.confusion())) for name, one in run.items()}
lines = pathlib.Path("/proc/self/status").read_text().splitlines()
status = dict(line.split(":") for line in lines)
peak = int(status["VmHWM"].split()[0]) // 1024
print({"epochs": epochs, "problems": len(run.problems), "mib": peak})
"""

Columns = dict[str, pa.Array]


def counts(n: int, **changed: pa.Array) -> Columns:
    columns = {
        "epoch": pa.array(np.ones(n, np.int32)),
        "actual": pa.array(np.zeros(n, np.uint8)),
        "predicted": pa.array(np.zeros(n, np.uint8)),
        "count": pa.array(np.ones(n, np.int64)),
    }
    return {**columns, **changed}


HOSTILE: dict[str, Callable[[], Columns]] = {
    "forty million rows": lambda: counts(40_000_000),
    "pages that grow a thousandfold": lambda: counts(20_000_000),
    "a text in every row": lambda: counts(200_000, note=pa.array(["x" * 10_000] * 200_000)),
    "class indices of a billion": lambda: counts(1, actual=pa.array([10**9])),
    "negative indices": lambda: counts(1, predicted=pa.array([-1])),
    "counts that overflow": lambda: counts(2, count=pa.array([2**62, 2**62])),
    "missing values": lambda: counts(1, count=pa.array([None], pa.int64())),
    "texts for numbers": lambda: counts(1, actual=pa.array(["0"])),
    "lists": lambda: counts(1, count=pa.array([[1]])),
    "no columns": lambda: {"epoch": pa.array([1])},
}


def write_hostile(log_dir: Path, columns: Columns) -> Path:
    """Put a file of epoch 1 into the log, named as it should be."""
    whole = DataFile.parse(next(log_dir.rglob("counts-e00000000-*")).name)
    assert whole
    folder = next(log_dir.glob("run-*/split-*"))
    metadata = Metadata.decode(pq.read_metadata(folder / whole.name).metadata)
    keys = {
        key: b"1" if key.endswith(b".epoch") else value for key, value in metadata.encode().items()
    }
    sink = pa.BufferOutputStream()
    table = pa.table(columns).replace_schema_metadata(keys)
    pq.write_table(table, sink, compression="zstd", write_statistics=False)
    data = sink.getvalue().to_pybytes()
    name = DataFile(1, 0, 1, 0, whole.writer, "counts", digest_of(data)).name
    (folder / name).write_bytes(data)
    return folder / name


def read(log_dir: Path) -> dict[str, object]:
    reader = subprocess.run(
        [sys.executable, "-c", READER, str(log_dir)],
        capture_output=True,
        text=True,
        check=False,
        timeout=MOST_S,
    )
    assert reader.returncode == 0, reader.stderr
    found: dict[str, object] = eval(reader.stdout, {})
    return found


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.slow
def test_a_hostile_file_costs_little_and_its_own_rows(
    tmp_path: Path, make: Callable[[], Columns]
) -> None:
    run = cf.Run(tmp_path, name="run", classes=["a", "b"])
    run.log_matrix(0, "test", [[1, 2], [3, 4]])
    hostile = write_hostile(tmp_path, make())
    assert hostile.stat().st_size < 4 << 20
    found = read(tmp_path)
    assert found["epochs"] == {"test": ([0], 1)}
    assert found["problems"] == 1
    assert isinstance(found["mib"], int)
    assert found["mib"] < MOST_MIB


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"config": ' * 50_000,
        "{" + '"name": "x", ' * 3,
        '{"created_at": "0001-01-01T00:00:00+23:59", "name": "run"}',
        '{"pid": 1e400, "host": [], "name": {}}',
        "NaN",
        "\ud800".encode(errors="surrogatepass").decode(errors="replace"),
    ],
)
def test_a_hostile_start_of_an_attempt_costs_its_name_only(tmp_path: Path, text: str) -> None:
    run = cf.Run(tmp_path, name="run", classes=["a", "b"])
    run.log_matrix(0, "test", [[1, 2], [3, 4]])
    path = next(tmp_path.rglob("attempt-*"))
    data = text.encode()
    path.rename(path.with_name(path.name[:-21] + digest_of(data) + ".json")).write_bytes(data)
    (found,) = cf.open_logs(tmp_path).runs
    assert found["test"].epochs.tolist() == [0]
    assert isinstance(found.state, str)
    json.dumps([str(problem) for problem in found.problems])
