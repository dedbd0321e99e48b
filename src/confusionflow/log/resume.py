"""Find the run that a training resumes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from confusionflow.errors import ArgumentError, ConfusionFlowError
from confusionflow.store import Store

# The most runs, or keys, that a message lists.
MOST_LISTED = 5


def run_to_resume(
    log_dir: str | os.PathLike[str], name: str, config: Mapping[str, Any] | None
) -> str | None:
    """Find the id of the run that a training resumes; None if no run has that name.

    Arguments:
        log_dir: The log directory.
        name: What the run is called.
        config: The configuration of the new training, if it was passed.

    Raises:
        ArgumentError: several runs have that name, and none or several have that configuration.
    """
    try:
        runs = [run for run in Store(log_dir).overviews() if run.name == name]
    except ConfusionFlowError:  # there is no log directory yet
        return None
    if len(runs) < 2:
        return runs[0].id if runs else None
    equal = [run for run in runs if config is not None and run.config == config]
    if len(equal) == 1:
        return equal[0].id
    listed = "; ".join(
        f"{run.id} ({run.created_at:%Y-%m-%d %H:%M}{_told(run.config, config)})"
        for run in reversed((equal or runs)[-MOST_LISTED:])
    )
    which = (
        "and no config was passed"
        if config is None
        else f"and {len(equal) or 'none'} of them {'have' if equal else 'has'} this config"
    )
    raise ArgumentError(
        f"{len(runs)} runs are named {name!r}, {which}. Pass the id of the one to resume, such "
        f"as id={(equal or runs)[-1].id!r}. The newest are: {listed}."
    )


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """Say which keys of two configurations differ; None if none do.

    Examples:
        >>> changes({"epochs": 30, "lr": 0.1}, {"epochs": 60, "lr": 0.1, "seed": 0})
        'epochs was 30 and is 60, seed is new and is 0'
        >>> changes({"lr": 0.1}, {"lr": 0.1})
    """
    told = []
    for key in dict.fromkeys([*before, *now]):
        if key not in now:
            told.append(f"{key} was {before[key]!r:.40} and is gone")
        elif key not in before:
            told.append(f"{key} is new and is {now[key]!r:.40}")
        elif before[key] != now[key]:
            told.append(f"{key} was {before[key]!r:.40} and is {now[key]!r:.40}")
    if not told:
        return None
    more = f", and {len(told) - MOST_LISTED} more" if len(told) > MOST_LISTED else ""
    return ", ".join(told[:MOST_LISTED]) + more


def _told(config: Mapping[str, Any], other: Mapping[str, Any] | None) -> str:
    if other is not None and (differs := changes(config, other)):
        return f"; {differs}"
    keys = [f"{key}={value!r:.20}" for key, value in list(config.items())[:3]]
    return "".join(f", {key}" for key in keys) if other is None else ""
