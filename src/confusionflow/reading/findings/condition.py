"""Conditions that a run must not meet, such as "accuracy falls by 2 points against base"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from confusionflow.analysis.evidence.family import Family
from confusionflow.analysis.evidence.intervals import newcombe
from confusionflow.errors import ArgumentError, did_you_mean
from confusionflow.reading.findings.logged import Run
from confusionflow.reading.findings.pair import Pair, pair
from confusionflow.reading.findings.words import percent, signed

Answer = Literal["yes", "no", "unknown"]

EXAMPLE = "class Auto recall falls by 2 points against base"
GRAMMAR = re.compile(
    r"(?:(?P<accuracy>accuracy)|class (?P<recall>.+) recall"
    r"|cell (?P<actual>.+?) -> (?P<predicted>.+))"
    r" (?P<way>falls|rises) by (?P<points>\d+(?:\.\d+)?) points? against (?P<base>.+?)"
    r"(?: in (?P<split>[^ ].*))?"
)


@dataclass(frozen=True)
class Condition:
    """A change of one rate against another run.

    Attributes:
        text: As it was given.
        actual: Actual class; None for accuracy.
        predicted: Predicted class of a cell; None for recall and accuracy.
        falls: Whether a fall is meant, or a rise.
        change: The change that counts, as a share.
        base: Name or id of the run that is compared with.
        split: The split; None for all that both runs have.
    """

    text: str
    actual: str | None
    predicted: str | None
    falls: bool
    change: float
    base: str
    split: str | None


@dataclass(frozen=True)
class Verdict:
    """Whether a condition is met in one split.

    Attributes:
        answer: "yes" if the guaranteed change reaches the number, "no" if it surely does not,
            "unknown" if there are too few instances to tell.
        sentence: The answer in words.
    """

    answer: Answer
    sentence: str


def read_condition(text: str, runs: Sequence[str] = ()) -> Condition:
    """Read a condition.

    Arguments:
        text: "accuracy", "class NAME recall" or "cell NAME -> NAME", then "falls by N points
            against RUN" or "rises by …", then "in SPLIT" if one split alone counts.
        runs: Names and ids of known runs, which may hold " in " themselves.

    Raises:
        ArgumentError: it is not written so.

    Examples:
        >>> found = read_condition("class Auto recall falls by 2 points against resnet 18 in test")
        >>> found.actual, found.falls, found.change, found.base, found.split
        ('Auto', True, 0.02, 'resnet 18', 'test')
        >>> read_condition("cell Auto -> Truck rises by 1.5 points against base").predicted
        'Truck'
    """
    match = GRAMMAR.fullmatch(text.strip())
    if match is None:
        raise ArgumentError(f"The condition {text!r} can't be read. Write it like {EXAMPLE!r}.")
    base, split = match["base"], match["split"]
    if split is not None and f"{base} in {split}" in runs:
        base, split = f"{base} in {split}", None
    return Condition(
        text,
        match["recall"] or match["actual"],
        match["predicted"],
        match["way"] == "falls",
        float(match["points"]) / 100,
        base,
        split,
    )


def judge(conditions: Sequence[tuple[Condition, Run]], run: Run) -> list[Verdict]:
    """Judge conditions of a run, each against its base.

    All questions are asked at once, so intervals have the level 1 - .05 / number of questions.

    Arguments:
        conditions: Conditions, each with the run that it is against.
        run: The run that is judged.

    Raises:
        ArgumentError: a class or split is not there.
    """
    questions = [
        (condition, pair(base[split], run[split]), split)
        for condition, base in conditions
        for split in _splits(condition, base, run)
    ]
    level = 1 - 0.05 / max(1, len(questions))
    return [_verdict(condition, compared, split, level) for condition, compared, split in questions]


def _splits(condition: Condition, base: Run, run: Run) -> list[str]:
    both = [name for name in base if name in run]
    if condition.split is None and both:
        return both
    if condition.split in both:
        return [str(condition.split)]
    wanted = f"split {condition.split!r}" if condition.split else "a common split"
    raise ArgumentError(
        f"{condition.text!r} asks for {wanted}. Run {base.name!r} has {list(base)}, run "
        f"{run.name!r} has {list(run)}."
    )


def _verdict(condition: Condition, compared: Pair, split: str, level: float) -> Verdict:
    low, high, a, b = _interval(condition, compared, level)
    sign = -1 if condition.falls else 1
    least, most = (low, high) if sign > 0 else (-high, -low)
    if least >= condition.change:
        answer: Answer = "yes"
    elif most < condition.change:
        answer = "no"
    else:
        answer = "unknown"
    said = {
        "yes": f"yes, by {100 * least:.1f} points or more",
        "no": "no",
        "unknown": "can't tell: too few instances",
    }[answer]
    return Verdict(
        answer,
        f"{condition.text}: {said} ({split}: {percent(a)} → {percent(b)}, {100 * level:.4g} % "
        f"interval {signed(low)} to {signed(high)} points).",
    )


def _interval(
    condition: Condition, compared: Pair, level: float
) -> tuple[float, float, float, float]:
    position: Mapping[str, int] = {name: i for i, name in enumerate(compared.classes)}
    wanted = []
    for name in (condition.actual, condition.predicted):
        if name is not None and name not in position:
            raise ArgumentError(
                f"No class {name!r} in {condition.text!r}. {did_you_mean(name, position)}"
            )
        wanted.append(-1 if name is None else position[name])
    kind = "whole" if wanted[0] < 0 else "rows" if wanted[1] < 0 else "cells"
    family: Family = compared.families[kind]  # type: ignore[index]
    found = np.flatnonzero((family.actual == wanted[0]) & (family.predicted == wanted[1]))
    if len(found):
        i = int(found[0])
        low, high = family.interval(level)
        return float(low[i]), float(high[i]), float(family.rate_a[i]), float(family.rate_b[i])
    # A cell that is zero in both is in no family.
    n_a, n_b = (w.support[wanted[0]] for w in (compared.window_a, compared.window_b))
    if min(n_a, n_b) < 1:
        raise ArgumentError(f"There are no instances for {condition.text!r} in both runs.")
    low, high = newcombe(0, n_a, 0, n_b, level)
    return float(low), float(high), 0.0, 0.0
