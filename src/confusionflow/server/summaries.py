"""Describe runs and their splits for the table of series."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable

from confusionflow.server.models import FIRST_SPLITS, RunSummary
from confusionflow.store import Problem as StoredProblem
from confusionflow.store import StoredRun
from confusionflow.store.format.file_names import run_folder
from confusionflow.store.listing.overview import RunOverview, overview_of
from confusionflow.store.places.filesystem import FileSystem


def summarise(run: StoredRun) -> RunSummary:
    """Describe a run, reading only the newest epoch of each split."""
    return to_summary(overview_of(run), run.filesystem)


def to_summary(run: RunOverview, filesystem: FileSystem) -> RunSummary:
    """Describe a run of a log directory for the API."""
    directory = filesystem.directory_of(run_folder(run.id.partition("~")[0]))
    return RunSummary.model_validate({"directory": directory, **run.described()})


class RunListText:
    """The list of runs as JSON text; the text of unchanged runs is kept."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[RunOverview, bytes]] = {}
        self._lock = threading.Lock()

    def encode(
        self,
        files: FileSystem,
        runs: Iterable[RunOverview],
        strays: Iterable[StoredProblem],
        has_report: bool,
    ) -> bytes:
        """The text of a `RunList`."""
        with self._lock:
            texts = {run.id: self._text(run, files) for run in runs}
            self._kept = texts
        joined = b",".join(text for _, text in texts.values())
        directory = json.dumps(files.root).encode()
        problems = json.dumps([vars(problem) for problem in strays]).encode()
        return (
            b'{"log_directory":%s,"first_splits":%d,"has_report":%s,"problems":%s,"runs":[%s]}'
            % (
                directory,
                FIRST_SPLITS,
                json.dumps(has_report).encode(),
                problems,
                joined,
            )
        )

    def _text(self, run: RunOverview, files: FileSystem) -> tuple[RunOverview, bytes]:
        kept = self._kept.get(run.id)
        if kept and kept[0] is run:
            return kept
        return run, to_summary(run, files).model_dump_json().encode()
