"""Whatever bytes a file of a log holds: they cost its own rows, are named, and nothing falls over.

Names fit their bytes here, so that what is odd comes past the digests; test_check.py has bytes that
were flipped or cut under the old name.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.arbitrary import columns, mutated, places, values
from tests.store.forging import forge, forge_table

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError
from confusionflow.exporters.table import export_table
from confusionflow.server.arrow_series import SeriesPart, encode_series
from confusionflow.server.summaries import RunListText
from confusionflow.store import Store
from confusionflow.store.check import check_run
from confusionflow.store.compact import compact_run
from confusionflow.store.places.open import open_filesystem

KINDS = (
    "attempt",
    "finished",
    "dropped",
    "summary",
    "classes",
    "counts-e",
    "predictions-e",
    "counts-merged",
    "predictions-merged",
)

NAMES = ("epoch", "instance", "actual", "predicted", "count", "index", "name", "confidence", "\0")
METADATA = (
    *("format_version", "run_id", "split", "epoch", "attempt", "rank", "world_size"),
    *("classes", "left_out", "predictions"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log directory with a file of every kind, and two ranks whose instances are matched."""
    log_dir = tmp_path_factory.mktemp("whole")
    with cf.Run(log_dir, name="merged", config={"lr": 0.1}, classes=["a", "b"]) as run:
        for epoch in range(3):
            run.log(epoch, "test", y_true=[0, 1, 1], y_pred=[0, 1, 0])
    for rank in range(2):
        run = cf.Run(log_dir, name="ranks", classes=["a", "b"], id="ranks", rank=rank, world_size=2)
        for epoch in range(2):
            run.log(epoch, "test", y_true=[0, 1], y_pred=[0, 1], ids=[rank, rank + 1])
    run._files._writer.write_dropped({"test": (7,)})
    return log_dir


def files_of(log_dir: Path, kind: str) -> list[Path]:
    return sorted(path for path in log_dir.rglob(f"{kind}*") if path.is_file())


def use(log_dir: Path, out: Path) -> None:
    """All that reads a log: Python, the page's list and series, check, export, compact."""
    filesystem = open_filesystem(log_dir)
    store = Store(filesystem)
    for _ in range(2):
        listed = RunListText().encode(
            store.filesystem, store.overviews_of_attempts(), store.strays(), has_report=False
        )
        assert len(json.loads(listed)["runs"]) >= 1
        store.refresh()
    logs = cf.open_logs(log_dir)
    for run in logs.runs:
        assert all(problem.file and problem.reason for problem in run.problems)
        for attempt in run.attempts:
            run.attempt(attempt)
        for series in run.values():
            if len(series.classes) > 1000:
                continue  # its cube has no zeros, the dense one of `confusion` has
            assert len(series.confusion()) == len(series.epochs) == len(series.accuracy())
            encode_series(SeriesPart(series))
            export_table([series], out / "table.csv", "csv")
            for epoch in series.epochs:
                with contextlib.suppress(ConfusionFlowError):
                    series.stored.predictions(int(epoch))
        cf.Run(log_dir, name=run.name, resume=True)
    for run_id in store.run_ids():
        for problem in check_run(filesystem, run_id):
            assert problem.reason
        compact_run(filesystem, run_id)


def replaced(whole: Path, tmp_path: Path, replace: Callable[[Path], object]) -> None:
    """Replace a file of a copy of the log, use the copy, and see the other run unharmed."""
    log_dir = tmp_path / "logs"
    shutil.rmtree(log_dir, ignore_errors=True)
    shutil.copytree(whole, log_dir)
    replace(log_dir)
    use(log_dir, tmp_path)


untimed = settings(suppress_health_check=list(HealthCheck), deadline=None, database=None)
examples = pytest.mark.parametrize(
    "examples", [5, pytest.param(500, marks=pytest.mark.torture)], ids=["few", "many"]
)


@examples
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_arbitrary_bytes_are_read_or_named(
    whole: Path, tmp_path: Path, kind: str, examples: int
) -> None:
    @settings(untimed, max_examples=examples)
    @given(
        which=st.integers(0, 9),
        data=st.one_of(
            st.binary(max_size=200),
            st.tuples(st.lists(st.tuples(places, st.integers(0, 255)), max_size=4), places),
        ),
    )
    def read(which: int, data: Any) -> None:
        def replace(log_dir: Path) -> None:
            files = files_of(log_dir, kind)
            path = files[which % len(files)]
            forge(path, data if isinstance(data, bytes) else mutated(path.read_bytes(), *data))

        replaced(whole, tmp_path, replace)

    read()


@examples
@pytest.mark.parametrize("kind", KINDS[:4])
@pytest.mark.slow
def test_arbitrary_json_is_read_or_named(
    whole: Path, tmp_path: Path, kind: str, examples: int
) -> None:
    @settings(untimed, max_examples=examples)
    @given(which=st.integers(0, 9), data=st.data())
    def read(which: int, data: st.DataObject) -> None:
        def replace(log_dir: Path) -> None:
            files = files_of(log_dir, kind)
            path = files[which % len(files)]
            said = json.loads(path.read_bytes())
            changed = data.draw(st.dictionaries(st.sampled_from(sorted(said)), values, max_size=3))
            forge(path, json.dumps({**said, **changed}).encode())

        replaced(whole, tmp_path, replace)

    read()


@examples
@pytest.mark.parametrize("kind", KINDS[4:])
@pytest.mark.slow
def test_arbitrary_tables_are_read_or_named(
    whole: Path, tmp_path: Path, kind: str, examples: int
) -> None:
    @settings(untimed, max_examples=examples)
    @given(
        which=st.integers(0, 9),
        metadata=st.dictionaries(
            st.sampled_from(METADATA),
            st.one_of(st.integers().map(str), st.sampled_from(["", "0" * 16, "1", "9" * 30, "\0"])),
            max_size=2,
        ),
        rows=st.none() | st.dictionaries(st.sampled_from(NAMES), columns, max_size=5),
        members=st.dictionaries(
            st.sampled_from(["format_version", "names", "rows", "columns", "metadata"]), values
        ),
    )
    def read(
        which: int,
        metadata: dict[str, str],
        rows: dict[str, pa.Array] | None,
        members: dict[str, Any],
    ) -> None:
        def replace(log_dir: Path) -> None:
            files = files_of(log_dir, kind)
            length = min((len(column) for column in rows.values()), default=0) if rows else 0
            forge_table(
                files[which % len(files)],
                metadata,
                columns={k: c[:length] for k, c in rows.items()} if rows is not None else None,
                members=members if "merged" in kind else None,
            )

        replaced(whole, tmp_path, replace)

    read()
