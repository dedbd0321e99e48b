import re
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from confusionflow.errors import (
    ArgumentError,
    LogDirectoryError,
    RunNotFoundError,
    SplitNotFoundError,
)
from confusionflow.exporters.export import export
from confusionflow.log import Run
from confusionflow.reading.logs import open_logs
from confusionflow.reading.run import Series
from confusionflow.store import read
from confusionflow.store.run_listing import scan_run

# Declared in an order that is not the alphabet's.
CLASSES = ["ship", "auto", "fox", "deer"]
RANDOM = np.random.default_rng(11)
LABELS = {
    epoch: (RANDOM.choice([0, 1, 3], 200, p=[0.6, 0.3, 0.1]), RANDOM.choice([0, 1, 2], 200))
    for epoch in (0, 5, 7)
}


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    """One run whose test split has gaps in its epochs and classes that never occur."""
    with Run(tmp_path, name="resnet", config={"lr": 0.1}, classes=CLASSES) as run:
        for epoch, (actual, predicted) in LABELS.items():
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
        run.log_matrix(0, "train", [[5, 1], [0, 2]], classes=["cat", "dog"])
    return tmp_path


@pytest.fixture
def test_split(log_dir: Path) -> Series:
    return open_logs(log_dir)["resnet"]["test"]


def test_looking_up_a_run_by_name_reads_no_other_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "b", "c"):
        with Run(tmp_path, name, classes=CLASSES[:2]) as run:
            run.log_matrix(0, "test", [[1, 0], [0, 1]])
    logs = open_logs(tmp_path)
    newest = logs.runs[2].id
    listed: list[str] = []

    def noted(filesystem: Any, run_id: str) -> Any:
        listed.append(run_id)
        return scan_run(filesystem, run_id)

    monkeypatch.setattr(read, "scan_run", noted)
    assert logs["b"].id == newest
    assert "c" in logs
    assert list(logs) == ["a", "b", "c"]
    assert listed == [newest]


def test_counts_and_metrics_equal_scikit_learns_on_the_logged_labels(test_split: Series) -> None:
    assert test_split.epochs.tolist() == [0, 5, 7]
    assert test_split.classes == tuple(CLASSES)
    for index, (actual, predicted) in enumerate(LABELS.values()):
        counts = confusion_matrix(actual, predicted, labels=range(4))
        np.testing.assert_array_equal(test_split.confusion()[index], counts)
        np.testing.assert_array_equal(test_split.cube().dense()[index], counts)
        expected = precision_recall_fscore_support(
            actual, predicted, labels=range(4), zero_division=np.nan
        )
        numbers = (test_split.precision(), test_split.recall(), test_split.f1())
        for ours, theirs in zip(numbers, expected[:3], strict=True):
            np.testing.assert_allclose(ours[index], theirs, rtol=1e-14)
        np.testing.assert_array_equal(test_split.support()[index], expected[3])
        np.testing.assert_allclose(test_split.accuracy()[index], np.mean(actual == predicted))


@pytest.mark.parametrize(("by", "axis"), [("actual", 2), ("predicted", 1), ("all", (1, 2))])
def test_normalized_counts_are_divided_by_what_they_name(
    test_split: Series, by: Any, axis: Any
) -> None:
    counts = test_split.confusion()
    assert counts.dtype == np.int64
    divisor = counts.sum(axis=axis, keepdims=True)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(test_split.confusion(normalize=by), counts / divisor)


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_a_frame_has_every_count_with_its_class_names(test_split: Series, backend: Any) -> None:
    frame = test_split.to_frame(backend)
    assert type(frame).__module__.split(".")[0] == backend
    rows = nw.from_native(frame, eager_only=True).rows()
    expected = [
        (epoch, CLASSES[actual], CLASSES[predicted], count)
        for epoch, matrix in zip((0, 5, 7), test_split.confusion(), strict=True)
        for (actual, predicted), count in np.ndenumerate(matrix)
        if count
    ]
    plain = [
        tuple(value.as_py() if hasattr(value, "as_py") else value for value in row) for row in rows
    ]
    assert plain == expected


def test_a_frame_is_of_pandas_and_keeps_the_declared_order_of_classes(test_split: Series) -> None:
    frame = test_split.to_frame()
    assert list(frame.columns) == ["epoch", "actual", "predicted", "count"]
    assert list(frame["actual"].cat.categories) == CLASSES
    assert frame["count"].sum() == 600


