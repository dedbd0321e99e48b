"""The distance of rates from their own running level, in units of their usual jitter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.tracks import angle

Float = NDArray[np.float64]

# Epochs of a running level, of a running jitter, and on each side of a step.
LEVEL, JITTER, SIDE = 11, 61, 10
# Tracks that never reach this strength are not looked at further.
NOTHING = 3.0
# A normal distribution's standard deviation in units of its median absolute deviation.
NORMAL = 1.4826
# A strength is near its maximum from this share of it on.
NEAR_PEAK = 0.9
# Numbers that are sorted at once.
CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Course:
    """Courses of some rates; every array has the shape (epochs, tracks).

    Tracks that never reach a strength of 3 keep a jitter of 1 and changes of 0.

    Attributes:
        theta: Angles of the rates.
        level: Their running median of 11 epochs.
        jitter: s: how far an epoch usually is from its level, in standard deviations; at least 1.
        residual: r / s: how far it is, in that unit.
        step: Median of the ten epochs from here on minus that of the ten before, in the same units;
            NaN at the first epoch.
        rate: The rates.
        change: Rate minus its running median.
        moved: Median rate of the ten epochs from here on minus that of the ten before.
    """

    theta: Float
    level: Float
    jitter: Float
    residual: Float
    step: Float
    rate: Float
    change: Float
    moved: Float


def course(k: Float, n: Float) -> Course:
    """Follow rates k / n over time.

    θ is the angle of a rate, r = √n (θ - running median of 11), s = max(1, 1.4826 · running median
    of abs(r) over 61). Windows are cut at the ends.

    Arguments:
        k: Counts, shape (epochs, tracks).
        n: Instances, of the same shape.
    """
    rate = np.divide(k, n, out=np.zeros_like(k), where=n > 0)
    return course_of(angle(k, n), n, rate)


def course_of(theta: Float, n: Float, rate: Float) -> Course:
    """Follow angles with the standard deviation 1 / √n, and their rates."""
    level = running_median(theta, LEVEL)
    r = np.sqrt(n) * (theta - level)
    before, after = sides(theta)
    step = np.full_like(theta, np.nan)
    step[1:] = np.sqrt(n[1:]) * (after - before)[1:]
    # The jitter is at least 1, so a track that is weak without it needs none.
    strongest = np.maximum(np.abs(r), np.nan_to_num(np.abs(step))).max(axis=0, initial=0)
    busy = np.flatnonzero(strongest >= NOTHING)
    jitter, change, moved = np.ones_like(theta), np.zeros_like(theta), np.zeros_like(theta)
    jitter[:, busy] = np.maximum(1.0, NORMAL * running_median(np.abs(r[:, busy]), JITTER))
    change[:, busy] = rate[:, busy] - running_median(rate[:, busy], LEVEL)
    rate_before, rate_after = sides(rate[:, busy])
    moved[:, busy] = rate_after - rate_before
    step[1:] /= jitter[:-1]
    return Course(theta, level, jitter, r / jitter, step, rate, change, moved)


def middle_of_peak(strength: Float) -> int:
    """Return the position in the middle of where a strength is near its maximum.

    Medians of ten epochs hardly change while four of them are from the other side of a step, so a
    step shows as a plateau around its epoch.

    Examples:
        >>> middle_of_peak(np.array([1.0, 7.1, 7.3, 7.2, 2.0, 7.0]))
        2
    """
    size = np.nan_to_num(np.abs(strength))
    peak = int(np.argmax(size))
    near = size >= NEAR_PEAK * size[peak]
    start = stop = peak
    while start > 0 and near[start - 1]:
        start -= 1
    while stop < len(size) - 1 and near[stop + 1]:
        stop += 1
    return (start + stop) // 2


def running_median(x: Float, width: int) -> Float:
    """Median of `width` epochs around each; windows are cut at the ends, never padded.

    Arguments:
        x: Shape (epochs, tracks).
        width: An odd number of epochs.

    Examples:
        >>> running_median(np.array([[1.0], [9.0], [2.0], [3.0]]), 3)[:, 0]
        array([5. , 2. , 3. , 2.5])
    """
    half, epochs = width // 2, len(x)
    medians = np.empty_like(x)
    tracks = np.ascontiguousarray(x.T)
    for e in range(min(half, epochs)):
        medians[e], medians[-1 - e] = _at_both_ends(tracks, min(epochs, e + half + 1))
    if epochs >= width:
        for start, stop, windows in _windows(x, width):
            middle = _middle(windows)
            medians[half : half + middle.shape[1], start:stop] = middle.T
    return medians


def _at_both_ends(tracks: Float, size: int) -> Float:
    """Medians of the first and of the last epochs of each track, shape (2, tracks)."""
    ends = np.concatenate((tracks[:, :size], tracks[:, -size:]))
    return _middle(ends).reshape(2, -1)


def _windows(x: Float, width: int) -> Iterator[tuple[int, int, Float]]:
    """Windows of neighbouring epochs, shape (tracks, windows, width), of some tracks at a time.

    Epochs of a track lie side by side, so that a window is copied at once.

    Yields:
        The first of the tracks, the one after the last, and the windows.
    """
    at_once = max(1, CHUNK // (width * len(x)))
    for start in range(0, x.shape[1], at_once):
        tracks = np.ascontiguousarray(x[:, start : start + at_once].T)
        windows = np.lib.stride_tricks.sliding_window_view(tracks, width, axis=1)
        yield start, start + len(tracks), windows


def _middle(windows: Float) -> Float:
    """Median along the last axis; quicker than np.median, as nothing is undefined."""
    size = windows.shape[-1]
    half = size // 2
    if size % 2:
        # The median is one of the values, which takes less time than a mean of two.
        middle: Float = np.partition(windows, half, axis=-1)[..., half]
        return middle
    parted = np.partition(windows, (half - 1, half), axis=-1)
    mean: Float = (parted[..., half - 1] + parted[..., half]) / 2
    return mean


def sides(x: Float) -> tuple[Float, Float]:
    """Medians of the ten epochs before each epoch and of the ten from it on, cut at the ends.

    Arguments:
        x: Shape (epochs, tracks).

    Returns:
        Both, of the same shape; NaN where a side has no epoch.
    """
    epochs = len(x)
    before, after = np.full_like(x, np.nan), np.full_like(x, np.nan)
    if epochs >= SIDE:
        for start, stop, windows in _windows(x, SIDE):
            middle = _middle(windows).T
            after[: len(middle), start:stop] = middle
            before[SIDE:, start:stop] = middle[: epochs - SIDE]
    tracks = np.ascontiguousarray(x.T)
    for size in range(1, min(SIDE, epochs + 1)):
        first, after[epochs - size] = _at_both_ends(tracks, size)
        if size < epochs:
            before[size] = first
    return before, after
