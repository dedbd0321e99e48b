"""What is kept of predictions in the cache folder is what the log has."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.reading.histories import log_quietly

import confusionflow as cf
from confusionflow.errors import ConfusionFlowWarning, InstancesError, NoPredictionsError
from confusionflow.reading.chunks import Chunks
from confusionflow.reading.predictions import Predictions
from confusionflow.server.chunk_files import ChunkFolder
from confusionflow.server.kept_predictions import KeptPredictions
from confusionflow.server.known_instances import KnownInstances
from confusionflow.store.predictions import read_epoch


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def ways(read: Predictions) -> Counter[tuple[object, ...]]:
    """Each instance with all that is known of it, in no order."""
    columns = [read.predicted, read.confidence, read.margin]
    arrays = [None if c is None else np.nan_to_num(np.asarray(c), nan=-9) for c in columns]
    return Counter(
        (
            str(identity),
            read.classes[actual],
            *(None if a is None else tuple(a[:, at].tolist()) for a in arrays),
        )
        for at, (identity, actual) in enumerate(zip(read.ids, read.actual, strict=True))
    )


def check(log_dir: Path, run: str = "run") -> Predictions | None:
    """Compare what is kept with what the log has."""
    series = cf.open_logs(log_dir)[run]["test"]
    kept = KeptPredictions(few=0)
    try:
        wanted = series.predictions()
    except (NoPredictionsError, InstancesError) as error:
        with pytest.raises(type(error)):
            kept.read(series)
        return None
    found = kept.read(series)
    assert isinstance(found.predicted, Chunks)
    assert found.epochs.tolist() == wanted.epochs.tolist()
    assert (np.diff(found.actual) >= 0).all()
    assert ways(found) == ways(wanted)
    return found


@pytest.mark.parametrize("batch", range(10))
def test_random_histories_are_kept_as_they_are(tmp_path: Path, batch: int) -> None:
    for seed in range(4 * batch, 4 * batch + 4):
        log_quietly(tmp_path / str(seed), seed)
        for _ in range(2):  # made, and mapped
            check(tmp_path / str(seed))


def test_an_epoch_that_is_logged_again_is_not_read_from_what_was_kept(tmp_path: Path) -> None:
    """Its instances, and so the layout, are those of the epoch before."""
    with cf.Run(tmp_path / "logs", "run", classes=["cat", "dog"]) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConfusionFlowWarning)
        for predicted in ([0, 1, 1], [1, 0, 0]):
            run.log(0, "test", y_true=[0, 1, 1], y_pred=predicted, ids=[4, 5, 6])
            found = check(tmp_path / "logs")
            assert found is not None
            assert np.asarray(found.predicted).tolist() == [predicted]


@pytest.mark.parametrize("has_texts", [False, True], ids=["numbers", "texts"])
def test_what_is_kept_follows_a_training(tmp_path: Path, cache: Path, has_texts: bool) -> None:
    rng = np.random.default_rng(3)
    run = cf.Run(tmp_path / "logs", "run", classes=["cat", "dog", "fox"], id="job")
    labels = rng.integers(0, 3, 40)
    for epoch in range(75):
        if epoch in (20, 70):  # instances come, and one has another class
            labels = np.append(labels, rng.integers(0, 3, 5))
            labels[3] = (labels[3] + 1) % 3
        own = rng.permutation(len(labels))[: len(labels) - epoch % 2]
        run.log(
            epoch,
            "test",
            y_true=labels[own],
            y_pred=rng.integers(0, 3, len(own)),
            ids=[f"i{i}" for i in own] if has_texts else own,
            confidence=rng.random(len(own)) if epoch % 5 else None,
        )
        if epoch % 9 == 0 or epoch > 60:
            check(tmp_path / "logs")
    chunks = [path.name for path in cache.rglob("chunk-*")]
    assert len(chunks) > 10
    assert not list(cache.rglob(".tmp-*"))


def test_each_epoch_is_read_once_while_instances_stay_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(tmp_path / "logs", epochs=9)
    read: list[int] = []

    def counted(folder: Any, files: Any, *args: Any, **options: Any) -> Any:
        read.extend(file.epoch for file in files)
        return read_epoch(folder, files, *args, **options)

    monkeypatch.setattr("confusionflow.store.prediction_files.read_epoch", counted)
    KeptPredictions(few=0).read(cf.open_logs(tmp_path / "logs")["run"]["test"])
    assert sorted(read) == list(range(9))
    read.clear()
    KeptPredictions(few=0).read(cf.open_logs(tmp_path / "logs")["run"]["test"])
    assert read == []


def test_names_of_instances_that_no_cell_counts_do_not_change_the_layout(
    tmp_path: Path, cache: Path
) -> None:
    run = cf.Run(tmp_path / "logs", "run", classes=["cat", "dog"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConfusionFlowWarning)
        for epoch in range(3):
            run.log(
                epoch,
                "test",
                y_true=["cat", "dog", "cat"],
                y_pred=["cat", "cat", "fox"],
                ids=["a", "b", f"new {epoch}"],
            )
    kept = []
    for _ in range(2):
        check(tmp_path / "logs")
        kept.append(sorted(path.name for path in cache.rglob("chunk-*")))
    assert kept[0] == kept[1]
    assert len(kept[0]) == 3


def test_epochs_that_are_hidden_are_not_kept(tmp_path: Path) -> None:
    for attempt in range(2):
        run = cf.Run(tmp_path / "logs", "run", classes=["cat", "dog"], id="job", resume=attempt > 0)
        for epoch in range(attempt, 4):
            ids = np.arange(5) + 100 * attempt
            run.log(epoch, "test", y_true=ids % 2, y_pred=[attempt] * 5, ids=ids)
        found = check(tmp_path / "logs")
    assert found
    assert sorted(found.ids.tolist()) == [*range(5), *range(100, 105)]


def test_ids_of_two_kinds_and_wide_numbers_are_kept(tmp_path: Path) -> None:
    run = cf.Run(tmp_path / "logs", "run", classes=["cat", "dog"])
    run.log(0, "test", y_true=[0, 1], y_pred=[0, 0], ids=[1, 2])
    check(tmp_path / "logs")
    run.log(1, "test", y_true=[0, 1], y_pred=[0, 0], ids=["1", "x"])
    check(tmp_path / "logs")
    matrix = cf.Run(tmp_path / "logs", "matrix", classes=["cat", "dog"])
    matrix.log_matrix(0, "test", [[1, 0], [2, 3]])
    check(tmp_path / "logs", "matrix")


def test_positions_that_change_are_refused(tmp_path: Path) -> None:
    run = cf.Run(tmp_path / "logs", "run", classes=["cat", "dog"])
    run.log(1, "test", y_true=[0, 1], y_pred=[0, 0])
    check(tmp_path / "logs")
    run.log(2, "test", y_true=[1, 0], y_pred=[0, 0])
    assert check(tmp_path / "logs") is None


def log(log_dir: Path, epochs: int = 9, size: int = 1000) -> cf.Series:
    run = cf.Run(log_dir, "run", classes=range(10))
    labels = np.arange(size) % 10
    for epoch in range(epochs):
        run.log(epoch, "test", y_true=labels, y_pred=(labels + epoch) % 10, ids=np.arange(size))
    return cf.open_logs(log_dir)["run"]["test"]


def test_a_torn_chunk_is_made_again(tmp_path: Path, cache: Path) -> None:
    log(tmp_path / "logs")
    check(tmp_path / "logs")
    for path in cache.rglob("chunk-*"):
        path.write_bytes(path.read_bytes()[:-50])
    check(tmp_path / "logs")
    for path in cache.rglob("*"):
        if path.is_file():
            path.write_bytes(b"others")
    check(tmp_path / "logs")


def test_small_series_are_read_from_the_log(tmp_path: Path, cache: Path) -> None:
    found = KnownInstances().predictions(log(tmp_path / "logs"))
    assert isinstance(found.predicted, np.ndarray)
    assert not cache.exists()


def test_without_room_it_is_answered_without(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = log(tmp_path / "logs")
    found = KeptPredictions(few=0, most_bytes=10_000).read(series)
    assert isinstance(found.predicted, np.ndarray)
    assert not list(cache.rglob("chunk-*"))
    for place in (tmp_path / "logs", "/proc/none"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        found = KeptPredictions(few=0).read(series)
        assert isinstance(found.predicted, np.ndarray)


def test_what_was_not_used_for_longest_goes_and_what_is_served_stays(tmp_path: Path) -> None:
    folder = ChunkFolder(tmp_path, 3 * 5096)
    shapes = {"predicted": ((1, 500), "<i2")}
    for name in ("a", "b", "c"):
        with folder.writing(name, shapes) as arrays:
            arrays["predicted"][:] = ord(name)
    held = folder.open("a")
    assert held
    with folder.writing("d", shapes):
        pass
    assert folder.open("b") is None
    assert (held.arrays["predicted"] == ord("a")).all()
    others = [folder.open(name) for name in ("c", "d")]
    with pytest.raises(OSError, match="do not fit"), folder.writing("e", shapes):
        pass
    assert all(others)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c", "d"]


def test_several_processes_keep_the_same_at_once(tmp_path: Path, cache: Path) -> None:
    log(tmp_path / "logs", epochs=17)
    script = (
        "import sys, confusionflow as cf\n"
        "from confusionflow.server.kept_predictions import KeptPredictions\n"
        "read = KeptPredictions(few=0).read(cf.open_logs(sys.argv[1])['run']['test'])\n"
        "print(type(read.predicted).__name__, int(read.predicted[:, :].sum()))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "logs")]
    at_work = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert {process.communicate()[0] for process in at_work} == {f"Chunks {17 * 4500}\n"}
    assert len(list(cache.rglob("chunk-*"))) == 3


def test_lists_of_instances_are_the_same(tmp_path: Path) -> None:
    from confusionflow.reading.instances import Cells

    series = log(tmp_path / "logs")
    cells = Cells(("3",), ("5",), first=1, last=7)
    lists = [
        KnownInstances(KeptPredictions(few=few)).instances(series, cells, "ever")
        for few in (0, 10**9)
    ]
    assert isinstance(lists[0].predictions.predicted, Chunks)
    one, other = (found.table().to_pydict() for found in lists)
    assert one == other
    assert len(one["instance"]) == 100