def test_a_library_that_is_unknown_is_named_beside_those_there_are(test_split: Series) -> None:
    with pytest.raises(ArgumentError, match=r"'excel'.*'polars'"):
        test_split.to_frame("excel")  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_library_that_is_not_installed_is_named_with_one_that_is(log_dir: Path) -> None:
    # narwhals remembers what it once imported, so this takes an interpreter of its own.
    script = (
        "import sys; sys.modules['polars'] = None\n"
        "import confusionflow as cf\n"
        "cf.open_logs(sys.argv[1])['resnet']['test'].to_frame('polars')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(log_dir)], capture_output=True, text=True, check=False
    )
    last_line = ended.stderr.strip().splitlines()[-1]
    assert re.search(r"ConfusionFlowError: polars is not installed.*'pyarrow'", last_line)


def test_a_wrong_argument_is_also_what_python_would_raise(
    test_split: Series, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="'true'"):
        test_split.confusion(normalize="true")  # type: ignore[arg-type]
    with pytest.raises(OSError, match="nowhere"):
        export(test_split, tmp_path / "nowhere" / "report.html")


def test_a_split_without_epochs_of_some_classes_keeps_their_rows(test_split: Series) -> None:
    assert test_split.support()[:, 2].tolist() == [0, 0, 0]
    assert np.isnan(test_split.recall()[:, 2]).all()
    assert test_split.left_out.tolist() == [0, 0, 0]


def test_a_run_tells_what_was_logged_with_it(log_dir: Path) -> None:
    run = open_logs(log_dir)["resnet"]
    assert (run.name, run.config, run.state, run.time_unit) == (
        "resnet",
        {"lr": 0.1},
        "finished",
        "epoch",
    )
    assert abs(datetime.now(UTC) - run.created_at).total_seconds() < 60
    assert list(run) == ["test", "train"]
    assert run["train"].classes == ("cat", "dog")
    assert run["train"].run is run
    assert run.problems == [] == run["train"].problems


def test_a_name_gives_the_newest_run_and_an_id_any(log_dir: Path) -> None:
    first = open_logs(log_dir)["resnet"]
    with Run(log_dir, name="resnet", classes=CLASSES) as run:
        run.log_matrix(0, "test", np.eye(4, dtype=int))
    logs = open_logs(log_dir)
    assert logs["resnet"].id == run.id != first.id
    assert logs[first.id].config == {"lr": 0.1}
    assert [each.id for each in logs.runs] == [first.id, run.id]
    assert list(logs) == ["resnet"]
    assert len(logs) == 1
    assert "resnet" in logs
    assert first.id in logs
    assert "vgg" not in logs


def test_an_unknown_name_is_answered_with_the_nearest_one(log_dir: Path) -> None:
    logs = open_logs(log_dir)
    with pytest.raises(RunNotFoundError, match=r"'resnt'.*Did you mean 'resnet'\?"):
        logs["resnt"]
    with pytest.raises(RunNotFoundError, match=r"No run 0\. There is 'resnet'"):
        logs[0]  # type: ignore[index]
    with pytest.raises(SplitNotFoundError, match=r"'tset'.*Did you mean 'test'\?"):
        logs["resnet"]["tset"]
    assert logs.get("resnt") is None
    assert logs["resnet"].get("tset") is None


def test_a_missing_log_directory_is_named_when_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(LogDirectoryError):
        open_logs(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


def test_a_series_stands_still_and_the_next_look_has_the_new_epoch(tmp_path: Path) -> None:
    with Run(tmp_path, name="live", classes=["a", "b"]) as run:
        run.log_matrix(0, "test", [[1, 0], [0, 1]])
        logs = open_logs(tmp_path)
        before = logs["live"]["test"]
        run.log_matrix(1, "test", [[2, 0], [0, 2]])
        after = logs["live"]["test"]
        assert logs["live"].state == "running"
    assert before.epochs.tolist() == [0]
    assert before.confusion().tolist() == [[[1, 0], [0, 1]]]
    assert after.epochs.tolist() == [0, 1]
    assert after.version != before.version


def test_reprs_say_what_there_is(log_dir: Path) -> None:
    logs = open_logs(log_dir)
    assert repr(logs) == "Logs(['resnet'])"
    assert repr(logs["resnet"]) == "LoggedRun('resnet', finished, splits ['test', 'train'])"
    assert repr(logs["resnet"]["test"]) == "Series('resnet' 'test', 3 epochs 0 to 7, 4 classes)"


def test_a_cube_is_read_in_little_more_memory_than_it_takes_itself(tmp_path: Path) -> None:
    with Run(tmp_path, name="many", classes=[f"class {index}" for index in range(300)]) as run:
        for epoch in range(10):
            run.log_matrix(epoch, "val", RANDOM.integers(1, 200, (300, 300)))
    tracemalloc.start()
    try:
        cube = open_logs(tmp_path)["many"]["val"].cube()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    own = sum(array.nbytes for array in (cube.epoch_index, cube.actual, cube.predicted, cube.count))
    assert most < 1.6 * own
