"""The instances of a series over its epochs, with their groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.window import default_window
from confusionflow.reading.findings.behaviour import Reader, numbered
from confusionflow.reading.findings.finding import Finding
from confusionflow.reading.findings.gathering import Gathering, gatherings
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.view_link import view_link
from confusionflow.reading.predictions import Predictions

NOT_LISTED = (
    " The list of instances does not know groups that were passed as groups=…. To list these "
    "instances, log the groups with log_samples(…, group=…)."
)


class FollowedInstances:
    """The instances of a series, whose predictions are known at several epochs.

    Arguments:
        series: The series.
        predictions: Its predictions, of two epochs or more.
        reader: Reads their groups.

    Attributes:
        series: The series.
        trajectories: What they were predicted as.
        actual: Their actual classes, shape (instances,).
        groups: The group of each; None without groups.
        span: First and last epoch of the window that comparisons have by default.
        last: What they were predicted as in it.
    """

    def __init__(self, series: Split, predictions: Predictions, reader: Reader) -> None:
        self.series = series
        self.trajectories = predictions.trajectories
        self.actual = predictions.actual.astype(np.int64)
        groups = reader.groups(series)
        self.groups: list[Any] | None = None if groups is None else groups.tolist()
        self._has_logged_groups = reader.has_logged_groups
        window = default_window(predictions.epochs)
        self.span = int(window[0]), int(window[-1])
        self.last = self.trajectories.between(*self.span)

    @property
    def time_unit(self) -> str:
        """What the time axis counts."""
        return self.series.run.time_unit

    def gather_in_groups(
        self, flagged: NDArray[np.bool_], among: NDArray[np.intp], times: int = 1
    ) -> Iterator[tuple[Gathering, Any]]:
        """Find the groups in which flagged instances gather, each with its name.

        Arguments:
            flagged: Which of `among` are flagged, shape (among,).
            among: Positions of the instances that could be flagged, shape (among,).
            times: As for `gatherings`.
        """
        if self.groups is None:
            return
        groups: Sequence[Any] = [self.groups[i] for i in among.tolist()]
        names = list(dict.fromkeys(groups))
        for each in gatherings(flagged, numbered(groups), times):
            yield each, names[each.key]

    def finding(
        self,
        kind: str,
        gathering: Gathering,
        headline: str,
        why: str,
        cell: tuple[str | None, str | None] = (None, None),
    ) -> Finding:
        """Make the finding of a gathering, of the last epochs and without a link.

        Arguments:
            kind: Its kind.
            gathering: Where the flagged instances are.
            headline: What was found.
            why: How instances are flagged, in whole sentences.
            cell: Names of the actual and the predicted class, if it is about them.
        """
        size = gathering.family_size
        return Finding(
            kind,
            "certain" if gathering.q <= ALPHA else "likely",
            headline,
            actual=cell[0],
            predicted=cell[1],
            classes=tuple(name for name in cell if name is not None),
            splits=(self.series.name,),
            epochs=self.span,
            effect=gathering.k / gathering.size,
            p=gathering.p,
            q=gathering.q,
            q_bh=gathering.q_bh,
            test="hypergeometric count",
            n=(gathering.size,),
            family_size=size,
            headline=headline,
            why=f"Are more of them here than chance explains? {why} p = {gathering.p:.2g}, "
            f"q = {gathering.q:.2g} for {size} places.",
        )

    def linked_to_group(self, finding: Finding, group: Any, where: Sequence[str]) -> Finding:
        """Link a finding to the list of a group's instances, or say why there is no such list."""
        if not self._has_logged_groups:
            link = view_link([self.series], finding.epochs)
            return replace(finding, link=link, why=finding.why + NOT_LISTED)
        where = [*where, f"group={group}"]
        return replace(finding, link=view_link([self.series], finding.epochs, where=where))
