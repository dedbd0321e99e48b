"""The tools of an assistant: few and read-only; each answer says what it is about."""

from __future__ import annotations

import shlex
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

import confusionflow as cf
from confusionflow.cli.assistant.answers import (
    MOST_ROWS,
    Answer,
    finding_of,
    instance_of,
    lines_of,
    matches,
    page_of,
    place_of,
    run_of,
    sample_of,
)
from confusionflow.errors import DamagedFileError, MissingPackageError, NoSamplesError
from confusionflow.hosts import link
from confusionflow.reading.samples import Samples, samples_of
from confusionflow.server.pictures import thumbnail_type
from confusionflow.store import Store

try:
    from mcp.server.mcpserver import Image
except ImportError:
    raise MissingPackageError("mcp", "mcp", "An assistant's access") from None

# About 1,500 pixels, in which an assistant reads the smallest text.
FIGURE_MM = 130
# Pictures that an answer has, at most.
MOST_IMAGES = 20

Run = Annotated[str, Field(description="Name or id of the run; a name gives the newest of it")]
Split = Annotated[str, Field(description="Name of the split")]
First = Annotated[int | None, Field(ge=0, description="First epoch; all from the start")]
Last = Annotated[int | None, Field(ge=0, description="Last epoch, included; all to the end")]
Start = Annotated[int, Field(ge=0, description="Row to start with: next_start of the last answer")]
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS, description="The most rows to answer")]
ClassName = Annotated[str | None, Field(description="Name of a class")]


