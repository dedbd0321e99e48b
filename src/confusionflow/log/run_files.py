"""What a run writes, in the order of the calls that logged it."""

from __future__ import annotations

import os
import threading
import warnings

from confusionflow.errors import ConfusionFlowWarning, LogDirectoryError, LogWriteError
from confusionflow.log.classes import ClassList
from confusionflow.log.delivery import Delivery
from confusionflow.log.feature_tables import Tables
from confusionflow.log.history import Hiding
from confusionflow.log.run_facts import RunFacts
from confusionflow.log.samples import Samples, write_samples
from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.scalars import ScalarRow
from confusionflow.store.write import RunWriter

# Files that are not packed within this time as a run is closed are left to `confusionflow compact`.
COMPACT_TIMEOUT_S = 8.0


class RunFiles:
    """Writes the files of a run. Trouble with them warns, or raises if the run is strict.

    Arguments:
        log_dir: The log directory.
        facts: What the run is.
        rank: This process among those that evaluate together.
        world_size: How many these are.
        strict: Raise LogWriteError if an epoch can't be written.

    Attributes:
        predicted: Names of the splits of which an epoch was logged here.
        with_samples: Names of the splits of which samples were logged here.

    Raises:
        LogDirectoryError: the log directory is a file.
        LogWriteError: it can't be written to, and the run is strict.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        facts: RunFacts,
        *,
        rank: int,
        world_size: int,
        strict: bool,
    ) -> None:
        self._facts = facts
        self._subject = f"Run {facts.name!r}"
        self._writer = RunWriter(log_dir, facts.id, rank, world_size)
        self._rank = rank
        if os.path.isfile(self._writer.filesystem.root):  # noqa: PTH113 - never raises
            raise LogDirectoryError(self._writer.filesystem.root, "This is not a folder:")
        self._hiding = Hiding(facts.history.epochs)
        self._last_epoch = -1
        self.predicted: set[str] = set()
        self.with_samples: set[str] = set()
        self._scalars: list[ScalarRow] = []
        self._not_compacted: str | None = None
        self._delivery = Delivery(
            self._subject,
            self._writer.filesystem.root,
            begin=self._begin,
            record=self._writer.write_dropped,
            strict=strict,
        )
        self._delivery.deliver(lambda: None)

    @property
    def filesystem(self) -> FileSystem:
        """The log directory."""
        return self._writer.filesystem

    @property
    def lock(self) -> threading.RLock:
        """Held by a call that logs, so that others wait."""
        return self._delivery.lock

    @property
    def next_epoch(self) -> int:
        """The epoch after the last one that is logged and not hidden, 0 for a new run."""
        return max(self._last_epoch, self._hiding.last_epoch) + 1

    @property
    def logged_before(self) -> frozenset[str]:
        """Names of the splits that the run had before."""
        return frozenset(self._facts.history.epochs)

    @property
    def queued(self) -> tuple[tuple[str, int], ...]:
        """Split and epoch of what is not on disk yet."""
        return self._delivery.queued

    @property
    def dropped(self) -> tuple[tuple[str, int], ...]:
        """Split and epoch of what will never be written."""
        return self._delivery.dropped

    def write_epoch(self, split: str, epoch: int, known: ClassList, rows: EpochRows) -> None:
        """Write an epoch, now or later; the order of calls decides which one of two counts."""
        # If another rank began this attempt, its epochs are among those that were read.
        before = self._facts.history.attempt
        is_later = before is not None and before < self._writer.attempt
        if is_later and (hidden := self._hiding.note(split, epoch)):
            warnings.warn(
                f"{self._subject}: {hidden}. They stay in the log; an earlier attempt shows them.",
                ConfusionFlowWarning,
                stacklevel=3,
            )
        self._last_epoch = max(epoch, self._last_epoch)
        self.predicted.add(split)
        sequence = self._writer.next_sequence()

        def write() -> None:
            self._write_scalars()
            self._writer.write_epoch(split, epoch, known.names, rows, sequence)

        self._delivery.deliver(write, (split, epoch))

    def write_features(
        self,
        split: str,
        epoch: int,
        classes: tuple[str, ...],
        layer: str,
        tables: Tables,
        instances: str,
    ) -> None:
        """Write what a layer says about an epoch; the arguments are those of `RunWriter`."""
        sequence = self._writer.next_sequence()

        def write() -> None:
            self._writer.write_features(
                split, epoch, classes, layer, tables, sequence, instances=instances
            )

        kinds = "images" if "images" in tables else "features"
        self._delivery.deliver(write, (split, epoch), beside=f"the {kinds} of layer {layer!r}")

    def keep_scalar(self, epoch: int, name: str, value: float) -> None:
        """Keep a number until the next epoch is written, or the run is closed."""
        self._scalars.append(ScalarRow(self._writer.next_sequence(), epoch, name, value))

    def write_samples(self, split: str, samples: Samples) -> bool:
        """Write samples, and note whose split they are. Returns False if it was not possible.

        Raises:
            LogWriteError: it was not possible, and the run is strict.
        """
        try:
            named = write_samples(
                self.filesystem, samples, f"samples of {split}", shown=self._rank == 0
            )
        except OSError as error:
            text = f"{self._subject} could not write samples to {self.filesystem.root}: {error}."
            if self._delivery.is_strict:
                raise LogWriteError(f"{text} Check the disk, and log them again.") from error
            self._delivery.warn(f"{text} The training goes on without them; log them again later.")
            return False
        with self.lock:
            self.with_samples.add(split)
            sequence = self._writer.next_sequence()
            self._delivery.deliver(
                lambda: self._writer.write_samples(split, named, sequence),
                what=f"which samples split {split!r} has",
            )
        return True

    def flush(self) -> None:
        """Write what was logged and leave the run as it is: it shows as stopped."""
        if self._scalars:
            self._delivery.deliver(self._write_scalars)
        self._delivery.flush()

    def close(self) -> None:
        """Write what was logged, mark the run as finished and pack its files."""
        self._delivery.close(self._finish, self._compact)
        if self._not_compacted:
            self._delivery.warn(
                f"{self._subject} is closed, but its many small files could not be packed: "
                f"{self._not_compacted}. Nothing is lost; run `confusionflow compact` later."
            )

    def _begin(self) -> None:
        facts = self._facts
        self._writer.begin(
            name=facts.name,
            config=facts.config,
            time_unit=facts.time_unit,
            background=facts.background,
            created_at=facts.created_at,
            classes=facts.declared.values if facts.declared else None,
            groups=facts.tree.groups if facts.tree else (),
            parents=facts.tree.parents if facts.tree else (),
            given_id=facts.given_id,
        )

    def _write_scalars(self) -> None:
        """Write the numbers that are kept. Another thread may log more meanwhile."""
        if rows := list(self._scalars):
            self._writer.write_scalars(rows)
            del self._scalars[: len(rows)]

    def _finish(self, timeout_s: float) -> None:
        self._write_scalars()
        self._writer.finish()

    def _compact(self, timeout_s: float) -> None:
        """Make few files of many; the run is complete without it, so that no trouble matters."""
        try:
            self._writer.compact(min(timeout_s, COMPACT_TIMEOUT_S))
        except Exception as error:
            self._not_compacted = str(error)
