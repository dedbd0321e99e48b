"""Trouble with files never reaches the training, and costs no more than it must."""

from __future__ import annotations

import errno
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from tests.store.operations import Operation, intercepted
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.errors import ConfusionFlowWarning, LogWriteError
from confusionflow.log import delivery as delivering
from confusionflow.log.delivery import MOST_QUEUED, Delivery, Patience
from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.format.cells import Cells
from confusionflow.store.write import RunWriter

EPOCHS = 4
SPLITS = ("train", "test")
CODES = {
    name: getattr(errno, name)
    for name in ("ENOSPC", "EIO", "EROFS", "EACCES", "EDQUOT", "ESTALE", "EMFILE", "EINTR")
}


def matrix(epoch: int) -> list[list[int]]:
    return [[40 + epoch, 2], [1, 57]]


def train(log_dir: Path, epochs: int = EPOCHS) -> cf.Run:
    with cf.Run(log_dir, name="run", classes=["a", "b"]) as run:
        for epoch in range(epochs):
            for split in SPLITS:
                labels = np.repeat([0, 0, 1, 1], np.ravel(matrix(epoch)))
                predicted = np.repeat([0, 1, 0, 1], np.ravel(matrix(epoch)))
                run.log(epoch, split, y_true=labels, y_pred=predicted)
    return run


def check_whole(log_dir: Path) -> dict[str, list[int]]:
    """Every visible epoch is as it was logged; returns which there are."""
    found: dict[str, list[int]] = {}
    logs = cf.open_logs(log_dir)
    assert logs.problems == []
    for run in logs.runs:
        for split in run.values():
            for epoch, counts in zip(split.epochs.tolist(), split.confusion(), strict=True):
                assert counts.tolist() == matrix(epoch)
                table = run.stored.splits[split.name].predictions(epoch)
                assert table.num_rows == np.sum(matrix(epoch))
            found[split.name] = split.epochs.tolist()
    return found


class Fault:
    """From the n-th operation on, some of them fail."""

    def __init__(self, code: int | None, first: int, count: float = float("inf")) -> None:
        self.code = code
        self.first = first
        self.last = first + count
        self.done = 0
        self.lock = threading.Lock()

    def __call__(self, operation: Operation) -> int | None:
        with self.lock:
            self.done += 1
            is_failing = self.first < self.done <= self.last
        if not is_failing:
            return None
        if self.code is None:
            return 3  # a short write
        raise OSError(self.code, "injected", operation.path)


def train_with(log_dir: Path, fault: Fault) -> tuple[cf.Run, list[warnings.WarningMessage]]:
    # A disk that others keep busy is slow besides, and would use up the patience of a training.
    patient = mock.patch.object(delivering, "Patience", return_value=Patience(3600.0, 3600.0))
    with warnings.catch_warnings(record=True) as told, intercepted(log_dir, fault), patient:
        warnings.simplefilter("always")
        run = train(log_dir)
    return run, told


def count_operations(tmp_path: Path) -> int:
    fault = Fault(errno.EIO, 10**9)
    train_with(tmp_path / "counted", fault)
    return fault.done


def check_fault(log_dir: Path, code: int | None, first: int, count: float) -> None:
    fault = Fault(code, first, count)
    run, told = train_with(log_dir, fault)
    assert len(told) <= 1, [str(warning.message) for warning in told]
    assert all(warning.category is ConfusionFlowWarning for warning in told)
    found = check_whole(log_dir) if log_dir.exists() else {}
    missing = {(s, e) for s in SPLITS for e in range(EPOCHS) if e not in found.get(s, [])}
    if code is None or count == 1:
        assert not missing  # what fails once is written when it is tried again
        assert run.dropped == run.queued == ()
        assert cf.open_logs(log_dir)["run"].dropped == {}
    else:
        assert missing <= set(run.dropped) | set(run.queued)


ONCE, FOR_EVER = 1, float("inf")