class Tools:
    """The tools of one log directory.

    Arguments:
        log_dir: The log directory.
        address: Where `confusionflow serve` shows it, or would.
    """

    def __init__(self, log_dir: str, address: str) -> None:
        self._log_dir = log_dir
        self._address = address
        self._store = Store(log_dir)
        self._store.check_exists()

    def list_runs(
        self,
        filter: Annotated[  # noqa: A002
            str, Field(description="Words in the name or configuration, or key=value; all must fit")
        ] = "",
        start: Start = 0,
        limit: Limit = 50,
    ) -> Answer:
        """List runs, newest first: name, state, configuration, splits with their last accuracy."""
        runs = sorted(self._store.overviews(), key=lambda run: (run.created_at, run.id))
        found = [
            run
            for run in reversed(runs)
            if matches(filter, {"name": run.name, "id": run.id, "state": run.state, **run.config})
        ]
        return {"log_directory": self._log_dir, **page_of(found, start, limit, run_of)}

    def read_series(
        self,
        run: Run,
        split: Split,
        measures: Annotated[
            list[Literal["accuracy", "precision", "recall", "f1", "support"]],
            Field(description="Lines to read; all but accuracy are of each class"),
        ] = ["accuracy"],  # noqa: B006
        classes: Annotated[list[str], Field(description="Classes to read; all by default")] = [],  # noqa: B006
        cells: Annotated[
            list[tuple[str, str]],
            Field(description="Pairs (actual, predicted) whose rates are read as well"),
        ] = [],  # noqa: B006
        first: First = None,
        last: Last = None,
    ) -> Answer:
        """Read lines over the epochs of one split. Long lines are thinned; no extreme is lost."""
        series = self._series(run, split)
        lines = lines_of(series, measures, classes, cells, _epochs(first, last))
        return {
            **place_of(self._log_dir, series.run, split),
            "time_unit": series.run.time_unit,
            "lines": lines,
        }

    def list_findings(
        self,
        run: Run,
        split: Annotated[
            str | None, Field(description="One split; by default all splits of the run, compared")
        ] = None,
        other_run: Annotated[
            str | None, Field(description="Run of the other split; the same by default")
        ] = None,
        other_split: Annotated[
            str | None, Field(description="Split to compare with: effects are other minus split")
        ] = None,
        first: First = None,
        last: Last = None,
        start: Start = 0,
        limit: Limit = 20,
    ) -> Answer:
        """List what is different, since when, and how sure that is, in the order of evidence.

        certain: at most 1 of 20 such findings is expected to be wrong; likely: the same under
        milder assumptions; corroborated: other splits show it; noticed: it may be noise. under is
        the index of the finding that a finding belongs to.
        """
        logged = self._run(run)
        epochs = None if first is None and last is None else _epochs(first, last)
        if split is None:
            other = self._run(other_run) if other_run else None
            found = logged.findings(baseline=other, epochs=epochs)
        elif other_run is None and other_split is None:
            found = logged[split].findings(epochs=epochs)
        else:
            other = self._run(other_run) if other_run else logged
            found = logged[split].findings(other[other_split or split], epochs=epochs)
        placed: list[tuple[Any, int | None]] = []

        def add(findings: Any, under: int | None) -> None:
            for finding in findings:
                placed.append((finding, under))
                add(finding.under, len(placed) - 1)

        def row_of(item: tuple[Any, int | None]) -> Answer:
            finding, under = item
            return finding_of(finding, f"{self._address}#{finding.link}", under)

        add(found, None)
        return {
            **place_of(self._log_dir, logged),
            "is_live": logged.state == "running",
            **page_of(placed, start, limit, row_of),
        }

    def list_instances(
        self,
        run: Run,
        split: Split,
        actual: ClassName = None,
        predicted: ClassName = None,
        only: Annotated[
            Literal["all", "wrong", "right"],
            Field(description="wrong leaves correct predictions out, right takes nothing else"),
        ] = "wrong",
        first: First = None,
        last: Last = None,
        passing: Annotated[
            Literal["ever", "half", "came", "stayed", "left"],
            Field(description="In the cells ever, in half of the epochs, or how they passed"),
        ] = "ever",
        sort: Annotated[
            Literal["share", "suspicious_label", "forgotten", "hard", "unsteady", "outlier"],
            Field(description="The highest first; suspicious_label finds possible label errors"),
        ] = "share",
        start: Start = 0,
        limit: Limit = 20,
    ) -> Answer:
        """List the instances behind a cell, a class or all errors of a split.

        Each has its id, its scores and, if samples were logged, text, group and further columns.
        has_image says for which ones get_thumbnails has a picture.
        """
        series = self._series(run, split)
        epochs = None if first is None and last is None else _epochs(first, last)
        table = series.instances(
            actual, predicted, epochs, only=only, passing=passing, backend="pyarrow"
        )
        ordered = table.sort_by([(sort, "descending"), ("instance", "ascending")])
        samples = _samples_of(series)

        def row_of(at: int) -> Answer:
            row = ordered.slice(at, 1).to_pylist()[0]
            return instance_of(row) | sample_of(row["instance"], samples)

        return {
            **place_of(self._log_dir, series.run, split),
            # Only the rows of the page are made: a split may have millions of instances.
            **page_of(
                range(ordered.num_rows),
                start,
                limit,
                row_of,
            ),
        }

    def get_thumbnails(
        self,
        run: Run,
        split: Split,
        instances: Annotated[
            list[str],
            Field(min_length=1, max_length=MOST_IMAGES, description="Ids, as list_instances says"),
        ],
    ) -> list[Answer | Image]:
        """Show what some instances look like: the id of each, then its small picture if any."""
        series = self._series(run, split)
        samples = samples_of(series.stored)
        shown: list[Answer | Image] = [place_of(self._log_dir, series.run, split)]
        for instance in instances:
            row = int(samples.find(np.array([instance], object))[0])
            data = samples.image(row) if row >= 0 else None
            media_type = thumbnail_type(data) if data else None
            shown.append({"instance": instance, "has_image": media_type is not None})
            if data and media_type:
                shown.append(Image(data=data, format=media_type.removeprefix("image/")))
        return shown

    def get_figure(
        self,
        run: Run,
        splits: Annotated[list[str], Field(description="Splits to show; all by default")] = [],  # noqa: B006
        of: Annotated[
            Literal["matrix", "performance", "detail"],
            Field(description="The matrix, the class performance, or one cell or the accuracy"),
        ] = "matrix",
        actual: ClassName = None,
        predicted: ClassName = None,
        first: First = None,
        last: Last = None,
    ) -> list[Answer | Image]:
        """Draw a figure as the page does, as PNG; detail is of the cell (actual, predicted)."""
        logged = self._run(run)
        series = [logged[split] for split in splits] if splits else list(logged.values())
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "figure.png"
            view = self._view(logged, splits, actual, predicted, first, last)
            cf.export(series, path, of=of, view=view, width=FIGURE_MM)
            image = Image(data=path.read_bytes(), format="png")
        return [place_of(self._log_dir, logged, *(splits or logged)), image]

    def get_link(
        self,
        run: Run,
        splits: Annotated[list[str], Field(description="Splits to show; all by default")] = [],  # noqa: B006
        actual: ClassName = None,
        predicted: ClassName = None,
        first: First = None,
        last: Last = None,
        epoch: Annotated[int | None, Field(ge=0, description="Epoch to mark")] = None,
    ) -> Answer:
        """Give the page's address of a view, and the command that shows it if no server runs."""
        logged = self._run(run)
        view = link.with_epoch(self._view(logged, splits, actual, predicted, first, last), epoch)
        command = shlex.join(["confusionflow", "serve", self._log_dir])
        return {
            **place_of(self._log_dir, logged, *(splits or logged)),
            "address": f"{self._address}#{view}",
            "shown_by": command,
        }

    def _run(self, name: str) -> cf.LoggedRun:
        return cf.open_logs(self._log_dir)[name]

    def _series(self, run: str, split: str) -> cf.Series:
        return self._run(run)[split]

    def _view(
        self,
        run: cf.LoggedRun,
        splits: list[str],
        actual: str | None,
        predicted: str | None,
        first: int | None,
        last: int | None,
    ) -> str:
        refs = [(run.stored.api_id, run[split].id) for split in splits or run]
        view = link.with_series("", refs)
        if actual is not None and predicted is not None:
            view = link.with_cell(view, (actual, predicted))
        if first is not None or last is not None:
            ends = [int(end) for one in run.values() for end in one.epochs[[0, -1]]]
            low = min(ends) if first is None else first
            view = link.with_range(view, (low, max(ends) if last is None else last))
        return view


def _samples_of(series: cf.Series) -> Samples | None:
    """What the instances look like; None if that was not logged or can't be read."""
    try:
        return samples_of(series.stored)
    except (NoSamplesError, DamagedFileError):
        return None


def _epochs(first: int | None, last: int | None) -> tuple[int, int]:
    return first or 0, sys.maxsize if last is None else last
