"""Choose the probe, a fixed sample of the instances that does not depend on their order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SEED = 20_181_021  # of the poster's day


def scramble(ids: NDArray[np.integer] | NDArray[np.str_], seed: int = 0) -> NDArray[np.uint64]:
    """Make a pseudo-random number for each id, always the same for the same id.

    Arguments:
        ids: Integers or text, shape (instances,).
        seed: A different seed gives different numbers.

    Examples:
        >>> bool((scramble(np.array([7, 8])) == scramble(np.array([7, 8]))).all())
        True
    """
    start = np.uint64(SEED + seed)
    if ids.dtype.kind in "iu":
        return _mix(ids.astype(np.uint64) + start)
    letters = np.ascontiguousarray(ids).view(np.uint32).reshape(len(ids), -1)
    mixed = np.full(len(ids), start)
    for column in letters.T:
        # Texts are padded to the longest in the array; that must not change their keys.
        mixed = np.where(column > 0, _mix(mixed ^ column.astype(np.uint64)), mixed)
    return mixed


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finalizer of SplitMix64 (Steele et al. 2014)."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def stratified(
    strata: NDArray[np.integer], keys: NDArray[np.uint64], size: int
) -> NDArray[np.intp]:
    """Choose the instances with the smallest keys, as evenly from the strata as possible.

    Arguments:
        strata: The stratum of each instance, shape (instances,).
        keys: What `scramble` gives, shape (instances,).
        size: How many to choose at most.

    Returns:
        Their positions, increasing.

    Examples:
        >>> stratified(np.array([0, 0, 0, 0, 1]), np.arange(5, dtype=np.uint64), 3)
        array([0, 1, 4])
    """
    order = np.lexsort((keys, strata))
    _, first, counts = np.unique(strata[order], return_index=True, return_counts=True)
    shares = _shares(counts, size)
    within = np.arange(len(order)) - np.repeat(first, counts)
    return np.sort(order[within < np.repeat(shares, counts)])


def _shares(counts: NDArray[np.integer], size: int) -> NDArray[np.int64]:
    """Divide a total evenly among strata; what a stratum cannot fill goes to the others."""
    shares = np.zeros(len(counts), np.int64)
    left = size
    order = np.argsort(counts, kind="stable")
    for done, at in enumerate(order.tolist()):
        shares[at] = min(int(counts[at]), left // (len(counts) - done))
        left -= int(shares[at])
    return shares
