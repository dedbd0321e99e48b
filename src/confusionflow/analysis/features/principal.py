"""Principal components of a probe's activations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.features.probe import SEED

COMPONENTS = 32
_SPARE = 8
# With fewer units, the components are found directly.
_FEW_UNITS = 96
# The iteration ends when a step adds less than this share of the variance, or after so many steps.
_ENOUGH = 0.01
_MOST_STEPS = 8


@dataclass(frozen=True)
class Principal:
    """Activations in a few coordinates.

    An instance's activations are `center + basis @ coordinates`, but for `rest`.

    Attributes:
        center: Mean of the instances, shape (units,).
        basis: Orthonormal columns, shape (units, components).
        coordinates: Shape (instances, components); the first vary most.
        rest: Squared length of what the coordinates leave out, shape (instances,).
        beyond: The next columns, less exact, from which a similar basis is found faster.
    """

    center: NDArray[np.floating]
    basis: NDArray[np.floating]
    coordinates: NDArray[np.floating]
    rest: NDArray[np.floating]
    beyond: NDArray[np.floating] | None = None


def principal(features: NDArray[np.float32], similar: Principal | None = None) -> Principal:
    """Find the first principal components by subspace iteration (Halko et al. 2011, algorithm 4.4).

    The iteration ends when a step captures hardly more of the variance than the one before. From
    similar components it takes one step or two.

    Arguments:
        features: Shape (instances, units).
        similar: Components of a similar layer, such as that of the epoch before.
    """
    n, units = features.shape
    size = min(COMPONENTS, units, max(n - 1, 0))
    center = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    centered = features - center
    if units <= _FEW_UNITS:
        span = np.eye(units, dtype=np.float32)
        spanned = centered
    else:
        span = _start(units, min(size + _SPARE, units), similar)
        spanned, captured = centered @ span, 0.0
        for _ in range(_MOST_STEPS):
            before, captured = captured, float(np.vdot(spanned, spanned))
            if captured - before <= _ENOUGH * captured:
                break
            span = _orthonormal(centered.T @ spanned)
            spanned = centered @ span
    values, vectors = np.linalg.eigh(_gram(spanned))
    turn = vectors[:, np.argsort(-values)].astype(np.float32)
    coordinates = spanned @ turn[:, :size]
    rest = np.maximum(_lengths(centered) - _lengths(coordinates), 0)
    turned = span @ turn
    return Principal(center, turned[:, :size], coordinates, rest, turned[:, size:])


def _start(units: int, wide: int, similar: Principal | None) -> NDArray[np.float32]:
    """Orthonormal columns to begin with: those of a similar layer, then random ones."""
    known = np.zeros((units, 0), np.float32)
    if similar is not None and len(similar.basis) == units:
        spare = known if similar.beyond is None else similar.beyond
        known = np.concatenate([similar.basis, spare], axis=1)[:, :wide]
    if known.shape[1] == wide:
        return known.astype(np.float32, copy=False)
    rng = np.random.default_rng(SEED)
    others = rng.standard_normal((units, wide - known.shape[1])) / units**0.5
    return _orthonormal(np.concatenate([known, others], axis=1))


def _orthonormal(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return orthonormal columns with the same span; dependent columns give shorter ones.

    It only multiplies matrices. In a QR decomposition, the threads of BLAS wait for each other at
    many small steps, for tens of milliseconds if other programs use the processors.
    """
    found = vectors.astype(np.float64)
    for _ in range(2):  # the second pass mends what rounding and the smallest value left
        values, turn = np.linalg.eigh(_gram(found))
        least = max(1e-13 * values[-1], np.finfo(np.float64).tiny)
        found = found @ (turn / np.sqrt(np.maximum(values, least)))
    return found.astype(np.float32)


def _gram(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = vectors.astype(np.float64)
    found: NDArray[np.float64] = wide.T @ wide
    return found


def _lengths(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared length of each row."""
    found: NDArray[np.float32] = np.einsum("ij,ij->i", rows, rows)
    return found
