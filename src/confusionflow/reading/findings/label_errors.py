"""Find the cells and groups in which possible label errors gather."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.scores import scores, suggested_class
from confusionflow.analysis.trajectories import NONE, Trajectories
from confusionflow.reading.findings.finding import Finding
from confusionflow.reading.findings.followed_instances import FollowedInstances
from confusionflow.reading.findings.forgotten import Forgotten
from confusionflow.reading.findings.gathering import Gathering, gatherings
from confusionflow.reading.findings.view_link import view_link

# The score `suspicious_label` over the window from which a label is suspected.
SUSPICIOUS = 0.8
# Least share of the window's epochs in which an instance is taken for the class that its label
# should perhaps be.
MOSTLY = 0.6

WHERE = f"suspicious_label>={SUSPICIOUS}"


def label_errors(instances: FollowedInstances, forgotten: Sequence[Forgotten]) -> Iterator[Finding]:
    """Find the cells and groups in which possible label errors gather.

    Arguments:
        instances: The instances of a series.
        forgotten: Those that were once learned. A cell that has mostly such instances is left out.
    """
    suspects = _Suspects(instances)
    yield from suspects.in_cells(forgotten)
    yield from suspects.in_groups()


@dataclass(frozen=True, eq=False)
class _Suspects:
    """Instances whose labels may be wrong, by what they are predicted as in the last epochs."""

    instances: FollowedInstances

    @cached_property
    def suggested(self) -> NDArray[np.int64]:
        """The most frequent wrong class of each, shape (instances,); -1 if it is never wrong."""
        return suggested_class(self.instances.last).astype(np.int64)

    @cached_property
    def flagged(self) -> NDArray[np.bool_]:
        """Whose label is suspicious, shape (instances,); NaN is no suspicion."""
        score = scores(self.instances.last).suspicious_label
        return np.asarray((self.suggested >= 0) & (score >= SUSPICIOUS))

    def in_cells(self, forgotten: Sequence[Forgotten]) -> Iterator[Finding]:
        """Find the cells in which they gather."""
        instances, suggested = self.instances, self.suggested
        series, n_classes = instances.series, instances.trajectories.n_classes
        wrong = suggested >= 0
        mostly = self.flagged & (_share_of(suggested, instances.last) >= MOSTLY)
        was_learned = np.zeros(len(wrong), bool)
        for each in forgotten:
            was_learned |= each.flagged
        for found in gatherings(mostly[wrong], (instances.actual * n_classes + suggested)[wrong]):
            a, p = divmod(found.key, n_classes)
            if was_learned[mostly & (instances.actual == a) & (suggested == p)].mean() > 0.5:
                continue  # Most were once right: they are listed as forgotten.
            actual, predicted = series.classes[a], series.classes[p]
            why = (
                f". Of {found.size} instances whose most frequent wrong class is {predicted}, "
                f"{found.k} have such a label and are taken for {predicted} in "
                f"{100 * MOSTLY:.0f} % of the {instances.time_unit}s or more."
            )
            cell, where = (actual, predicted), [WHERE, f"share>={MOSTLY}"]
            made = self._finding(found, f"{actual} \N{RIGHTWARDS ARROW} {predicted}", why, cell)
            link = view_link([series], instances.span, None, *cell, where=where)
            yield replace(made, link=link)

    def in_groups(self) -> Iterator[Finding]:
        """Find the groups in which they gather."""
        wrong = self.suggested >= 0
        among = np.flatnonzero(wrong)
        for found, group in self.instances.gather_in_groups(self.flagged[wrong], among):
            why = f": {found.k} of {found.size} instances that are ever wrong."
            made = self._finding(found, f"group {group}", why)
            yield self.instances.linked_to_group(made, group, [WHERE])

    def _finding(
        self,
        found: Gathering,
        name: str,
        why: str,
        cell: tuple[str | None, str | None] = (None, None),
    ) -> Finding:
        instances = self.instances
        split = instances.series.name
        headline = (
            f"Possible label errors gather in {name}: {found.k} of the {int(self.flagged.sum())} "
            f"suspicious labels of {split}."
        )
        known = instances.trajectories.confidence is not None
        score = "mean confidence, negative where right," if known else "share of one other class"
        suspicious = (
            f"A label is suspicious if its score suspicious_label ({score} over the last "
            f"{len(instances.last.epochs)} {instances.time_unit}s) is {SUSPICIOUS} or more"
        )
        made = instances.finding(
            "data: possible label errors", found, headline, f"{suspicious}{why}", cell
        )
        if "train" not in split.lower():
            return made
        return replace(made, sentence=f"{headline} The model has learned from these labels.")


def _share_of(named: NDArray[np.int64], seen: Trajectories) -> NDArray[np.float32]:
    """Share of epochs in which each is predicted as a class, as the list of instances has it."""
    times, epochs = (seen.predicted == named).sum(axis=0), (seen.predicted != NONE).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.divide(times, epochs, dtype=np.float32))
