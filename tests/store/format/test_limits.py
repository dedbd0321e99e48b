"""What is too large, too deep or no file at all is refused before it costs anything."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
from tests.serving import run_command
from tests.store.forging import forge

import confusionflow as cf
from confusionflow.errors import ClassesError, ConfigError, ConfusionFlowError, ShapeError
from confusionflow.store import Store
from confusionflow.store.format import limits
from confusionflow.store.format.limits import MOST_CLASSES

SOURCE = Path(cf.__file__).parent
MOST_MIB = 512

# The limit of processor time is the system's: a reader that takes longer is killed by it. It is for
# readers that would never end: a slow or busy machine may take seconds.
READER = """
import math, pathlib, resource, sys, time
import confusionflow as cf
allowed_s = math.ceil(time.process_time()) + 20
resource.setrlimit(resource.RLIMIT_CPU, (allowed_s, allowed_s))
(run,) = cf.open_logs(sys.argv[1]).runs
epochs = [series.epochs.tolist() for series in run.values()]
status = pathlib.Path("/proc/self/status").read_text()
peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
print(len(run.problems), epochs, peak, run.name)
"""


def read(log_dir: Path) -> tuple[int, str]:
    """Read a log in a process of its own; its problems and its run's name."""
    ended = subprocess.run(
        [sys.executable, "-c", READER, str(log_dir)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, (ended.returncode, ended.stderr)
    found = re.fullmatch(r"(\d+) (\[.*\]) (\d+) (.*)\n", ended.stdout)
    assert found
    assert found[2] == "[[0]]"
    assert int(found[3]) < MOST_MIB
    return int(found[1]), found[4]


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    run = cf.Run(tmp_path, name="run", classes=["a", "b"])
    for epoch in range(2):
        run.log_matrix(epoch, "test", [[1, 2], [3, 4]])
    return tmp_path


def begun(log_dir: Path) -> tuple[Path, dict[str, Any]]:
    path = next(log_dir.rglob("attempt-*"))
    return path, json.loads(path.read_bytes())


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("size", [400 << 20, 1 << 40], ids=["400 MiB", "1 TiB"])
@pytest.mark.slow
def test_a_file_is_refused_by_its_size_before_it_is_read(log_dir: Path, size: int) -> None:
    os.truncate(next(log_dir.rglob("counts-e00000001-*")), size)
    assert read(log_dir) == (1, "run")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "text",
    [
        b'{"name": "x", "config": {"a": [' + b"[]," * (10 << 20) + b"1]}}",
        b'{"name": "x", "config": {"a": [' + b"[]," * (1 << 20) + b"1]}}",
        b'{"name": "x", "config": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
        b'{"name": "x", "config": ' + b'{"a":' * 90_000 + b"1" + b"}" * 90_001,
    ],
    ids=["30 MiB of lists", "3 MiB of lists", "900 deep", "90,000 deep"],
)
@pytest.mark.slow
def test_a_large_or_deep_configuration_costs_little(log_dir: Path, text: bytes) -> None:
    forge(begun(log_dir)[0], text)
    ended = subprocess.run(
        [sys.executable, "-c", READER, str(log_dir)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, (ended.returncode, ended.stderr)
    assert int(ended.stdout.split("]] ")[1].split()[0]) < MOST_MIB


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_a_pipe_in_a_files_place_is_named_and_not_waited_for(log_dir: Path) -> None:
    path = next(log_dir.rglob("counts-e00000001-*"))
    path.unlink()
    os.mkfifo(path)
    (run,) = cf.open_logs(log_dir).runs
    assert run["test"].epochs.tolist() == [0]
    assert [problem.reason for problem in run.problems] == ["It is not a regular file."]


@pytest.mark.parametrize(("depth", "fits"), [(60, True), (64, False), (100_000, False)])
def test_a_configuration_is_refused_where_it_could_not_be_read(
    tmp_path: Path, depth: int, fits: bool
) -> None:
    if fits:
        cf.Run(tmp_path, name="run", config={"a": nested(depth)})
        assert cf.open_logs(tmp_path)["run"].config == {"a": nested(depth)}
    else:
        with pytest.raises(ConfigError, match="config can't be kept"):
            cf.Run(tmp_path, name="run", config={"a": nested(depth)})
        assert not list(tmp_path.iterdir())


def test_what_could_not_be_read_back_is_refused_at_the_call(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="bytes of JSON"):
        cf.Run(tmp_path, name="run", config={"a": "x" * (2 << 20)})
    with pytest.raises(ClassesError, match="65,536"):
        cf.Run(tmp_path, name="run", classes=range(MOST_CLASSES + 1))
    run = cf.Run(tmp_path, name="run")
    with pytest.raises(ConfusionFlowError, match="65,536"):
        run.log(0, "test", y_true=[0], y_prob=[[0.0] * (MOST_CLASSES + 1)])


def test_the_largest_epoch_that_is_taken_is_read_and_one_larger_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 320_000)
    monkeypatch.setattr(limits, "MOST_WRITTEN_BYTES", 240_000)
    run = cf.Run(tmp_path, name="run", classes=range(100), strict=True)
    run.log(0, "test", y_true=[0] * 10_000, y_pred=[1] * 10_000)  # 3 columns, and the epoch
    with pytest.raises(ShapeError, match=r"10,001 instances in 3 columns.*log_matrix"):
        run.log(1, "test", y_true=[0] * 10_001, y_pred=[1] * 10_001)
    texts = [os.urandom(48).hex() for _ in range(2_160)]  # 116 bytes of a row
    run.log(2, "test", y_true=[0] * 2_060, y_pred=[1] * 2_060, ids=texts[:2_060])
    with pytest.raises(ShapeError, match=r"2,160 instances .* shorter texts"):
        run.log(3, "test", y_true=[0] * 2_160, y_pred=[1] * 2_160, ids=texts)
    matrix = [[1] * 100] * 100
    with pytest.raises(ShapeError, match=r"10,000 cells .* groups"):
        run.log_matrix(4, "test", matrix)
    run.log_matrix(5, "test", [*matrix[:35], *[[0] * 100] * 65])
    assert not run.dropped
    series = cf.open_logs(tmp_path)["run"]["test"]
    assert series.epochs.tolist() == [0, 2, 5]
    stored = Store(tmp_path).run(run.id)
    assert [len(stored.splits["test"].predictions(epoch)) for epoch in (0, 2)] == [10_000, 2_060]
    assert not stored.problems


def test_nothing_is_pickled() -> None:
    for path in SOURCE.rglob("*.py"):
        words = r"pickle|marshal|shelve|joblib|dill|(?<![.\w])(eval|exec)\(|yaml\.load|allow_pickle"
        assert not re.search(words, path.read_text(encoding="utf-8")), path


class Keys(pe.KmsClient):  # type: ignore[misc]
    """Keeps keys as they come."""

    def wrap_key(self, key: bytes, _: str) -> bytes:
        return base64.b64encode(key)


def encrypted(table: pa.Table) -> bytes:
    """A Parquet file whose footer everybody reads, and whose columns need a key."""
    properties = pe.CryptoFactory(lambda _: Keys()).file_encryption_properties(
        pe.KmsConnectionConfig(),
        pe.EncryptionConfiguration(
            footer_key="k",
            column_keys={"k": table.column_names},
            plaintext_footer=True,
            double_wrapping=False,
        ),
    )
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


@pytest.mark.parametrize("kind", ["counts", "predictions", "classes"])
@pytest.mark.slow
def test_an_encrypted_file_is_named_and_ends_no_process(tmp_path: Path, kind: str) -> None:
    run = cf.Run(tmp_path, name="run", classes=["a", "b"])
    run.log(0, "test", y_true=[0, 1], y_pred=[0, 1])
    path = next(tmp_path.rglob(f"{kind}-*.parquet"))
    forged = forge(path, encrypted(pq.read_table(path)))
    found = run_command("check", tmp_path)  # in a process of its own: Arrow aborts it
    assert found.returncode == 1
    assert f"{forged.relative_to(tmp_path)}: Its columns are encrypted" in found.stdout


FLIP_FOOTER = """
import pyarrow as pa
import pyarrow.parquet as pq
from confusionflow.errors import DamagedFileError
from confusionflow.store.format.tables import open_parquet

sink = pa.BufferOutputStream()
pq.write_table(pa.table({"count": [1, 2], "name": ["a", "b"]}), sink, store_schema=False)
data = sink.getvalue().to_pybytes()
footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
for at in range(footer, len(data) - 8):
    for bit in range(8):
        flipped = bytearray(data)
        flipped[at] ^= 1 << bit
        try:
            open_parquet(bytes(flipped))
        except DamagedFileError:
            pass
"""


@pytest.mark.slow
def test_no_bit_of_a_footer_ends_the_process() -> None:
    # In a process of its own: Arrow aborts it where what a footer says does not fit together.
    child = subprocess.run([sys.executable, "-c", FLIP_FOOTER], capture_output=True, text=True)
    assert (child.returncode, child.stderr) == (0, "")
