"""Principal components of a probe's activations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.features.probe import SEED

COMPONENTS = 32
_SPARE = 8
# Of fewer units the components are found directly.
_FEW_UNITS = 96


@dataclass(frozen=True)
class Principal:
    """Activations in a few coordinates.

    An instance's activations are `center + basis @ coordinates`, but for `rest`.

    Attributes:
        center: Mean of the instances, shape (units,).
        basis: Orthonormal columns, shape (units, components).
        coordinates: Shape (instances, components); the first vary most.
        rest: Squared length of what the coordinates leave out, shape (instances,).
    """

    center: NDArray[np.floating]
    basis: NDArray[np.floating]
    coordinates: NDArray[np.floating]
    rest: NDArray[np.floating]


def principal(
    features: NDArray[np.float32], start: NDArray[np.floating] | None = None
) -> Principal:
    """Find the first principal components by subspace iteration (Halko et al. 2011, algorithm 4.4).

    Arguments:
        features: Shape (instances, units).
        start: The basis of a similar layer, such as that of the epoch before, from which fewer
            steps are needed.
    """
    n, units = features.shape
    size = min(COMPONENTS, units, max(n - 1, 0))
    center = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    centered = features - center
    if units <= _FEW_UNITS:
        span = np.eye(units, dtype=np.float32)
    else:
        wide = min(size + _SPARE, units)
        rng = np.random.default_rng(SEED)
        span = rng.standard_normal((units, wide)).astype(np.float32)
        if start is not None and start.shape[0] == units:
            span[:, : min(start.shape[1], wide)] = start[:, :wide]
        for _ in range(6 if start is None else 3):
            span = np.linalg.qr(centered.T @ (centered @ span))[0]
    spanned = centered @ span
    values, vectors = np.linalg.eigh((spanned.T @ spanned).astype(np.float64))
    turn = vectors[:, np.argsort(-values)[:size]].astype(np.float32)
    coordinates = spanned @ turn
    rest = (centered**2).sum(axis=1) - (coordinates**2).sum(axis=1)
    return Principal(center, span @ turn, coordinates, np.maximum(rest, 0))
