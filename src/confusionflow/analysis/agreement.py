"""Agreement of several models on the same instances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.scores import most_frequent
from confusionflow.analysis.trajectories import NONE


@dataclass(frozen=True, eq=False)
class Agreement:
    """The agreement of models on instances.

    Attributes:
        churn: Share of the instances that both of two models have a prediction for on which they
            differ, shape (models, models); NaN if there is no such instance.
        consensus: The most frequent prediction of each instance, in a tie the one with the lowest
            index, shape (instances,); -1 if it has none.
        share: Share of the models with a prediction that predict it, shape (instances,).
        wrong: Share of these models that are wrong, shape (instances,).
    """

    churn: NDArray[np.float64]
    consensus: NDArray[np.signedinteger]
    share: NDArray[np.float32]
    wrong: NDArray[np.float32]


def agreement(actual: NDArray[np.integer], predicted: NDArray[np.signedinteger]) -> Agreement:
    """Compare the predictions of several models.

    Churn is that of Milani Fard et al.: Launch and Iterate (NIPS 2016).

    Arguments:
        actual: Class index of each instance, shape (instances,).
        predicted: Class indices, shape (models, instances); -1 for no prediction.

    Examples:
        >>> found = agreement(np.array([0, 1, 1]), np.array([[0, 1, 0], [0, 0, -1]]))
        >>> found.churn
        array([[0. , 0.5],
               [0.5, 0. ]])
        >>> found.consensus, found.share
        (array([0, 0, 0]), array([1. , 0.5, 1. ], dtype=float32))
    """
    seen = predicted != NONE
    n = len(predicted)
    churn = np.full((n, n), np.nan)
    for first in range(n):
        for second in range(n):
            both = seen[first] & seen[second]
            if both.any():
                churn[first, second] = np.mean((predicted[first] != predicted[second])[both])
    consensus, share = most_frequent(predicted)
    with np.errstate(invalid="ignore", divide="ignore"):
        wrong = np.divide(
            (seen & (predicted != actual)).sum(axis=0), seen.sum(axis=0), dtype=np.float32
        )
    return Agreement(churn, consensus, share, wrong)
