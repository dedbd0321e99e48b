"""Write epochs to a disk that may be full, slow or gone, without harming the training.

A worker thread writes; `deliver` waits until it has written, so that what was logged is durable
when the call returns. If files make trouble, it waits no longer than its patience: epochs that
could not be written stay in a queue and are tried again, at most `MOST_QUEUED` of a split; older
ones are dropped. What was dropped is recorded once files can be written again.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from confusionflow.errors import ConfusionFlowWarning, LogWriteError

# Warn of trouble with files at most this often.
WARN_EVERY_S = 60.0

# Epochs of one split that wait to be written, the one that is being written included.
MOST_QUEUED = 2

# A file that is written within this time costs no patience.
PROMPT_S = 1.0

# How often what could not be written is tried again while nothing else is logged.
RETRY_EVERY_S = 5.0

Dropped = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Patience:
    """How long a disk that does not answer may hold the training up, in seconds.

    Attributes:
        logging_s: In all calls that log, together; in each of them if the run is strict.
        closing_s: In closing the run and at the end of the process, together.
    """

    logging_s: float = 20.0
    closing_s: float = 10.0


@dataclass(eq=False)
class _Job:
    """Something to write.

    Attributes:
        epoch: Split and epoch; None for what is about the run.
        beside: What it holds if not the predictions: "the features of layer …"; "" for these.
        write: Writes it, or raises.
        what: What it is, for messages.
        due_s: When to try it (again), by the monotonic clock.
        was_tried: Whether it was tried since `due_s` was set.
        error: What went wrong the last time.
    """

    epoch: tuple[str, int] | None
    write: Callable[[], object]
    what: str = "one of its own files"
    beside: str = ""
    due_s: float = 0.0
    was_tried: bool = False
    error: Exception | None = None


class Delivery:
    """Writes what one run logs, in order.

    Arguments:
        subject: What the messages are about: "Run 'resnet'".
        place: Where it is written to, for messages.
        begin: Writes what has to come first; called again until it succeeds once.
        record: Records which epochs were dropped, by split.
        strict: Raise LogWriteError for what could not be written, and do not try it again.
        patience: How long a disk may hold the training up.
    """

    def __init__(
        self,
        subject: str,
        place: str,
        *,
        begin: Callable[[], object],
        record: Callable[[Dropped], object],
        strict: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self._subject = subject
        self._place = place
        self._begin = begin
        self._record = record
        self._strict = strict
        patience = patience or Patience()
        self._logging_s = patience.logging_s
        self._closing_s = patience.closing_s
        self._has_begun = False
        self._warned_at_s = float("-inf")
        self._dropped: list[tuple[str, int]] = []
        self._unrecorded: list[tuple[str, int]] = []
        self._start_over()
        _alive.add(self)

    def _start_over(self) -> None:
        """Forget the queue and the worker of the process that this one was forked from."""
        self.lock = threading.RLock()
        self._changed = threading.Condition()
        self._jobs: list[_Job] = []
        self._current: _Job | None = None
        self._worker: threading.Thread | None = None
        self._is_prompt = True
        self._unrecorded = []

    @property
    def is_strict(self) -> bool:
        """Whether trouble with files raises."""
        return self._strict

    @property
    def queued(self) -> tuple[tuple[str, int], ...]:
        """Split and epoch of what is not on disk yet, and will be if the disk allows."""
        with self._changed:
            return tuple(job.epoch for job in self._jobs if job.epoch and not job.beside)

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Split and epoch of what will never be written."""
        with self._changed:
            return tuple(self._dropped)

    def deliver(
        self,
        write: Callable[[], object],
        epoch: tuple[str, int] | None = None,
        what: str = "one of its own files",
        beside: str = "",
    ) -> None:
        """Write something; it is durable when this returns, unless files make trouble.

        Arguments:
            write: Writes it, or raises.
            epoch: Split and epoch; None for what is about the run.
            what: What it is, for messages.
            beside: What it holds if not the predictions: "the features of layer …".

        Raises:
            LogWriteError: it is not durable, and the run is strict.
        """
        job = _Job(epoch, write, what, beside)
        with self._changed:
            for waiting in self._jobs:
                if waiting is not self._current:
                    waiting.due_s, waiting.was_tried = 0.0, False  # the disk may work again
            if epoch:
                self._make_room(epoch[0], beside)
            self._jobs.append(job)
            self._wake()
            self._hold_up(job)
        self._report(job)

    def close(
        self, finish: Callable[[float], object], tidy: Callable[[float], object] | None = None
    ) -> None:
        """Write what is queued, then do the rest; each is given the seconds that are left.

        What can't be written in time is left to the worker, for as long as the process lives.

        Arguments:
            finish: Records that the run has ended.
            tidy: Done last. The run is complete without it, so nobody is warned if it takes longer.

        Raises:
            LogWriteError: something could not be written, and the run is strict.
        """
        ends_s = time.monotonic() + self._closing_s
        self._flush(ends_s)

        def left_s() -> float:
            return max(0.0, ends_s - time.monotonic())

        def job_of(step: Callable[[float], object]) -> _Job:
            return _Job(None, lambda: step(left_s()))

        jobs = [job_of(step) for step in (finish, tidy) if step]
        with self._changed:
            for job in jobs:
                self._jobs.append(job)
                self._wake()
                self._wait(job, left_s())
                if job in self._jobs and job.error and job.was_tried:
                    job.due_s, job.was_tried = 0.0, False  # a second try may succeed
                    self._changed.notify_all()
                    self._wait(job, left_s())
                    if job in self._jobs and job is not self._current:
                        self._jobs.remove(job)
            self._closing_s = left_s()
        self._report(jobs[0])

    def flush(self) -> None:
        """Write what is queued, as far as that is possible in the time left for closing."""
        ends_s = time.monotonic() + self._closing_s
        self._flush(ends_s)
        self._closing_s = max(0.0, ends_s - time.monotonic())

    def _flush(self, ends_s: float) -> None:
        with self._changed:
            for _ in range(2):  # a second try may succeed
                waiting = list(self._jobs)
                for job in waiting:
                    if job is not self._current:
                        job.due_s, job.was_tried = 0.0, False
                self._wake()
                for job in waiting:
                    self._wait(job, max(0.0, ends_s - time.monotonic()))
            for job in [job for job in self._jobs if job.error and job is not self._current]:
                self._drop(job)
            if self._unrecorded:
                record = _Job(None, lambda: None)  # any success records what was dropped
                self._jobs.append(record)
                self._wake()
                self._wait(record, max(0.0, ends_s - time.monotonic()))
                if record in self._jobs and record is not self._current:
                    self._jobs.remove(record)

    # ---- under self._changed ---------------------------------------------------------------------

    def _make_room(self, split: str, beside: str) -> None:
        """Drop the oldest epoch of a split that is not being written; the newest matter most."""
        queued = [
            job for job in self._jobs if job.epoch and (job.epoch[0], job.beside) == (split, beside)
        ]
        if len(queued) >= MOST_QUEUED:
            oldest = next(job for job in queued if job is not self._current)
            self._wake()
            self._hold_up(oldest)
            if oldest in self._jobs:
                if oldest is self._current:
                    oldest = next(job for job in queued if job is not oldest and job in self._jobs)
                self._drop(oldest)

    def _hold_up(self, job: _Job) -> None:
        """Let the training wait for a job. A strict run has all its patience for each call."""
        waited_s = self._wait(job, self._limit_s())
        if not self._strict:
            self._logging_s -= waited_s

    def _limit_s(self) -> float:
        """How long the training may be held up now, seconds."""
        return max(self._logging_s, PROMPT_S if self._is_prompt else 0.0)

    def _drop(self, job: _Job) -> None:
        self._jobs.remove(job)
        if job.epoch and not job.beside:
            self._dropped.append(job.epoch)
            self._unrecorded.append(job.epoch)

    def _wait(self, job: _Job, limit_s: float) -> float:
        """Wait until a job was tried; return what that costs in patience, seconds."""
        began_s = time.monotonic()
        was_answered = self._changed.wait_for(lambda: job.was_tried, limit_s)
        waited_s = time.monotonic() - began_s
        if not was_answered:
            self._is_prompt = False
        return waited_s if waited_s > PROMPT_S or not was_answered else 0.0

    def _wake(self) -> None:
        """Make sure that a worker is running. It lives as long as there is something to do."""
        self._changed.notify_all()
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="confusionflow", daemon=True)
            try:
                self._worker.start()
            except RuntimeError:
                # No more threads, or the interpreter is ending: this thread does it.
                self._worker = None
                while job := self._next():
                    self._try(job)

    def _next(self) -> _Job | None:
        now_s = time.monotonic()
        return next((job for job in self._jobs if job.due_s <= now_s), None)

    def _try(self, job: _Job) -> None:
        """Write a job, without holding the lock meanwhile."""
        began_s = time.monotonic()
        self._current = job
        self._changed.release()
        error: Exception | None = None
        try:
            self._write(job)
        except Exception as caught:
            error = caught
        finally:
            self._changed.acquire()
            self._current = None
        job.error = error
        job.was_tried = True
        job.due_s = time.monotonic() + RETRY_EVERY_S
        self._is_prompt = time.monotonic() - began_s <= PROMPT_S
        if error is None:
            self._jobs.remove(job)
        elif not isinstance(error, OSError) or (self._strict and job.epoch):
            self._drop(job)
        self._changed.notify_all()

    # ---- the worker ------------------------------------------------------------------------------

    def _work(self) -> None:
        with self._changed:
            while self._jobs:
                if job := self._next():
                    self._try(job)
                else:
                    due_s = min(job.due_s for job in self._jobs)
                    self._changed.wait(max(0.0, due_s - time.monotonic()))
            self._worker = None

    def _write(self, job: _Job) -> None:
        if not self._has_begun:
            self._begin()
            self._has_begun = True
        job.write()
        if lost := list(self._unrecorded):
            splits = dict.fromkeys(split for split, _ in lost)
            with contextlib.suppress(Exception):  # the next success is another chance
                self._record({s: tuple(e for split, e in lost if split == s) for s in splits})
                del self._unrecorded[: len(lost)]

    # ---- the caller ------------------------------------------------------------------------------

    def _report(self, job: _Job) -> None:
        """Raise, or warn now and then, if something is not on disk."""
        with self._changed:
            if self._strict and job in self._jobs and job is not self._current:
                self._drop(job)
        if job.was_tried and job.error is None:
            return
        what = job.what
        if job.epoch:
            what = f"epoch {job.epoch[1]} of split {job.epoch[0]!r}"
            what = f"{job.beside} of {what}" if job.beside else what
        problem = str(job.error) if job.error else "The disk does not answer"
        text = f"{self._subject} could not write {what} to {self._place}: {problem}."
        if self._strict:
            raise LogWriteError(f"{text} Check the disk, and log it again.") from job.error
        self.warn(
            f"{text} The training goes on. "
            f"At most {MOST_QUEUED} epochs of a split wait to be written later; "
            f"{len(self._dropped)} are lost. Free or repair the disk to continue logging.",
            stacklevel=6,
        )

    def warn(self, text: str, stacklevel: int = 4) -> None:
        """Warn of trouble with files, unless a warning came a moment ago.

        Arguments:
            text: The warning.
            stacklevel: Where the user's call is, as `warnings.warn` counts in this function.
        """
        now_s = time.monotonic()
        if now_s - self._warned_at_s >= WARN_EVERY_S:
            self._warned_at_s = now_s
            warnings.warn(text, ConfusionFlowWarning, stacklevel=stacklevel)


_alive: weakref.WeakSet[Delivery] = weakref.WeakSet()


@atexit.register
def _flush_all() -> None:
    for delivery in list(_alive):
        if delivery.queued:
            delivery.flush()


def _start_over_in_child() -> None:
    for delivery in list(_alive):
        delivery._start_over()


os.register_at_fork(after_in_child=_start_over_in_child)
