"""Means and sums of squared deviations of subsets, gathered batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Rows that are summed in single precision, before the sums are added in double precision.
BLOCK = 4096


@dataclass(frozen=True)
class Moments:
    """How the units of a layer are activated by some subsets of the instances.

    Attributes:
        count: Instances of each subset, int64, shape (subsets,).
        mean: Shape (subsets, units); NaN for an empty subset.
        squares: Sum of squared deviations from that mean, shape (subsets, units).
    """

    count: NDArray[np.int64]
    mean: NDArray[np.floating]
    squares: NDArray[np.floating]

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Moments:
        """The moments of some of the subsets."""
        return Moments(self.count[rows], self.mean[rows], self.squares[rows])


class Gathering:
    """Gathers the moments of subsets, batch by batch.

    Sums are of the differences from the first instance, so that squares of large activations do not
    cancel.

    Arguments:
        most_values: No subset is added that would need more sums than this.

    """

    def __init__(self, most_values: int) -> None:
        self._most = most_values
        self._origin: NDArray[np.float32] | None = None
        self._place: dict[int, int] = {}
        self._count = np.zeros(0, np.int64)
        self._sums = np.zeros((0, 0))
        self._squares = np.zeros((0, 0))

    def add(self, features: NDArray[np.float32], subset: NDArray[np.int64]) -> NDArray[np.intp]:
        """Add instances; return the rows of those whose subset has no room.

        Arguments:
            features: Finite numbers, shape (instances, units).
            subset: A number for the subset that each instance is in, shape (instances,).
        """
        from scipy import sparse

        if not len(features):
            return np.zeros(0, np.intp)
        if self._origin is None:
            self._origin = features[0].copy()
            self._sums = np.zeros((0, features.shape[1]))
            self._squares = self._sums.copy()
        numbers, inverse = np.unique(subset, return_inverse=True)
        places = np.array([self._place_of(number) for number in numbers.tolist()])
        self._grow(len(self._place))
        rows = places[inverse]
        for start in range(0, len(features), BLOCK):
            part = rows[start : start + BLOCK]
            differences = features[start : start + BLOCK] - self._origin
            if part.min() < 0:
                kept = part >= 0
                part, differences = part[kept], differences[kept]
            found, column = np.unique(part, return_inverse=True)
            ones = np.ones(len(part), np.float32)
            sums = sparse.csr_matrix(
                (ones, (column, np.arange(len(part)))), shape=(len(found), len(part))
            )
            self._count[found] += np.bincount(column, minlength=len(found))
            self._sums[found] += sums @ differences
            self._squares[found] += sums @ (differences * differences)
        return np.flatnonzero(rows < 0)

    def _place_of(self, number: int) -> int:
        if number not in self._place:
            if (len(self._place) + 1) * self._sums.shape[1] > self._most:
                return -1
            self._place[number] = len(self._place)
        return self._place[number]

    def _grow(self, size: int) -> None:
        more = size - len(self._count)
        if more > 0:
            self._count = np.pad(self._count, (0, more))
            self._sums = np.pad(self._sums, ((0, more), (0, 0)))
            self._squares = np.pad(self._squares, ((0, more), (0, 0)))

    def result(self) -> tuple[NDArray[np.int64], Moments]:
        """The subsets, increasing, and their moments."""
        numbers = np.array(list(self._place), np.int64)
        order = np.argsort(numbers)
        count = self._count[order]
        with np.errstate(invalid="ignore"):
            shift = self._sums[order] / count[:, None]
        squares = np.maximum(self._squares[order] - count[:, None] * shift**2, 0)
        origin = np.zeros(0) if self._origin is None else self._origin
        return numbers[order], Moments(count, shift + origin, squares)


def pool(parts: Sequence[Moments]) -> Moments:
    """The moments of unions of disjoint subsets, by the formula of Chan, Golub and LeVeque (1979).

    Arguments:
        parts: Moments of the same subsets in different shares of the instances.

    Examples:
        >>> one = Moments(np.array([2]), np.array([[1.0]]), np.array([[2.0]]))  # 0, 2
        >>> other = Moments(np.array([1]), np.array([[4.0]]), np.array([[0.0]]))  # 4
        >>> pooled = pool([one, other])
        >>> pooled.count, pooled.mean, pooled.squares
        (array([3]), array([[2.]]), array([[8.]]))
    """
    count = np.sum([part.count for part in parts], axis=0)
    weights = [part.count[:, None].astype(float) for part in parts]
    means = [np.where(part.count[:, None] > 0, part.mean, 0.0) for part in parts]
    with np.errstate(invalid="ignore"):
        mean = sum(w * m for w, m in zip(weights, means, strict=True)) / count[:, None]
    centre = np.nan_to_num(mean)
    squares = np.sum(
        [
            np.where(w > 0, part.squares, 0.0) + w * (m - centre) ** 2
            for part, w, m in zip(parts, weights, means, strict=True)
        ],
        axis=0,
    )
    return Moments(count, mean, squares)


def joined(one: Moments, other: Moments) -> Moments:
    """The moments of the subsets of one, then of the other."""
    if not len(other.count):
        return one
    count, mean, squares = (
        np.concatenate([ours, theirs])
        for ours, theirs in zip(vars(one).values(), vars(other).values(), strict=True)
    )
    return Moments(count, mean, squares)


def merged(moments: Moments, groups: NDArray[np.int64]) -> tuple[NDArray[np.int64], Moments]:
    """The moments of unions of disjoint subsets, as `pool` finds them.

    Arguments:
        moments: Those of the subsets, none of them empty.
        groups: A number for the union that each subset is in, shape (subsets,).

    Returns:
        The unions, increasing, and their moments.

    Examples:
        >>> cells = Moments(np.array([2, 1]), np.array([[1.0], [4.0]]), np.array([[2.0], [0.0]]))
        >>> numbers, whole = merged(cells, np.array([7, 7]))
        >>> numbers, whole.count, whole.mean, whole.squares
        (array([7]), array([3]), array([[2.]]), array([[8.]]))
    """
    from scipy import sparse

    numbers, place = np.unique(groups, return_inverse=True)
    count = np.bincount(place, moments.count, len(numbers))
    members = sparse.csr_matrix(
        (np.ones(len(place)), (place, np.arange(len(place)))), shape=(len(numbers), len(place))
    )
    weights = moments.count[:, None].astype(np.float64)
    mean = members @ (weights * moments.mean) / count[:, None]
    squares = members @ (moments.squares + weights * (moments.mean - mean[place]) ** 2)
    return numbers, Moments(count.astype(np.int64), mean, squares)
