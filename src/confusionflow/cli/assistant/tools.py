"""The tools of an assistant: few and read-only; each answer says what it is about."""

from __future__ import annotations

import shlex
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

import confusionflow as cf
from confusionflow.cli.assistant.answers import (
    Answer,
    finding_of,
    instance_of,
    lines_of,
    matches,
    page_of,
    run_of,
    sample_of,
)
from confusionflow.cli.assistant.arguments import (
    ALL_EPOCHS,
    ClassName,
    First,
    Last,
    Limit,
    Run,
    Split,
    Start,
    epochs_of,
)
from confusionflow.cli.assistant.views import view_of
from confusionflow.errors import (
    ArgumentError,
    ConfusionFlowError,
    DamagedFileError,
    MissingPackageError,
    NoSamplesError,
)
from confusionflow.reading.instance_query import column_of, ordered
from confusionflow.reading.instances import Instances, Only, Passing, cells_of
from confusionflow.reading.logs import Logs
from confusionflow.reading.samples import Samples, samples_of
from confusionflow.server.pictures import thumbnail_type
from confusionflow.store import Store

try:
    from mcp.server.mcpserver import Image
except ImportError:
    raise MissingPackageError("mcp", "mcp", "An assistant's access") from None

# About 1,500 pixels, in which an assistant reads the smallest text.
FIGURE_MM = 130
# An answer has at most this many pictures.
MOST_IMAGES = 20


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
        self._logs = Logs(self._store)

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
        start: Start = 0,
    ) -> Answer:
        """Read lines over the epochs of one split, each line a row.

        An answer has at most 200 points, so long lines are thinned, without losing their
        ends and extremes. Ask for fewer lines or epochs to see more points of each.
        """
        series = self._run(run)[split]
        epochs = epochs_of([series], first, last) or ALL_EPOCHS
        return {
            **self._place(series.run, split),
            "time_unit": series.run.time_unit,
            **lines_of(series, measures, classes, cells, epochs, start),
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
        first: Annotated[
            int | None,
            Field(
                ge=0,
                description="First epoch of comparisons; by default the comparisons cover the "
                "last quarter of the epochs",
            ),
        ] = None,
        last: Annotated[int | None, Field(ge=0, description="Last epoch of comparisons")] = None,
        start: Start = 0,
        limit: Limit = 20,
    ) -> Answer:
        """List what is different, since when, and how sure that is, in the order of evidence.

        certain: at most 1 of 20 such findings is expected to be wrong; likely: the same under
        milder assumptions; corroborated: other splits show it; noticed: it may be noise. under is
        the index of the finding that a finding belongs to. exploratory says that the epochs of the
        comparison were chosen by hand.
        """
        logged = self._run(run)
        other = self._run(other_run) if other_run else None
        epochs = epochs_of([logged[split]] if split else list(logged.values()), first, last)
        chosen = epochs is not None
        if split is None:
            if other_split is not None:
                raise ArgumentError("other_split is given without split. Pass both.")
            found = logged.findings(baseline=other, epochs=epochs, exploratory=chosen)
        else:
            compared = (
                (other or logged)[other_split or split]
                if other is not None or other_split is not None
                else None
            )
            found = logged[split].findings(compared, epochs=epochs, exploratory=chosen)
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
            **self._place(logged),
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
            Only | None,
            Field(
                description="wrong leaves out right predictions, right keeps only them; by "
                "default wrong, or all if both classes are given"
            ),
        ] = None,
        first: First = None,
        last: Last = None,
        passing: Annotated[
            Passing,
            Field(description="Whether they were ever in the cells, or how they passed through"),
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
        series = self._run(run)[split]
        epochs = epochs_of([series], first, last)
        kept = only or ("wrong" if actual is None or predicted is None else "all")
        cells = cells_of(series.classes, actual, predicted, epochs, kept, passing)
        found = Instances(series.predictions(), cells, passing)
        order = ordered([column_of(found, sort)], descending=True)  # as the page lists them
        table = found.table()
        samples = _samples_of(series)

        def row_of(at: int) -> Answer:
            row = table.slice(at, 1).to_pylist()[0]
            return instance_of(row) | sample_of(row["instance"], samples)

        return {
            **self._place(series.run, split),
            # Only the rows of the page are made: a split may have millions of instances.
            **page_of(order.tolist(), start, limit, row_of),
        }

    def get_thumbnails(
        self,
        run: Run,
        split: Split,
        instances: Annotated[
            list[int | str],
            Field(min_length=1, max_length=MOST_IMAGES, description="Ids, as list_instances says"),
        ],
    ) -> list[Answer | Image]:
        """Show what some instances look like: the id of each, then its small picture if any."""
        series = self._run(run)[split]
        samples = samples_of(series.stored)
        shown: list[Answer | Image] = [self._place(series.run, split)]
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
        series = self._shown(run, splits)
        view = view_of(series, actual, predicted, epochs_of(series, first, last))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "figure.png"
            cf.export(series, path, of=of, view=view, width=FIGURE_MM)
            image = Image(data=path.read_bytes(), format="png")
        return [self._place(series[0].run, *(each.name for each in series)), image]

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
        series = self._shown(run, splits)
        view = view_of(series, actual, predicted, epochs_of(series, first, last), epoch)
        command = shlex.join(["confusionflow", "serve", self._log_dir])
        return {
            **self._place(series[0].run, *(each.name for each in series)),
            "address": f"{self._address}#{view}",
            "shown_by": command,
        }

    def _run(self, name: str) -> cf.LoggedRun:
        return self._logs[name]

    def _shown(self, run: str, splits: list[str]) -> list[cf.Series]:
        """The series of a run that are shown: those of some splits, or of all."""
        logged = self._run(run)
        series = [logged[split] for split in splits or logged]
        if not series:
            raise ConfusionFlowError(f"Run {logged.name!r} has no split yet.")
        return series

    def _place(self, run: cf.LoggedRun, *splits: str) -> Answer:
        """The log directory and run that an answer is about, and other runs of its name."""
        place: Answer = {
            "log_directory": self._log_dir,
            "run": run.name,
            "run_id": run.stored.api_id,
        }
        same = [one.id for one in self._store.overviews() if one.name == run.name]
        if len(same) > 1:
            place["runs_of_this_name"] = len(same)
        return place | ({"splits": list(splits)} if splits else {})


def _samples_of(series: cf.Series) -> Samples | None:
    """What the instances look like; None if that was not logged or can't be read."""
    try:
        return samples_of(series.stored)
    except (NoSamplesError, DamagedFileError):
        return None
