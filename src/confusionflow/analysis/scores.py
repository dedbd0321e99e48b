"""Scores of instances: numbers that describe how each behaved over the epochs.

All are over the epochs in which an instance has a prediction; a transition leads from one of these
to the next. A score is NaN if it is undefined, or if the data that it needs was not logged.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.probabilities import normalized_margin, self_confidence
from confusionflow.analysis.trajectories import NONE, Trajectories

# Instances that are processed together; few enough for their data to stay in a core's cache.
BLOCK = 1 << 13

# Epochs that are counted at once; few enough for a byte to hold their number.
MOST_EPOCHS = 254


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of instances, each shape (instances,).

    Attributes:
        hard: Share of epochs with a wrong prediction.
        forgotten: How often a right prediction was followed by a wrong one (Toneva et al. 2019); an
            instance that was never learned counts as forgotten at every epoch.
        last_forgotten: The last epoch in which that happened; -1 if there is none.
        never_learned: Wrong at every epoch.
        unsteady: Share of transitions in which the prediction changed; NaN for one epoch.
        suspicious_label: Mean confidence, negative where the prediction is right. Without
            confidences, the share of the most frequent prediction, 0 if that is the actual class.
        outlier: 1 - mean confidence: high if no class fits.
        aum: Mean margin, the area under the margin (Pleiss et al. 2020).
        confidence_mean, confidence_sd: Mean and population standard deviation of the probability
            of the actual class (Swayamdipta et al. 2020).
    """

    hard: NDArray[np.float32]
    forgotten: NDArray[np.int32]
    last_forgotten: NDArray[np.int64]
    never_learned: NDArray[np.bool_]
    unsteady: NDArray[np.float32]
    suspicious_label: NDArray[np.float32]
    outlier: NDArray[np.float32]
    aum: NDArray[np.float32]
    confidence_mean: NDArray[np.float32]
    confidence_sd: NDArray[np.float32]


SCORES = tuple(field.name for field in fields(Scores))


def scores(trajectories: Trajectories) -> Scores:
    """Compute the scores of all instances.

    Examples:
        >>> actual, predicted = np.array([0, 0]), np.array([[0, 1], [1, 1], [0, 1], [0, 1]])
        >>> found = scores(Trajectories(np.arange(4), 2, actual, predicted))
        >>> found.hard, found.forgotten, found.last_forgotten, found.never_learned
        (array([0.25, 1.  ], dtype=float32), array([1, 4], dtype=int32), array([ 1, -1]),
         array([False,  True]))
        >>> found.suspicious_label
        array([0., 1.], dtype=float32)
    """
    n = len(trajectories.actual)
    starts = range(0, n, BLOCK)
    blocks = [_scores(trajectories.of(slice(start, start + BLOCK))) for start in starts]
    blocks = blocks or [_scores(trajectories)]
    columns = {name: np.concatenate([getattr(b, name) for b in blocks]) for name in SCORES}
    return Scores(**columns)


def _scores(part: Trajectories) -> Scores:
    counted = _Counts(part)
    seen = counted.seen
    with np.errstate(invalid="ignore", divide="ignore"):
        hard = np.divide(counted.wrong, seen, dtype=np.float32)
        unsteady = np.divide(counted.changed, seen - 1, dtype=np.float32)
    unsteady[seen < 2] = np.nan
    never = (counted.wrong == seen) & (seen > 0)
    unknown = np.full(len(part.actual), np.nan, np.float32)
    suspicious, outlier, aum, mean, deviation = unknown, unknown, unknown, unknown, unknown
    if part.confidence is None:
        suspicious = _stable_other_class(part, hard)
    else:
        right = part.predicted == part.actual.astype(part.predicted.dtype)
        confidence = _known(part, part.confidence)
        outlier = 1 - _mean(confidence)
        suspicious = _mean(np.where(right, -confidence, confidence))
    if part.margin is not None:
        margin = _known(part, part.margin)
        aum = _mean(margin)
        if part.confidence is not None:
            own = self_confidence(right, confidence, margin, part.n_classes)
            mean = _mean(own)
            deviation = np.sqrt(_mean((own - mean) ** 2))
    return Scores(
        hard,
        np.where(never, seen, counted.forgotten).astype(np.int32),
        counted.last_forgotten,
        never,
        unsteady,
        suspicious,
        outlier,
        aum,
        mean,
        deviation,
    )


class _Counts:
    """Label counts, accumulated epoch by epoch, each shape (instances,)."""

    def __init__(self, part: Trajectories) -> None:
        n, predicted = len(part.actual), part.predicted
        actual = part.actual.astype(predicted.dtype)
        self.seen = np.full(n, len(predicted), np.int32)
        self.wrong, self.changed, self.forgotten = (np.zeros(n, np.int32) for _ in range(3))
        self.last_forgotten = np.full(n, -1, np.int64)
        last = -np.ones(n, np.int32)
        if not len(predicted):
            return
        if predicted.min(initial=0) >= 0:
            self._add_all(predicted, actual, last)
        else:
            before = np.full(n, NONE, predicted.dtype)
            for e, now in enumerate(predicted):
                is_seen = now != NONE
                self.seen -= ~is_seen
                self.wrong += is_seen & (now != actual)
                joined = is_seen & (before != NONE)
                self.changed += joined & (now != before)
                forgot = joined & (before == actual) & (now != actual)
                self.forgotten += forgot
                last[forgot] = e
                before = np.where(is_seen, now, before)
        known = last >= 0
        self.last_forgotten[known] = part.epochs[last[known]]

    def _add_all(
        self,
        predicted: NDArray[np.signedinteger],
        actual: NDArray[np.signedinteger],
        last: NDArray[np.int32],
    ) -> None:
        """Count predictions if none is missing, many epochs at once."""
        for start in range(0, len(predicted), MOST_EPOCHS):
            before = max(0, start - 1)
            now = predicted[before : start + MOST_EPOCHS]
            is_right = now == actual
            own = is_right[start - before :]
            self.wrong += len(own) - _total(own)
            self.changed += _total(now[1:] != now[:-1])
            forgot = is_right[:-1] > is_right[1:]
            self.forgotten += _total(forgot)
            numbers = np.arange(1, len(now), dtype=np.uint8)[:, None]
            latest = np.maximum.reduce(forgot * numbers, axis=0, initial=0)
            known = latest > 0
            last[known] = before + latest[known].astype(np.int32)


