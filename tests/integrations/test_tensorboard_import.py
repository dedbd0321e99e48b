"""Confusion in event files that TensorBoard's own writer wrote, and torch's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.importing import take_in

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError, ImportSourceError

pytest.importorskip("tensorboard")

FIRST = np.array([[5, 2, 0], [1, 7, 3], [4, 0, 9]])
SECOND = FIRST.T + 1
NAMES = ("cat", "dog", "fox")


class Writer:
    def __init__(self, folder: Path, suffix: str = "") -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._writer = EventFileWriter(str(folder), filename_suffix=suffix)

    def write(self, step: int, **value: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._writer.add_event(Event(step=step, summary=Summary(value=[Summary.Value(**value)])))

    def scalar(self, tag: str, number: float, step: int) -> None:
        self.write(step, tag=tag, simple_value=number)

    def tensor(self, tag: str, array: Any, step: int) -> None:
        from tensorboard.util.tensor_util import make_tensor_proto

        self.write(step, tag=tag, tensor=make_tensor_proto(array))

    def cells(self, split: str, counts: Any, step: int) -> None:
        for actual, row in zip(NAMES, counts, strict=True):
            for predicted, count in zip(NAMES, row, strict=True):
                self.scalar(f"confusion/{split}/{actual}/{predicted}", count, step)

    def close(self) -> None:
        self._writer.close()


@contextmanager
def writing(folder: Path, suffix: str = "") -> Iterator[Writer]:
    writer = Writer(folder, suffix)
    yield writer
    writer.close()


def import_it(folder: Path, **arguments: Any) -> list[str]:
    from confusionflow.importers.tensorboard import import_tensorboard

    return import_tensorboard(folder / "events", folder / "logs", **arguments)


def test_scalars_of_cells_become_matrices_with_their_names(tmp_path: Path) -> None:
    with writing(tmp_path / "events" / "sgd" / "first") as writer:
        for step, counts in ((0, FIRST), (3, SECOND)):
            writer.scalar("loss", 0.5, step)
            writer.cells("val", counts, step)
    assert "Imported 1 run. See it: confusionflow serve logs" in take_in(
        tmp_path, "tensorboard", "events"
    )
    series = cf.open_logs(tmp_path / "logs")["sgd/first"]["val"]
    assert series.classes == NAMES
    assert series.epochs.tolist() == [0, 3]
    np.testing.assert_array_equal(series.confusion(), [FIRST, SECOND])


def test_classes_stand_in_the_order_that_is_asked_for(tmp_path: Path) -> None:
    with writing(tmp_path / "events" / "run") as writer:
        writer.cells("val", FIRST, 0)
    take_in(tmp_path, "tensorboard", "events", "--classes", "fox,cat,dog,elk")
    series = cf.open_logs(tmp_path / "logs")["run"]["val"]
    assert series.classes == ("fox", "cat", "dog", "elk")
    at = [1, 2, 0]
    np.testing.assert_array_equal(series.confusion()[0][np.ix_(at, at)], FIRST)
    assert series.confusion()[0].sum() == FIRST.sum()


def test_tensors_become_epochs_whether_a_step_holds_one_or_all(tmp_path: Path) -> None:
    with writing(tmp_path / "events" / "run") as writer:
        for step, counts in ((2, FIRST), (4, SECOND)):
            writer.tensor("confusion/test", counts.astype(np.float32), step)
        writer.tensor("confusion/train", np.stack([FIRST, SECOND, FIRST], axis=2), 7)
    take_in(tmp_path, "tensorboard", "events", "--classes", ",".join(NAMES))
    run = cf.open_logs(tmp_path / "logs")["run"]
    assert {split: series.epochs.tolist() for split, series in run.items()} == {
        "test": [2, 4],
        "train": [0, 1, 2],
    }
    assert run["test"].classes == NAMES
    np.testing.assert_array_equal(run["test"].confusion(), [FIRST, SECOND])
    np.testing.assert_array_equal(run["train"].confusion(), [FIRST, SECOND, FIRST])


def test_each_folder_is_a_run_of_all_its_files(tmp_path: Path) -> None:
    for name, counts in (("a", FIRST), ("b", SECOND)):
        for step in range(2):
            with writing(tmp_path / "events" / name, f".{step}") as writer:
                writer.tensor("confusion/val", counts + step, step)
    with writing(tmp_path / "events" / "other") as writer:
        writer.scalar("loss", 1, 0)
    assert len(import_it(tmp_path)) == 2
    logs = cf.open_logs(tmp_path / "logs")
    assert sorted(logs) == ["a", "b"]
    np.testing.assert_array_equal(logs["b"]["val"].confusion(), [SECOND, SECOND + 1])
    assert logs["a"]["val"].classes == ("0", "1", "2")


def test_the_same_is_not_imported_twice(tmp_path: Path) -> None:
    with writing(tmp_path / "events" / "run") as writer:
        writer.cells("val", FIRST, 0)
    import_it(tmp_path)
    with pytest.raises(ConfusionFlowError, match="already has a run named 'run'"):
        import_it(tmp_path)
    assert len(cf.open_logs(tmp_path / "logs")["run"]["val"].epochs) == 1


def test_a_last_step_that_a_killed_training_did_not_finish_is_left_out(tmp_path: Path) -> None:
    with writing(tmp_path / "events" / "run") as writer:
        writer.cells("val", FIRST, 0)
        writer.cells("val", SECOND, 1)
        writer.scalar("confusion/val/cat/cat", 3, 2)
    said = take_in(tmp_path, "tensorboard", "events")
    assert "Step 2 of 'val' lacks cells and was left out: the training ended." in said
    series = cf.open_logs(tmp_path / "logs")["run"]["val"]
    np.testing.assert_array_equal(series.confusion(), [FIRST, SECOND])


def test_a_record_that_is_cut_short_costs_itself_only(tmp_path: Path) -> None:
    with writing(tmp_path / "events" / "run") as writer:
        writer.tensor("confusion/val", FIRST, 0)
        writer.tensor("confusion/val", SECOND, 1)
    (file,) = (tmp_path / "events" / "run").iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    import_it(tmp_path)
    np.testing.assert_array_equal(
        cf.open_logs(tmp_path / "logs")["run"]["val"].confusion(), [FIRST]
    )


BAD: dict[str, tuple[str, Any, str]] = {
    "a rate": ("confusion/val/cat/dog", 0.25, "It holds 0.25. Counts are whole numbers"),
    "a negative count": ("confusion/val/cat/dog", -1, "It holds -1. Counts are"),
    "no square": ("confusion/val", FIRST[:2], r"the shape \(2, 3\). Tensors are"),
    "too many names": ("confusion/val/a/b/c", 1, "It is a scalar. Scalars are named"),
    "a scalar named as a tensor": ("confusion/val", 1, "It is a scalar. Scalars are named"),
}


@pytest.mark.parametrize(("tag", "value", "message"), BAD.values(), ids=BAD)
def test_what_is_no_count_is_named_with_file_tag_and_step(
    tag: str, value: Any, message: str, tmp_path: Path
) -> None:
    with writing(tmp_path / "events" / "run") as writer:
        writer.tensor("confusion/train", FIRST, 5)
        write = writer.scalar if isinstance(value, (int, float)) else writer.tensor
        write(tag, value, 5)
    with pytest.raises(ImportSourceError, match=message) as failure:
        import_it(tmp_path)
    assert re.match(rf".*/run/events\.out\.tfevents\S*: Tag '{tag}', step 5: ", str(failure.value))
    assert not (tmp_path / "logs").exists()


def test_two_trainings_in_one_folder_are_not_mixed(tmp_path: Path) -> None:
    for suffix, counts in ((".0", FIRST), (".1", SECOND)):
        with writing(tmp_path / "events", suffix) as writer:
            writer.tensor("confusion/val", counts, 1)
    with pytest.raises(ImportSourceError, match=r"step 1: It is also in .*\.0"):
        import_it(tmp_path)


def test_a_cell_that_a_step_lacks_is_not_taken_for_zero(tmp_path: Path) -> None:
    with writing(tmp_path / "events") as writer:
        writer.scalar("confusion/val/cat/cat", 1, 0)
        for step in (1, 2):
            writer.cells("val", FIRST, step)
    with pytest.raises(ImportSourceError, match="It lacks this step, which other"):
        import_it(tmp_path)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["cat", "dog", "fax"], "No class 'fox' was named. Did you mean 'fax'?"),
        (["cat", "dog", "dog"], "dog"),
    ],
)
def test_classes_that_are_not_those_of_the_tags_are_refused(
    classes: list[str], message: str, tmp_path: Path
) -> None:
    with writing(tmp_path / "events") as writer:
        writer.cells("val", FIRST, 0)
    with pytest.raises(ImportSourceError, match=re.escape(message)):
        import_it(tmp_path, classes=classes)


def test_a_folder_without_numbers_of_confusion_says_what_could_be_imported(tmp_path: Path) -> None:
    with pytest.raises(ImportSourceError, match="There are no event files in it"):
        import_it(tmp_path)
    with writing(tmp_path / "events") as writer:
        writer.scalar("loss", 1, 0)
        # As TensorFlow writes pictures: width, height and the PNG.
        writer.tensor("confusion/val", np.array([b"8", b"8", b"\x89PNG"]), 0)
    with pytest.raises(ImportSourceError, match="pictures of matrices can't"):
        import_it(tmp_path)


# The frame of a record is 16 bytes, its length stands at the start.
@pytest.mark.parametrize("at", [0, 9, 30, -1], ids=["length", "its sum", "record", "its sum's end"])
def test_a_file_that_is_damaged_amid_its_records_is_named(at: int, tmp_path: Path) -> None:
    with writing(tmp_path / "events") as writer:
        for step in range(3):
            writer.tensor("confusion/val", FIRST, step)
    (file,) = (tmp_path / "events").iterdir()
    content = bytearray(file.read_bytes())
    ends = [0]
    while ends[-1] < len(content):
        ends.append(ends[-1] + 16 + int.from_bytes(content[ends[-1] : ends[-1] + 8], "little"))
    content[ends[-3] + at if at >= 0 else ends[-2] + at] ^= 0xFF
    file.write_bytes(content)
    message = f"{file}: It is damaged from byte {ends[-3]:,} on."
    with pytest.raises(ImportSourceError, match=re.escape(message)):
        import_it(tmp_path)
    assert not (tmp_path / "logs").exists()


def test_what_torchs_writer_wrote_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path / "events" / "run")) as writer:
        for step, counts in enumerate((FIRST, SECOND)):
            writer.add_tensor("confusion/tensors", torch.from_numpy(counts), step)
            for actual, row in zip(NAMES, counts, strict=True):
                for predicted, count in zip(NAMES, row, strict=True):
                    writer.add_scalar(f"confusion/cells/{actual}/{predicted}", count, step)
    import_it(tmp_path, classes=NAMES)
    for series in cf.open_logs(tmp_path / "logs")["run"].values():
        assert series.classes == NAMES
        np.testing.assert_array_equal(series.confusion(), [FIRST, SECOND])
