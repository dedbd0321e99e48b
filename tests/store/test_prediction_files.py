"""Which file of predictions belongs to which counts, and what is in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.store.cache import Cache
from confusionflow.store.data_files import LastOpened, read_index
from confusionflow.store.epoch import StoredEpoch, read_counts
from confusionflow.store.format.file_names import DataFile, PackedFile
from confusionflow.store.places.local import LocalFileSystem
from confusionflow.store.prediction_files import PredictionFiles
from confusionflow.store.split_folder import SplitFolder


class Opened:
    """A split's folder as it is now: its counts by epoch, and its predictions.

    Attributes:
        noted: The files that could not be read.
        looked: How often its packed files were looked into.
    """

    def __init__(self, path: Path) -> None:
        self.folder = SplitFolder(LocalFileSystem(path), "", Cache())
        self.noted: list[str] = []
        self.looked = 0
        names = [file.name for file in path.iterdir()]
        self._packed = [packed for packed in map(PackedFile.parse, names) if packed]
        single = [file for file in map(DataFile.parse, names) if file]
        counts = [file for file in single if file.kind == "counts"] + self._within("counts")
        self.counts = {file.epoch: file for file in counts}
        self.files = PredictionFiles(
            self.folder,
            [file for file in single if file.kind == "predictions"],
            self._look,
            lambda path, _: self.noted.append(path),
        )

    def _within(self, kind: str) -> list[DataFile]:
        packed = [packed for packed in self._packed if packed.kind == kind]
        return [file for one in packed for file in read_index(self.folder, one).files]

    def _look(self) -> list[DataFile]:
        self.looked += 1
        return self._within("predictions")

    def epoch(self, number: int) -> StoredEpoch:
        return StoredEpoch(number, (read_counts(self.folder, self.counts[number]),), 1)


@pytest.fixture
def running(tmp_path: Path) -> Path:
    """A split whose files are still apart: epoch 0 has predictions, epoch 1 counts alone."""
    run = cf.Run(tmp_path, "run", classes=["a", "b"])
    run.log(0, "test", y_true=[0, 1, 1], y_pred=[0, 0, 1], ids=["x", "y", "z"])
    run.log_matrix(1, "test", [[1, 0], [0, 1]])
    (path,) = tmp_path.glob("run-*/split-*")
    return path


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    """The same split when its files have been merged."""
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        run.log(0, "test", y_true=[0, 1, 1], y_pred=[0, 0, 1], ids=["x", "y", "z"])
        run.log(2, "test", y_true=[1], y_pred=[1], ids=["x"])
        run.log_matrix(1, "test", [[1, 0], [0, 1]])
    (path,) = tmp_path.glob("run-*/split-*")
    assert list(path.glob("predictions-merged-*"))
    return path


def test_predictions_are_found_beside_their_counts(running: Path) -> None:
    split = Opened(running)
    found = split.files.of(split.counts[0])
    assert found
    assert (found.kind, found.epoch) == ("predictions", 0)
    assert split.looked == 0, "packed files are large, and looked into only if they must be"
    assert split.files.of(split.counts[1]) is None
    assert split.looked == 1


def test_merged_predictions_are_found_too(merged: Path) -> None:
    split = Opened(merged)
    found = {epoch: split.files.of(counts) for epoch, counts in split.counts.items()}
    assert [epoch for epoch in sorted(found) if found[epoch]] == [0, 2]
    assert {file.within.kind for file in found.values() if file and file.within} == {"predictions"}
    assert split.looked == 1


@pytest.mark.parametrize("split", ["running", "merged"])
def test_predictions_of_an_epoch_are_read(split: str, request: pytest.FixtureRequest) -> None:
    opened = Opened(request.getfixturevalue(split))
    table = opened.files.table(opened.epoch(0))
    assert table
    assert table["instance"].to_pylist() == ["x", "y", "z"]
    assert table["predicted"].to_pylist() == [0, 0, 1]
    counted = opened.files.counted(opened.epoch(0), lambda _: 2, LastOpened())
    assert counted
    assert counted.ids.to_pylist() == ["x", "y", "z"]
    assert np.array_equal(counted.actual, [0, 1, 1])
    assert not counted.are_positions
    assert opened.noted == []
    (name,) = opened.files.names(opened.epoch(0))
    assert DataFile.parse(name) == opened.files.of(opened.counts[0])


@pytest.mark.parametrize("split", ["running", "merged"])
def test_an_epoch_of_counts_alone_has_no_predictions(
    split: str, request: pytest.FixtureRequest
) -> None:
    opened = Opened(request.getfixturevalue(split))
    assert opened.files.table(opened.epoch(1)) is None
    assert opened.files.counted(opened.epoch(1), lambda _: 2, LastOpened()) is None
    assert opened.files.names(opened.epoch(1)) == ()
    assert not opened.files.is_missing(opened.counts[1])


def test_predictions_that_a_copy_has_not_brought_yet_are_missing(running: Path) -> None:
    assert not Opened(running).files.is_missing(Opened(running).counts[0])
    next(running.glob("predictions-*")).unlink()
    split = Opened(running)
    assert split.files.is_missing(split.counts[0])
    # Without the counts nobody knows whether there were any.
    next(running.glob("counts-e00000000-*")).unlink()
    assert not split.files.is_missing(split.counts[0])


def test_predictions_that_are_damaged_are_noted(running: Path) -> None:
    file = next(running.glob("predictions-*"))
    file.write_bytes(file.read_bytes()[:-20])
    split = Opened(running)
    assert split.files.counted(split.epoch(0), lambda _: 2, LastOpened()) is None
    assert split.noted == [file.name]
