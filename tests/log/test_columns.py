"""What is kept of each prediction: columns, their types, confidence and margin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

import confusionflow as cf
from confusionflow.log import probabilities

CLASSES = list("abcde")


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(-1, keepdims=True)
    return result


def logged(tmp_path: Path, epoch: int = 0, run: str = "run") -> pa.Table:
    """Predictions in the order of their instances."""
    stored = cf.open_logs(tmp_path)[run].stored.splits["test"]
    return stored.predictions(epoch).sort_by("instance")


def half(values: Any) -> list[float]:
    found: list[float] = np.asarray(values, np.float16).astype(float).tolist()
    return found


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("kind", ["y_prob", "y_logit"])
def test_confidence_and_margin_are_kept_in_half_precision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, dtype: str
) -> None:
    monkeypatch.setattr(probabilities, "BLOCK", 35)  # blocks of seven instances
    rng = np.random.default_rng(0)
    logits = (rng.normal(size=(100, 5)) * 3).astype(dtype)
    values = softmax(logits).astype(dtype) if kind == "y_prob" else logits
    actual = rng.integers(0, 5, 100)
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        given: Any = {kind: values}
        run.log(0, "test", y_true=actual, **given)
    table = logged(tmp_path)
    certain = values.astype(float) if kind == "y_prob" else softmax(values)
    assert table["predicted"].to_pylist() == values.argmax(1).tolist()
    for i, (row, a) in enumerate(zip(certain, actual, strict=True)):
        margin = np.log(row[a]) - np.log(np.delete(row, a).max())
        assert table["confidence"][i].as_py() == pytest.approx(row.max(), rel=2**-10)
        assert table["margin"][i].as_py() == pytest.approx(margin, rel=2**-9, abs=1e-3)
    for name in ("confidence", "margin"):
        assert table[name].to_pylist() == half(table[name])


def test_logits_do_not_underflow_where_probabilities_do(tmp_path: Path) -> None:
    logits = np.array([[0.0, -70, -75, -200, -300], [0.0, 50, -60, 0, 0]], np.float32)
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        run.log(0, "test", y_true=[1, 2], y_logit=logits)
        run.log(1, "test", y_true=[1, 2], y_prob=softmax(logits).astype(np.float16))
    assert logged(tmp_path, 0)["margin"].to_pylist() == [-70, -80]
    assert logged(tmp_path, 1)["margin"].to_pylist() == [-80, -80]


def test_margins_of_the_call_are_kept_beside_its_predictions(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        run.log(0, "test", y_true=[0, 1], y_pred=[0, 2], confidence=[0.5, 0.25], margin=[1e3, -1.5])
        run.log(1, "test", y_true=[0, 1], y_pred=[0, 2], margin=[float("nan"), 0.5])
    assert logged(tmp_path)["margin"].to_pylist() == [80, -1.5]
    assert logged(tmp_path)["confidence"].to_pylist() == [0.5, 0.25]
    assert logged(tmp_path, 1)["margin"].to_pylist() == [None, 0.5]
    assert "confidence" not in logged(tmp_path, 1).column_names


@pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning")
def test_what_has_no_margin_has_none(tmp_path: Path) -> None:
    nan = float("nan")
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        run.log(
            0, "test", y_true=[0, 7, 1, None], y_prob=[[1, 0], [0.4, 0.6], [nan, 1], [0.5, 0.5]]
        )
        run.log(1, "test", y_true=[0, 1], y_prob=[[3.0, 1.0], [1.0, 2.0]])  # these are logits
    assert logged(tmp_path)["margin"].to_pylist() == [80, None, None, None]
    assert logged(tmp_path, 1)["margin"].to_pylist() == [2, 1]


def test_one_number_for_two_classes_has_a_margin(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        run.log(0, "test", y_true=[0, 1], y_prob=[0.25, 0.25])
        run.log(1, "test", y_true=[0, 1], y_logit=[-2.0, -2.0])
    assert logged(tmp_path, 0)["margin"].to_pylist() == half([np.log(3), -np.log(3)])
    assert logged(tmp_path, 1)["margin"].to_pylist() == [2, -2]


def log_many_widths(log_dir: Path) -> None:
    """Runs whose columns would be of many widths, were these as narrow as could be."""
    rng = np.random.default_rng(1)
    for name, size, first in (("few", 3, 0), ("many", 70, 2**31), ("thousands", 40_000, 2**40)):
        with cf.Run(log_dir, name, classes=range(size)) as run:
            for epoch in (first, first + 1):
                labels = rng.integers(0, size, (2, 50))
                run.log(epoch, "test", y_true=labels[0], y_pred=labels[1], ids=np.arange(50, 100))
    live = cf.Run(log_dir, "live", classes=range(40_000))
    for epoch, ids in enumerate((np.arange(2, dtype=np.uint8), np.arange(2, dtype=np.uint64))):
        live.log(epoch, "test", y_true=[39_999, 0], y_pred=[1, 39_999], ids=ids)
        live.log(epoch, "positions", y_true=[39_999, 0], y_pred=[1, 39_999])


def test_all_files_have_columns_of_one_type(tmp_path: Path) -> None:
    log_many_widths(tmp_path)
    wide = {"epoch": "int64", "actual": "int32", "predicted": "int32"}
    for kind, more in (("counts", {"count": "int64"}), ("predictions", {"instance": "int64"})):
        paths = sorted(tmp_path.rglob(f"{kind}-*.parquet"))
        assert len(paths) > 3
        for path in paths:
            schema = pq.read_schema(path)
            assert {field.name: str(field.type) for field in schema} == wide | more


def test_polars_and_duckdb_read_a_log_as_one_table(tmp_path: Path) -> None:
    log_many_widths(tmp_path)
    expected = sum(
        int(series.cube().count.sum())
        for run in cf.open_logs(tmp_path).runs
        for series in run.values()
    )
    for kind, total in (("counts", "sum(count)"), ("predictions", "count(*)")):
        pattern = f"{tmp_path}/run-*/split-*/{kind}-*.parquet"
        query = f"SELECT {total}, max(actual), max(predicted), max(epoch) FROM '{pattern}'"
        assert duckdb.connect().execute(query).fetchall() == [(expected, 39_999, 39_999, 2**40 + 1)]
        table = pl.scan_parquet(pattern).collect()
        found = table["count"].sum() if kind == "counts" else len(table)
        assert (found, table["actual"].max()) == (expected, 39_999)


def metadata_of(path: Path) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = pq.read_metadata(path).metadata
    return found


def test_a_file_says_whether_instances_are_ids_or_positions(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=CLASSES)
    for epoch, ids in enumerate((None, [0, 1], ["x", "y"])):
        run.log(epoch, "test", y_true=[0, 1], y_pred=[0, 2], ids=ids)
    paths = sorted(tmp_path.rglob("predictions-*.parquet"))
    said = [metadata_of(path)[b"confusionflow.instances"] for path in paths]
    assert said == [b"positions", b"ids", b"ids"]


def test_an_id_beyond_64_bits_with_a_sign_stays_what_it_is(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        run.log(0, "test", y_true=[1, 0], y_pred=[0, 2], ids=np.array([2**64 - 1, 5], np.uint64))
    assert logged(tmp_path)["instance"].to_pylist() == [5, 2**64 - 1]


@pytest.mark.parametrize("kind", ["positions", "integers", "text"])
def test_rows_are_those_of_the_call_when_arrays_are_filled_again_in_place(
    tmp_path: Path, kind: str
) -> None:
    """The order of an epoch is taken for the next one only where nothing changed."""
    rng = np.random.default_rng(2)
    actual, predicted = np.zeros(20, np.uint8), np.zeros(20, np.uint8)
    ids = np.arange(20)
    expected = []
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(8):
            if epoch % 3 == 1:
                actual[:] = rng.integers(0, 5, 20)
            if epoch % 4 == 2:
                ids[:] = rng.permutation(20)
            predicted[:] = rng.integers(0, 5, 20)
            names: Any = {"positions": None, "integers": ids, "text": [f"i{i:02}" for i in ids]}
            run.log(epoch, "test", y_true=actual, y_pred=predicted, ids=names[kind])
            places = range(20) if kind == "positions" else ids.tolist()
            expected.append(sorted(zip(places, actual.tolist(), predicted.tolist(), strict=True)))
    for epoch, rows in enumerate(expected):
        table = logged(tmp_path, epoch)
        names_of = (i if kind != "text" else f"i{i:02}" for i, *_ in rows)
        assert table["instance"].to_pylist() == list(names_of)
        found = zip(table["actual"].to_pylist(), table["predicted"].to_pylist(), strict=True)
        assert list(found) == [(a, p) for _, a, p in rows]
