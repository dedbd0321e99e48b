"""What differs between two series of different instances."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from confusionflow.analysis.evidence.exact import rounded_towards
from confusionflow.analysis.evidence.family import Family, Float, Kind
from confusionflow.analysis.evidence.intervals import newcombe
from confusionflow.analysis.evidence.multiplicity import could_tell
from confusionflow.analysis.evidence.strata import (
    Distribution,
    Strata,
    Table,
    add_distributions,
    rough_p,
    stratified_p,
)
from confusionflow.analysis.evidence.tables import Tables, cell_tables, row_tables
from confusionflow.analysis.evidence.window import Window

COUNTS = "Fisher's exact test of mean counts"
STRATIFIED = "exact test of mean counts, stratified by actual class"
# With more cells than this, those that could not have shown a difference are dropped.
MANY_CELLS = 10_000
# With more columns than this, an exact test is worthwhile only if a rough p is below WORTH.
MANY_COLUMNS, WORTH = 100, 0.2

# Improves p if instances are known: takes the tables and p from counts, returns p and tests.
Refine = Callable[[Tables, Float], tuple[Float, tuple[str, ...]]]


def from_counts(tables: Tables, p: Float) -> tuple[Float, tuple[str, ...]]:
    """Leave p as computed from counts alone."""
    return p, (COUNTS,) * len(tables)


def shift(a: Window, b: Window, refine: Refine = from_counts) -> dict[Kind, Family]:
    """Compare two series of different instances over a window.

    A count in a window is the mean over its epochs: it varies no more than a binomial count with n
    = support, however many epochs there are. Classes that are missing from either are left out.

    Arguments:
        a: Mean counts of A.
        b: Mean counts of B, of the same classes.
        refine: Improves p of rows and cells by permuting instances.

    Returns:
        The families "whole", "rows", "columns" and "cells".
    """
    rows, every = row_tables(a, b), cell_tables(a, b)
    cells = every
    size = len(rows) * max(a.n_classes - 1, 0)
    beyond_p = cells.beyond_p()
    if size > MANY_CELLS:
        told = could_tell(cells.least_p())
        cells, beyond_p, size = cells.take(told), beyond_p[told], int(told.sum())
    return {
        "whole": _whole(rows),
        "rows": _plain("rows", rows, rows.beyond_p(), len(rows), refine),
        "columns": _columns(rows, every, a.n_classes),
        "cells": _plain("cells", cells, beyond_p, size, refine),
    }


def _plain(kind: Kind, tables: Tables, beyond_p: Float, size: int, refine: Refine) -> Family:
    p, test = refine(tables, tables.p())
    k_a, k_b = tables.k_a, tables.k_b
    if kind == "rows":  # their rate is recall
        k_a, k_b = tables.n_a - k_a, tables.n_b - k_b
    n = tables.n_a, tables.n_b
    return Family.of(
        kind,
        tables.actual,
        tables.predicted,
        (k_a / n[0], k_b / n[1]),
        n,
        partial(newcombe, k_a, n[0], k_b, n[1]),
        p,
        beyond_p,
        test,
        size,
    )


def _columns(rows: Tables, cells: Tables, n_classes: int) -> Family:
    """Instances of other classes that each class draws.

    If there are many columns, those that are far from any difference are left out.
    """
    weight, spread_a, spread_b = (np.zeros(n_classes) for _ in range(3))
    weight[rows.actual], spread_a[rows.actual], spread_b[rows.actual] = _weights(rows)
    others = weight.sum() - weight
    columns = np.flatnonzero(others > 0)
    p = np.ones(n_classes)
    share = weight[cells.actual] / others[cells.predicted]
    rate_a, rate_b = (
        np.bincount(cells.predicted, share * k / n, n_classes).astype(np.float64)
        for k, n in ((cells.k_a, cells.n_a), (cells.k_b, cells.n_b))
    )
    asked = columns
    if len(columns) > MANY_COLUMNS:
        asked = columns[rough_p(cells, cells.predicted, n_classes)[columns] < WORTH]
    order = np.argsort(cells.predicted, kind="stable")
    ends = np.searchsorted(cells.predicted[order], np.arange(n_classes + 1))
    strata: dict[int, Strata] = {}
    for column in asked.tolist():
        drawn = cells.take(order[ends[column] : ends[column + 1]])
        strata[column] = Strata.of(drawn.k_a, drawn.n_a, drawn.k_b, drawn.n_b)
    known: dict[Table, Distribution] = {}
    add_distributions(known, (table for each in strata.values() for table in each.tables))
    for column, each in strata.items():
        p[column] = each.p(known)
    n_a = (others**2)[columns] / (spread_a.sum() - spread_a)[columns]
    n_b = (others**2)[columns] / (spread_b.sum() - spread_b)[columns]
    rates = rate_a[columns], rate_b[columns]
    everywhere = np.full(len(columns), -1)
    return _standardised("columns", everywhere, columns, rates, (n_a, n_b), p[columns])


def _whole(rows: Tables) -> Family:
    """Test the accuracy of A and B, as if both had the same class mix."""
    weight, spread_a, spread_b = _weights(rows)
    one = np.full(min(1, len(rows)), -1)
    total = weight.sum()
    shares = weight / total if len(rows) else weight
    rates = tuple(
        np.full(len(one), 1 - (shares * k / n).sum())
        for k, n in ((rows.k_a, rows.n_a), (rows.k_b, rows.n_b))
    )
    n = tuple(np.full(len(one), total**2 / s.sum() if len(s) else 0) for s in (spread_a, spread_b))
    p = np.full(len(one), stratified_p(rows.k_a, rows.n_a, rows.k_b, rows.n_b))
    return _standardised("whole", one, one, (rates[0], rates[1]), (n[0], n[1]), p)


def _weights(rows: Tables) -> tuple[Float, Float, Float]:
    """Weights of the classes, those of Mantel and Haenszel, and their squares over each support."""
    weight = rows.n_a * rows.n_b / (rows.n_a + rows.n_b)
    return weight, weight**2 / rows.n_a, weight**2 / rows.n_b


def _standardised(
    kind: Kind,
    actual: np.ndarray,
    predicted: np.ndarray,
    rates: tuple[Float, Float],
    n: tuple[Float, Float],
    p: Float,
) -> Family:
    """Make a family of rates that are standardised to one class mix.

    n is the number of instances that would tell as much without strata. The intervals are of the
    counts that are tested, which are rounded towards each other.
    """
    n_a, n_b = np.rint(n[0]), np.rint(n[1])
    k_a, k_b = rounded_towards(rates[0] * n_a, n_a, rates[1] * n_b, n_b)
    return Family.of(
        kind,
        actual,
        predicted,
        rates,
        (n_a, n_b),
        partial(newcombe, k_a, n_a, k_b, n_b),
        p,
        np.full(len(p), np.nan),
        (STRATIFIED,) * len(p),
        len(p),
    )
