"""Findings in the data: instances that look mislabelled, or that were forgotten together."""

from __future__ import annotations

from collections.abc import Mapping

from confusionflow.reading.findings.behaviour import Reader
from confusionflow.reading.findings.finding import Finding
from confusionflow.reading.findings.followed_instances import FollowedInstances
from confusionflow.reading.findings.forgotten import forgotten_in
from confusionflow.reading.findings.forgotten_together import forgotten_together
from confusionflow.reading.findings.label_errors import label_errors
from confusionflow.reading.findings.logged import Split


def findings_in_data(
    series: Split, reader: Reader | None = None, falls: Mapping[str, int] | None = None
) -> list[Finding]:
    """Find where possible label errors gather, and what was forgotten together.

    Both use the scores of instances, over the window that comparisons have by default. A series of
    matrices has no such findings.

    Arguments:
        series: The series.
        reader: Reads predictions and groups, and keeps those that it has read.
        falls: Classes that are recognised less often since an epoch, and that epoch.
    """
    reader = reader or Reader()
    predictions = reader.predictions(series)
    if predictions is None or len(predictions.epochs) < 2 or not len(predictions.ids):
        return []
    instances = FollowedInstances(series, predictions, reader)
    window = len(instances.last.epochs)
    began = list(dict.fromkeys((falls or {}).values()))
    forgotten = list(forgotten_in(instances.trajectories, window, began))
    return [*label_errors(instances, forgotten), *forgotten_together(instances, forgotten)]
