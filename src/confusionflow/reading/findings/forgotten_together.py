"""Find the classes and groups whose instances were forgotten together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from confusionflow.reading.findings.finding import Finding
from confusionflow.reading.findings.followed_instances import FollowedInstances
from confusionflow.reading.findings.forgotten import Forgotten
from confusionflow.reading.findings.gathering import Gathering, gatherings
from confusionflow.reading.findings.view_link import view_link


def forgotten_together(
    instances: FollowedInstances, forgotten: Sequence[Forgotten]
) -> Iterator[Finding]:
    """Find the classes and groups whose instances were forgotten together.

    Arguments:
        instances: The instances of a series.
        forgotten: Those of them that were forgotten by the last epochs, and in each fall. A class
            or group that several of these show is found once, with the smallest p.
    """
    best: dict[tuple[str, Any], tuple[Gathering, Forgotten]] = {}
    for each in forgotten:
        for found, kind, name in _gather(instances, each, len(forgotten)):
            known = best.get((kind, name))
            if known is None or found.p < known[0].p:
                best[kind, name] = found, each
    for (kind, name), (found, each) in best.items():
        yield _finding(instances, found, each, kind, name)


def _gather(
    instances: FollowedInstances, forgotten: Forgotten, times: int
) -> Iterator[tuple[Gathering, str, Any]]:
    """Find where forgotten instances gather: "class" or "group", and its name."""
    flagged = forgotten.flagged
    for found in gatherings(flagged, instances.actual, times):
        yield found, "class", instances.series.classes[found.key]
    for found, group in instances.gather_in_groups(flagged, np.arange(len(flagged)), times):
        yield found, "group", group


def _finding(
    instances: FollowedInstances, found: Gathering, forgotten: Forgotten, kind: str, name: Any
) -> Finding:
    series, unit = instances.series, instances.time_unit
    headline = (
        f"{found.k} of {found.size} instances of {kind} {name} in {series.name} were "
        f"forgotten together, {_when(instances, found, forgotten, kind, name)}."
    )
    begin, middle, end = (int(forgotten.epochs[i]) for i in (0, forgotten.n_before - 1, -1))
    why = (
        f"An instance is forgotten if it was right for at least as many {unit}s as half "
        f"of those from {begin} to {middle}, and is wrong at all of the last "
        f"{forgotten.n_wrong}: {int(forgotten.flagged.sum())} of {len(forgotten.flagged)} "
        f"instances are. The {unit} is that of the score last_forgotten."
    )
    cell = (name, None) if kind == "class" else (None, None)
    made = instances.finding("data: forgotten together", found, headline, why, cell)
    made = replace(made, epochs=(begin, end))
    if kind == "group":
        return instances.linked_to_group(made, name, forgotten.where)
    link = view_link([series], made.epochs, None, name, detail="fn", where=forgotten.where)
    return replace(made, link=link)


def _when(
    instances: FollowedInstances, found: Gathering, forgotten: Forgotten, kind: str, name: Any
) -> str:
    """Say when the forgotten instances of a class or group were forgotten."""
    if kind == "class":
        members = instances.actual == found.key
    else:
        members = np.array([each == name for each in instances.groups or ()])
    dates = forgotten.since[forgotten.flagged & members]
    first, last = (int(x) for x in np.quantile(dates, (0.25, 0.75), method="nearest"))
    if last > first + 1:
        return f"half of them between {instances.time_unit}s {first} and {last}"
    return f"about {instances.time_unit} {int(np.median(dates))}"
