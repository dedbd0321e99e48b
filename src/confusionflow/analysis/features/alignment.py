"""Measure how much a layer moved from epoch to epoch, in axes that do not turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

# Multiplications of a matrix product up to which OpenBLAS takes one thread, and the rows of a piece
# of a product that is larger anyway.
ONE_THREAD = 4 * 65_536
FEWEST_ROWS = 64


@dataclass(frozen=True)
class Centered:
    """Features around their mean.

    Attributes:
        features: Shape (instances, units), the largest number 1.
        size: Norm of the matrix of their covariances.
    """

    features: Floats
    size: float

    @classmethod
    def of(cls, features: Floats) -> Centered:
        """Center features, shape (instances, units), in their own precision."""
        found = features - features.mean(axis=0, dtype=np.float64).astype(features.dtype)
        # CKA does not depend on the scale, and squares of large numbers do not fit into floats.
        found /= np.abs(found).max(initial=0) or 1
        return cls(found, _norm(_products(found, found)))

    def cka(self, other: Centered) -> float:
        """Linear CKA with other features of the same instances, as `linear_cka` finds it."""
        size = self.size * other.size
        if not size > 0:
            return float("nan")
        return _norm(_products(other.features, self.features)) ** 2 / size


def _products(one: Floats, other: Floats) -> Floats:
    """Multiply each unit of one with each of the other, summed over the instances."""
    found = np.zeros((one.shape[1], other.shape[1]), np.result_type(one, other))
    for rows in _pieces(len(one), found.size):
        found += one[rows].T @ other[rows]
    return found


def _pieces(instances: int, size: int) -> Iterator[slice]:
    """Rows of which BLAS multiplies each piece in one thread, with a matrix of some size.

    Its threads wait for each other, for tens of milliseconds if other programs use the processors.
    """
    rows = max(FEWEST_ROWS, ONE_THREAD // max(1, size))
    return (slice(start, start + rows) for start in range(0, instances, rows))


def _norm(matrix: Floats) -> float:
    return float(np.linalg.norm(matrix.astype(np.float64, copy=False)))


def linear_cka(one: Floats, other: Floats) -> float:
    """Linear centered kernel alignment of two representations (Kornblith et al. 2019, equation 5).

    Arguments:
        one, other: Features of the same instances, shape (instances, units); the numbers of units
            may differ.

    Returns:
        From 0 (nothing in common) to 1 (the same up to rotation and scale); NaN if one is constant.

    Examples:
        >>> points = np.array([[0.0, 1.0], [2.0, 0.0], [1.0, 3.0]])
        >>> round(linear_cka(points, 5 * points @ [[0, 1], [-1, 0]]), 9)
        1.0
    """
    return Centered.of(one).cka(Centered.of(other))


def turned(points: Floats, onto: Floats, shared: NDArray[np.bool_]) -> Floats:
    """Rotate points so that they lie as near to others as possible (orthogonal Procrustes).

    Both are first centered at the mean of the shared points.

    Arguments:
        points, onto: Shape (instances, axes).
        shared: Which instances both have, shape (instances,).
    """
    ours, theirs = (points, onto) if shared.all() else (points[shared], onto[shared])
    centered = points - ours.mean(axis=0)
    ours = centered if shared.all() else centered[shared]
    left, _, right = np.linalg.svd(_products(ours, theirs - theirs.mean(axis=0)))
    turn: Floats = left @ right
    found = np.empty((len(centered), turn.shape[1]), np.result_type(centered, turn))
    for rows in _pieces(len(centered), turn.size):
        np.matmul(centered[rows], turn, out=found[rows])
    return found


@dataclass(frozen=True)
class Map:
    """The instances of a probe in a plane, epoch by epoch.

    Attributes:
        points: Shape (epochs, instances, 2); NaN where an instance is not in an epoch's probe.
        explained: Share of the variance that each axis shows, shape (epochs, 2).
        rest: Share of the variance outside the plane, shape (epochs,).
        step: How far a point moved since the epoch before, on average, in units of the spread of
            all, shape (epochs,); NaN for the first.
    """

    points: Floats
    explained: Floats
    rest: Floats
    step: Floats


def aligned_map(coordinates: Sequence[Floats], rest: Sequence[Floats]) -> Map:
    """Principal coordinates in the plane of the last epoch's first two components.

    Each epoch is turned onto the one after it, so that what moves is the network and not the axes.

    Arguments:
        coordinates: Coordinates in each epoch, shape (instances, axes), NaN for an absent instance.
        rest: Squared length of what they leave out in each epoch, shape (instances,).
    """
    axes = max(max((each.shape[1] for each in coordinates), default=0), 2)
    padded = [_padded(each, axes) for each in coordinates]
    aligned: list[Floats] = []
    for each in reversed(padded):
        known = ~np.isnan(each[:, 0])
        if aligned and (known & ~np.isnan(aligned[-1][:, 0])).any():
            shared = known & ~np.isnan(aligned[-1][:, 0])
            aligned.append(turned(each, aligned[-1], shared))
        else:
            aligned.append(each - np.nanmean(each, axis=0))
    aligned.reverse()
    points = np.stack([each[:, :2] for each in aligned])
    total = np.array([_variance(*each) for each in zip(aligned, rest, strict=True)])
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = np.nanvar(points, axis=1) / total[:, None]
    return Map(points, explained, 1 - explained.sum(axis=1), steps(points))


def _padded(coordinates: Floats, axes: int) -> Floats:
    """Add axes on which all instances are at 0; absent ones stay NaN."""
    if coordinates.shape[1] == axes:
        return coordinates
    found = np.pad(coordinates, ((0, 0), (0, axes - coordinates.shape[1])))
    found[np.isnan(found[:, 0])] = np.nan
    return found


def _variance(points: Floats, rest: Floats) -> float:
    """The variance of the instances, with what their coordinates leave out."""
    known = ~np.isnan(points[:, 0])
    there = points if known.all() else points[known]
    return float(there.var(axis=0).sum() + np.nanmean(rest))


def steps(points: Floats) -> Floats:
    """How far points moved since the epoch before, on average, in units of their spread.

    Arguments:
        points: Shape (epochs, instances, 2).
    """
    moved = np.full(len(points), np.nan)
    for at in range(1, len(points)):
        known = ~np.isnan(points[at - 1, :, 0]) & ~np.isnan(points[at, :, 0])
        if known.any():
            now, before = points[at, known], points[at - 1, known]
            spread = np.sqrt(now.var(axis=0).sum() / 2 + before.var(axis=0).sum() / 2)
            distance = np.linalg.norm(now - before, axis=1).mean()
            moved[at] = distance / spread if spread > 0 else np.nan
    return moved
