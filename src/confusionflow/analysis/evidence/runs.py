"""What differs between two configurations that were each trained several times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import Family, Kind
from confusionflow.analysis.evidence.intervals import welch
from confusionflow.analysis.evidence.permutation import DRAWS, TIES
from confusionflow.analysis.evidence.window import Window

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

RUNS_PERMUTED = "exact permutation of runs"
RUNS_DRAWN = f"permutation of runs, {DRAWS:,} draws"
# Sums that are held at once.
CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class BetweenRuns:
    """What differs between the runs of two configurations.

    Attributes:
        families: The families "whole", "rows", "columns" and "cells". Effects are differences of
            the means of runs; intervals are Welch's.
        in_runs: For each test, how many runs of B lie beyond the mean of A, on the side of B's
            mean.
    """

    families: dict[Kind, Family]
    in_runs: dict[Kind, Ints]


def between_runs(a: Sequence[Window], b: Sequence[Window]) -> BetweenRuns:
    """Compare windows of the runs of two configurations; a run is one observation.

    Classes that a run has no instances of are left out, and cells that are empty in all runs.

    Arguments:
        a: A window of each run of the first configuration.
        b: The same of the other, of the same classes.
    """
    runs, n = [*a, *b], a[0].n_classes
    support = np.stack([run.support for run in runs])
    total = support.sum(axis=1, keepdims=True)
    rows = np.flatnonzero((support > 0).all(axis=0))
    columns = np.flatnonzero((total - support > 0).all(axis=0))
    keys = [run.actual * n + run.predicted for run in runs]
    cells = np.unique(np.concatenate(keys))
    cells = cells[np.isin(cells // max(n, 1), rows)]
    counts = np.zeros((len(runs), len(cells)))
    drawn = np.zeros((len(runs), n))
    for i, (run, key) in enumerate(zip(runs, keys, strict=True)):
        known = np.isin(key, cells)
        counts[i, np.searchsorted(cells, key[known])] = run.count[known]
        drawn[i] = np.bincount(run.predicted, run.count, n)
    right = np.stack([run.right for run in runs])
    whole = np.flatnonzero(total[:1, 0] > 0) - 1  # -1 or nothing
    actual, predicted = cells // max(n, 1), cells % max(n, 1)
    accuracy = right.sum(axis=1, keepdims=True) / np.maximum(total, 1)
    drawn_share = drawn[:, columns] / (total - support)[:, columns]
    asked: dict[Kind, tuple[Ints, Ints, Float, int]] = {
        "whole": (whole, whole, accuracy[:, : len(whole)], len(whole)),
        "rows": (rows, np.full(len(rows), -1), right[:, rows] / support[:, rows], len(rows)),
        "columns": (np.full(len(columns), -1), columns, drawn_share, len(columns)),
        "cells": (actual, predicted, counts / support[:, actual], len(rows) * max(n - 1, 0)),
    }
    families, in_runs = {}, {}
    for kind, (rows_of, columns_of, rates, size) in asked.items():
        x, y = rates[: len(a)], rates[len(a) :]
        families[kind] = _family(kind, rows_of, columns_of, x, y, size)
        side = np.sign(families[kind].effect)
        in_runs[kind] = ((y - x.mean(axis=0)) * side > 0).sum(axis=0)
    return BetweenRuns(families, in_runs)


def _family(kind: Kind, actual: Ints, predicted: Ints, a: Float, b: Float, size: int) -> Family:
    p, test = between_runs_p(a, b)
    tests = len(actual)
    return Family.of(
        kind,
        actual,
        predicted,
        (a.mean(axis=0), b.mean(axis=0)),
        (np.full(tests, float(len(a))), np.full(tests, float(len(b)))),
        partial(welch, a, b),
        p,
        np.full(tests, np.nan),
        (test,) * tests,
        size,
    )


def least_p(n_a: int, n_b: int) -> float:
    """Return the least p that this many runs could reach.

    Examples:
        >>> least_p(3, 3), round(least_p(4, 4), 3), least_p(2, 4)
        (0.1, 0.029, 0.06666666666666667)
    """
    # Halves of equal size mirror each other, so the most extreme way occurs twice.
    return max((2 if n_a == n_b else 1) / comb(n_a + n_b, n_b), 1 / (1 + DRAWS))


def between_runs_p(a: Float, b: Float) -> tuple[Float, str]:
    """Test two-sided whether runs could just as well belong to the other configuration.

    Arguments:
        a: Numbers of each run of one configuration, shape (runs of A, tests).
        b: The same of another, shape (runs of B, tests).

    Returns:
        p, shape (tests,), and the name of the test. All ways to change sides are counted; if there
        are more than 20,000, that many are drawn.

    Examples:
        >>> a, b = np.array([[0.1], [0.2], [0.3]]), np.array([[0.6], [0.7], [0.9]])
        >>> p, test = between_runs_p(a, b)
        >>> p.round(2), test
        (array([0.1]), 'exact permutation of runs')
    """
    pooled = np.concatenate((a, b))
    n, m = len(pooled), len(b)
    is_exact = comb(n, m) <= DRAWS
    if is_exact:
        chosen = np.array(list(combinations(range(n), m)))
    else:
        keys = np.random.default_rng(0).random((DRAWS, n))
        chosen = np.argpartition(keys, m - 1, axis=1)[:, :m]
    in_b = np.zeros((len(chosen), n))
    np.put_along_axis(in_b, chosen, 1, axis=1)
    expected = m * pooled.mean(axis=0)
    distance = np.abs(b.sum(axis=0) - expected) - TIES
    hits = np.zeros(pooled.shape[1], np.int64)
    at_once = max(1, CHUNK // len(chosen))
    for start in range(0, len(hits), at_once):
        part = slice(start, start + at_once)
        apart = np.abs(in_b @ pooled[:, part] - expected[part])
        hits[part] = (apart >= distance[part]).sum(axis=0)
    if is_exact:
        return hits / len(chosen), RUNS_PERMUTED
    return (1 + hits) / (1 + DRAWS), RUNS_DRAWN
