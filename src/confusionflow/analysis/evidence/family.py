"""A family of tests: all rows, columns or cells of one pair of series in one window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.multiplicity import (
    adjusted_level,
    benjamini_hochberg,
    benjamini_yekutieli,
)

Float = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["whole", "rows", "columns", "cells"]
Level = Literal["certain", "likely", "noticed"]
# Ends of an interval of a level.
Interval = Callable[[float], tuple[Float, Float]]

ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Family:
    """Tests that are corrected together; every array has the shape (tests,).

    A test that is left out could not have rejected: its p is 1, and it counts in `size`.

    Attributes:
        kind: What was tested.
        actual: Actual class, -1 for all.
        predicted: Predicted class, -1 for all.
        rate_a: Rate in A: recall for rows, accuracy for the whole, else the share of instances
            that is drawn or confused.
        rate_b: The same in B.
        n_a: Instances in A, or runs.
        n_b: Instances in B, or runs.
        effect: Difference of the rates, B - A.
        low: Lower end of its 95 % interval.
        high: Upper end.
        adjusted_low: Lower end at the level of the family.
        adjusted_high: Upper end.
        p: The p value.
        q: Of Benjamini and Yekutieli.
        q_bh: Of Benjamini and Hochberg.
        beyond_p: p of the question whether it differs by more than all others do; NaN if it was
            not asked.
        test: Which test gave p.
        size: Tests in the family.
        interval: Gives the ends of the intervals of a level.
    """

    kind: Kind
    actual: Ints
    predicted: Ints
    rate_a: Float
    rate_b: Float
    n_a: Float
    n_b: Float
    effect: Float
    low: Float
    high: Float
    adjusted_low: Float
    adjusted_high: Float
    p: Float
    q: Float
    q_bh: Float
    beyond_p: Float
    test: tuple[str, ...]
    size: int
    interval: Interval

    @classmethod
    def of(
        cls,
        kind: Kind,
        actual: Ints,
        predicted: Ints,
        rates: tuple[Float, Float],
        n: tuple[Float, Float],
        interval: Interval,
        p: Float,
        beyond_p: Float,
        test: tuple[str, ...],
        size: int,
    ) -> Family:
        """Correct tests for their number and give each its intervals."""
        q_bh = benjamini_hochberg(p, size)
        low, high = interval(1 - ALPHA)
        adjusted_low, adjusted_high = interval(adjusted_level(q_bh, size, ALPHA))
        return cls(
            kind,
            actual,
            predicted,
            rates[0],
            rates[1],
            n[0],
            n[1],
            rates[1] - rates[0],
            low,
            high,
            adjusted_low,
            adjusted_high,
            p,
            benjamini_yekutieli(p, size),
            q_bh,
            beyond_p,
            test,
            size,
            interval,
        )

    def __len__(self) -> int:
        return len(self.p)

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """Tests that differ by more than all others do, by Benjamini and Hochberg."""
        tested = ~np.isnan(self.beyond_p)
        beyond = np.zeros(len(self), np.bool_)
        untested = len(self) - int(tested.sum())
        size = max(self.size - untested, int(tested.sum()))
        beyond[tested] = benjamini_hochberg(self.beyond_p[tested], size) <= ALPHA
        return beyond

    @property
    def level(self) -> tuple[Level, ...]:
        """One of "certain", "likely" and "noticed" for each test.

        Nothing is above "noticed" if the adjusted interval includes 0.
        """
        clear = (self.adjusted_low > 0) | (self.adjusted_high < 0)
        return tuple(
            "certain" if q <= ALPHA and c else "likely" if q_bh <= ALPHA and c else "noticed"
            for q, q_bh, c in zip(self.q, self.q_bh, clear, strict=True)
        )

    @property
    def guaranteed(self) -> Float:
        """Inner end of the adjusted interval, 0 if it includes 0, shape (tests,)."""
        return np.where(
            self.adjusted_low > 0,
            self.adjusted_low,
            np.where(self.adjusted_high < 0, self.adjusted_high, 0.0),
        )