@pytest.mark.parametrize("count", [ONCE, FOR_EVER], ids=["once", "for_ever"])
@pytest.mark.slow
def test_a_training_survives_a_fault_of_any_of_its_file_operations(
    tmp_path: Path, count: float
) -> None:
    codes = [*CODES.values(), None]
    total = count_operations(tmp_path)
    for n in range(0, total, 11):
        check_fault(tmp_path / f"{n}", codes[n // 11 % len(codes)], n, count)


@pytest.mark.torture
@pytest.mark.parametrize("code", [*CODES, "short writes"])
@pytest.mark.parametrize("count", [ONCE, FOR_EVER], ids=["once", "for_ever"])
def test_a_training_survives_each_fault_of_each_of_its_file_operations(
    tmp_path: Path, code: str, count: float
) -> None:
    for n in range(count_operations(tmp_path)):
        check_fault(tmp_path / f"{n}", CODES.get(code), n, count)


@pytest.mark.parametrize("code", ["ENOSPC", "ESTALE"])
def test_logging_goes_on_when_a_fault_ends_and_what_was_dropped_is_said(
    tmp_path: Path, code: str
) -> None:
    fault = Fault(CODES[code], 10**9)
    with warnings.catch_warnings(record=True) as told, intercepted(tmp_path, fault):
        warnings.simplefilter("always")
        with cf.Run(tmp_path, name="run", classes=["a", "b"]) as run:
            for epoch in range(20):
                fault.first = 0 if 5 <= epoch < 15 else 10**9
                run.log_matrix(epoch, "test", matrix(epoch))
                assert len(run.queued) <= MOST_QUEUED
    assert len(told) == 1
    assert "The training goes on" in str(told[0].message)
    assert told[0].filename == __file__
    assert run.queued == ()
    kept = [*range(5), *range(13, 20)]
    logged = cf.open_logs(tmp_path)["run"]
    assert logged["test"].epochs.tolist() == kept
    assert logged.dropped == {"test": tuple(range(5, 13))}
    assert run.dropped == tuple(("test", epoch) for epoch in range(5, 13))
    assert logged.state == "finished"


def test_an_epoch_logged_again_holds_what_was_logged_last_though_it_was_written_first(
    tmp_path: Path,
) -> None:
    fault = Fault(errno.ENOSPC, 10**9)
    with intercepted(tmp_path, fault), cf.Run(tmp_path, name="run", classes=["a", "b"]) as run:
        fault.first = fault.done
        with pytest.warns(ConfusionFlowWarning, match="injected"):
            run.log_matrix(0, "test", matrix(1))
        fault.last = fault.done + 1  # the first that was logged fails once more
        with pytest.warns(ConfusionFlowWarning, match="logged again"):
            run.log_matrix(0, "test", matrix(2))
    assert cf.open_logs(tmp_path)["run"]["test"].confusion().tolist() == [matrix(2)]


def test_a_file_whose_fsync_failed_is_given_up_and_another_written(tmp_path: Path) -> None:
    failed: list[str] = []
    synced: list[str] = []

    def fail_once(operation: Operation) -> None:
        if operation.name == "fsync" and "counts-" in operation.path:
            assert operation.path not in failed
            if not failed:
                failed.append(operation.path)
                raise OSError(errno.EIO, "injected", operation.path)
            synced.append(operation.path)

    with (
        intercepted(tmp_path, fail_once),
        pytest.warns(ConfusionFlowWarning, match="injected"),
        cf.Run(tmp_path, name="run", classes=["a", "b"]) as run,
    ):
        run.log_matrix(0, "test", matrix(0))
    assert synced
    assert not list(tmp_path.rglob(".tmp-*"))
    assert cf.open_logs(tmp_path)["run"]["test"].epochs.tolist() == [0]


def test_a_strict_run_raises_where_an_epoch_is_not_written(tmp_path: Path) -> None:
    fault = Fault(errno.ENOSPC, 10**9)
    with (
        intercepted(tmp_path, fault),
        cf.Run(tmp_path, name="run", classes=["a", "b"], strict=True) as run,
    ):
        run.log_matrix(0, "test", matrix(0))
        fault.first = 0
        with pytest.raises(LogWriteError, match=r"epoch 1 of split 'test'.*injected"):
            run.log_matrix(1, "test", matrix(1))
        fault.first = 10**9
        run.log_matrix(2, "test", matrix(2))
    logged = cf.open_logs(tmp_path)["run"]
    assert logged["test"].epochs.tolist() == [0, 2]
    assert logged.dropped == {"test": (1,)}


def test_a_strict_run_that_can_not_begin_raises_at_once(tmp_path: Path) -> None:
    with (
        intercepted(tmp_path, Fault(errno.EROFS, 0)),
        pytest.raises(LogWriteError, match="Run 'run'"),
    ):
        cf.Run(tmp_path, name="run", classes=["a", "b"], strict=True)


class SleepingDisk:
    """Every operation takes a while, or waits until the disk is woken."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self.awake = threading.Event()
        self.asleep = threading.Event()

    def __call__(self, operation: Operation) -> None:
        self.asleep.set()
        if not self.awake.is_set():
            self.awake.wait(self.seconds)


def writes(writer: RunWriter, epoch: int) -> Callable[[], None]:
    rows = EpochRows(Cells(np.array([0]), np.array([0]), np.array([epoch + 1])))
    sequence = writer.next_sequence()
    return lambda: writer.write_epoch("test", epoch, ("a", "b"), rows, sequence)


def test_a_disk_that_sleeps_costs_the_training_its_patience_once(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, "one")
    disk = SleepingDisk()
    patience = Patience(logging_s=0.3, closing_s=0.2)
    with warnings.catch_warnings(record=True) as told, intercepted(tmp_path, disk):
        warnings.simplefilter("always")
        delivery = Delivery(
            "Run 'one'",
            str(tmp_path),
            begin=lambda: writer.filesystem.make_folder(writer.folder),
            record=writer.write_dropped,
            patience=patience,
        )
        for epoch in range(100):
            delivery.deliver(writes(writer, epoch), ("test", epoch))
            assert len(delivery.queued) <= MOST_QUEUED
        delivery.close(lambda left_s: writer.finish())
        assert disk.asleep.is_set()
        assert delivery.queued == (("test", 0), ("test", 99))
        assert delivery.dropped == tuple(("test", epoch) for epoch in range(1, 99))
        assert len(told) == 1
        disk.awake.set()
        worker = delivery._worker
        assert worker
        worker.join(90)
        assert not delivery.queued
    files = [path.name for path in tmp_path.rglob("*.*") if path.is_file()]
    assert sum(name.startswith("counts-") for name in files) == 2
    assert sum(name.startswith("dropped-") for name in files) == 1
    assert sum(name.startswith("finished-") for name in files) == 1


@pytest.mark.parametrize("strict", [True, False])
def test_slow_writes_use_up_the_patience_unless_the_run_is_strict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strict: bool
) -> None:
    monkeypatch.setattr(delivering, "PROMPT_S", 0.0)  # all writes are slow
    run = cf.Run(tmp_path, name="run", classes=["a", "b"], strict=strict)
    for epoch in range(3):
        run.log_matrix(epoch, "test", matrix(epoch))
    assert (run._files._delivery._limit_s() == Patience.logging_s) is strict
    run.close()
    assert cf.open_logs(tmp_path)["run"]["test"].epochs.tolist() == [0, 1, 2]


def test_merging_that_takes_long_is_no_trouble_at_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SleepingDisk()
    disk.awake.set()
    with intercepted(tmp_path, disk), without_syncs():
        run = cf.Run(tmp_path, name="run", classes=["a", "b"], strict=True)
        for epoch in range(3):
            run.log_matrix(epoch, "test", matrix(epoch))
        finish = run._files._writer.finish

        def finish_and_fall_asleep() -> None:
            finish()
            disk.awake.clear()

        monkeypatch.setattr(run._files._writer, "finish", finish_and_fall_asleep)
        # Long enough for what must be done, and waited for to its end.
        monkeypatch.setattr(run._files._delivery, "_closing_s", 3.0)
        run.close()
        disk.awake.set()
        worker = run._files._delivery._worker
        assert worker
        worker.join(90)
    logged = cf.open_logs(tmp_path)["run"]
    assert logged.state == "finished"
    assert logged["test"].epochs.tolist() == [0, 1, 2]


@pytest.mark.torture
def test_a_disk_that_sleeps_a_minute_blocks_a_training_for_at_most_half_a_minute(
    tmp_path: Path,
) -> None:
    disk = SleepingDisk(60.0)
    disk.awake.set()
    blocked_s = 0.0
    with warnings.catch_warnings(record=True) as told, intercepted(tmp_path, disk):
        warnings.simplefilter("always")
        run = cf.Run(tmp_path, name="run", classes=["a", "b"])
        run.log_matrix(0, "test", matrix(0))
        disk.awake.clear()
        for epoch in range(1, 60):
            began_s = time.monotonic()
            run.log_matrix(epoch, "test", matrix(epoch))
            blocked_s += time.monotonic() - began_s
            time.sleep(1.0)
        began_s = time.monotonic()
        run.close()
        blocked_s += time.monotonic() - began_s
        disk.awake.set()
        worker = run._files._delivery._worker
        if worker:
            worker.join(120)
    assert blocked_s < 31.0
    assert len(told) <= 3
    logged = cf.open_logs(tmp_path)["run"]
    assert {*logged["test"].epochs.tolist(), *logged.dropped["test"]} == set(range(60))


@pytest.fixture
def ctrl_c_interrupts() -> Iterator[None]:
    """Where tests run in several processes, those ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_an_interrupt_in_the_middle_of_log_leaves_the_run_as_it_should_be(tmp_path: Path) -> None:
    import _thread

    disk = SleepingDisk()
    disk.awake.set()
    with intercepted(tmp_path, disk):
        run = cf.Run(tmp_path, name="run", classes=["a", "b"])
        disk.awake.clear()
        disk.asleep.clear()

        def interrupt() -> None:
            disk.asleep.wait()
            _thread.interrupt_main()
            disk.awake.set()

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            run.log_matrix(0, "test", matrix(0))
        thread.join()
        run.log_matrix(1, "test", matrix(1))
        run.close()
    logged = cf.open_logs(tmp_path)["run"]
    assert logged["test"].epochs.tolist() == [0, 1]
    assert logged.state == "finished"