def _total(claims: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Count in how many of at most 255 rows each is true, shape (instances,)."""
    total: NDArray[np.uint8] = np.add.reduce(claims.view(np.uint8), axis=0, dtype=np.uint8)
    return total.astype(np.int32)


def _known(part: Trajectories, values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Values in single precision, NaN where there is no prediction, shape (epochs, instances)."""
    single = values.astype(np.float32, copy=False)
    is_missing = part.predicted == NONE
    return np.where(is_missing, np.float32(np.nan), single) if is_missing.any() else single


def _mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over the epochs in which there is a value, shape (instances,)."""
    is_missing = np.isnan(values)
    if not is_missing.any():
        return values.mean(axis=0) if len(values) else np.full(values.shape[1], np.nan, np.float32)
    known = (~is_missing).sum(axis=0)
    total = np.where(is_missing, np.float32(0), values).sum(axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: NDArray[np.float32] = (total / known).astype(np.float32)
    return mean


def _stable_other_class(part: Trajectories, hard: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of the most frequent prediction, 0 if that is the actual class; NaN without any."""
    found = np.where(np.isnan(hard), hard, np.float32(0))
    # If more than half of the predictions are right, the most frequent one is right.
    (open_ones,) = np.nonzero(hard >= 0.5)
    if open_ones.size:
        mode, share = most_frequent(part.predicted[:, open_ones])
        found[open_ones] = np.where(mode == part.actual[open_ones], 0, share)
    return found


def most_frequent(
    predicted: NDArray[np.signedinteger],
) -> tuple[NDArray[np.signedinteger], NDArray[np.float32]]:
    """Find each instance's most frequent prediction; in a tie, the one with the lowest index.

    Arguments:
        predicted: Class indices, shape (epochs, instances); -1 for no prediction.

    Returns:
        The class, -1 if there is no prediction, and its share of the predictions, NaN then; each
        shape (instances,).

    Examples:
        >>> most_frequent(np.array([[2, 1, -1], [0, 1, -1], [2, -1, -1], [0, 0, -1]]))
        (array([ 0,  1, -1]), array([0.5       , 0.6666667,       nan], dtype=float32))
    """
    ordered = np.sort(predicted, axis=0)
    n = ordered.shape[1]
    mode = np.full(n, NONE, ordered.dtype)
    kind = np.uint8 if len(ordered) <= MOST_EPOCHS else np.int32
    most, run = np.zeros(n, kind), np.zeros(n, kind)
    before = mode
    for now in ordered:
        run *= now == before
        run += now != NONE
        np.copyto(mode, now, where=run > most)
        np.maximum(most, run, out=most)
        before = now
    seen = (ordered != NONE).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return mode, np.divide(most, seen, dtype=np.float32)


def suggested_class(trajectories: Trajectories) -> NDArray[np.signedinteger]:
    """Find the wrong class that each instance is most often taken for; -1 for none.

    Examples:
        >>> actual, predicted = np.array([0, 0]), np.array([[0, 0], [2, 0], [2, 0], [1, 0]])
        >>> suggested_class(Trajectories(np.arange(4), 3, actual, predicted))
        array([ 2, -1])
    """
    predicted = trajectories.predicted
    wrong = np.where(predicted == trajectories.actual, NONE, predicted).astype(predicted.dtype)
    found = np.full(len(trajectories.actual), NONE, predicted.dtype)
    (some,) = np.nonzero((wrong >= 0).any(axis=0))
    if some.size:
        found[some] = most_frequent(wrong[:, some])[0]
    return found


def label_quality(
    trajectories: Trajectories, method: str = "self_confidence"
) -> NDArray[np.float32]:
    """Compute cleanlab's label quality of every epoch, shape (epochs, instances).

    Arguments:
        trajectories: With confidences and margins.
        method: "self_confidence" or "normalized_margin".

    Returns:
        float32, low where the label may be wrong; NaN where it can't be told.
    """
    function = {"self_confidence": self_confidence, "normalized_margin": normalized_margin}[method]
    found = np.full(trajectories.predicted.shape, np.nan, np.float32)
    confidence, margin = trajectories.confidence, trajectories.margin
    if confidence is not None and margin is not None:
        for e, predicted in enumerate(trajectories.predicted):
            right = predicted == trajectories.actual
            quality = function(right, confidence[e], margin[e], trajectories.n_classes)
            found[e] = np.where(predicted == NONE, np.nan, quality)
    return found
