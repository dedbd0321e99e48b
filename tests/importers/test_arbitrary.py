"""Whatever bytes other tools' files hold: importers say what is wrong, and leave nothing behind."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.arbitrary import columns, mutated, places, values

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError
from confusionflow.importers.helpers.tables import read_pieces
from confusionflow.importers.matrices import import_matrices
from confusionflow.importers.original import import_original
from confusionflow.importers.predictions import import_predictions

# Labels that are missing are odd data, kept and told of.
pytestmark = pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning")

untimed = settings(suppress_health_check=list(HealthCheck), deadline=None, database=None)
examples = pytest.mark.parametrize(
    "examples", [3, pytest.param(1000, marks=pytest.mark.torture)], ids=["few", "many"]
)
edits = st.one_of(
    st.binary(max_size=200),
    st.tuples(st.lists(st.tuples(places, st.integers(0, 255)), max_size=4), places),
)
FOLD = {"foldId": "d_test", "foldlogId": "f"}
ORIGINAL: dict[str, dict[str, Any]] = {
    "runs/r.json": {"runId": "r", "foldlogs": [FOLD], "hyperparam": {"lr": 0.1}},
    "datasets/d.json": {"datasetId": "d", "classes": ["a", "b"], "folds": [FOLD]},
    "foldlogdata/f_data.json": {"epochdata": [{"epochId": 0, "confmat": [1, 2, 3, 4]}]},
}
TABLE = pa.table(
    {"epoch": [0, 0], "split": ["t", "t"], "y_true": ["a", "b"], "y_pred": ["a", "a"], "id": [1, 2]}
)


def imported(tmp_path: Path, run: Callable[[Path], object]) -> None:
    """Import; either it goes well, or the project's own error comes before anything is written."""
    log_dir = tmp_path / "logs"
    shutil.rmtree(log_dir, ignore_errors=True)
    try:
        run(log_dir)
    except ConfusionFlowError:
        written = [path for path in log_dir.rglob("*") if path.is_file()]
    else:
        written = []
        assert len(cf.open_logs(log_dir).runs) >= 1
    assert not written


@examples
@pytest.mark.parametrize("kind", ["csv", "tsv", "csv.gz", "parquet", "arrow"])
def test_a_table_of_arbitrary_bytes(tmp_path: Path, kind: str, examples: int) -> None:
    path = tmp_path / f"table.{kind}"

    @settings(untimed, max_examples=examples)
    @given(edits)
    def check(data: Any) -> None:
        if kind == "parquet":
            pq.write_table(TABLE, path)
        elif kind == "arrow":
            with pa.ipc.new_file(path, TABLE.schema) as writer:
                writer.write_table(TABLE)
        else:
            with pa.output_stream(str(path)) as sink:
                separator = "\t" if kind == "tsv" else ","
                rows = [TABLE.column_names, *zip(*TABLE.to_pydict().values(), strict=True)]
                sink.write("\n".join(separator.join(map(str, row)) for row in rows).encode())
        path.write_bytes(data if isinstance(data, bytes) else mutated(path.read_bytes(), *data))
        imported(tmp_path, lambda log_dir: import_predictions(read_pieces(path), log_dir, "r"))

    check()


@pytest.mark.slow
@examples
def test_a_table_of_arbitrary_columns(tmp_path: Path, examples: int) -> None:
    path = tmp_path / "table.parquet"

    @settings(untimed, max_examples=10 * examples)
    @given(st.dictionaries(st.sampled_from(TABLE.column_names), columns, max_size=2))
    def check(changed: dict[str, pa.Array]) -> None:
        table = TABLE
        for name, column in changed.items():
            longer = pa.concat_arrays([column, column, pa.nulls(2).cast(column.type)])[:2]
            table = table.set_column(table.column_names.index(name), name, longer)
        pq.write_table(table, path)
        imported(tmp_path, lambda log_dir: import_predictions(read_pieces(path), log_dir, "r"))

    check()


@examples
@pytest.mark.parametrize("name", ["labels.csv", "test/epoch1.csv"])
def test_matrices_of_arbitrary_bytes(tmp_path: Path, name: str, examples: int) -> None:
    source = tmp_path / "source"
    (source / "test").mkdir(parents=True)
    whole = {
        "labels.csv": b"id,name\n0,cat\n1,dog\n",
        "test/epoch0.csv": b"t,0,1\n0,1,2\n1,3,4\n",
        "test/epoch1.csv": b"t,0,1\n0,1,2\n1,3,4\n",
    }

    @settings(untimed, max_examples=5 * examples)
    @given(edits)
    def check(data: Any) -> None:
        for file, content in whole.items():
            (source / file).write_bytes(content)
        changed = data if isinstance(data, bytes) else mutated(whole[name], *data)
        (source / name).write_bytes(changed)
        imported(tmp_path, lambda log_dir: import_matrices(source, log_dir, "r"))

    check()


@examples
@pytest.mark.parametrize("name", ORIGINAL)
def test_an_original_of_arbitrary_content(tmp_path: Path, name: str, examples: int) -> None:
    source = tmp_path / "source"
    for folder in ("runs", "datasets", "foldlogdata", "foldlogs"):
        (source / folder).mkdir(parents=True)

    @settings(untimed, max_examples=5 * examples)
    @given(edits, st.dictionaries(st.sampled_from(sorted(ORIGINAL[name])), values, min_size=1))
    def check(data: Any, changed: dict[str, Any]) -> None:
        for file, content in ORIGINAL.items():
            (source / file).write_text(json.dumps(content))
        whole = (source / name).read_bytes()
        (source / name).write_text(json.dumps({**ORIGINAL[name], **changed}))
        imported(tmp_path, lambda log_dir: import_original(source, log_dir))
        (source / name).write_bytes(data if isinstance(data, bytes) else mutated(whole, *data))
        imported(tmp_path, lambda log_dir: import_original(source, log_dir))

    check()
