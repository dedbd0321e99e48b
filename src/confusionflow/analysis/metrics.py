"""Numbers of a cube: each is a function of one cube and costs what its non-zero counts cost.

With n[e, a, p] the counts: support s[e, a] = Σp n, predicted total t[e, p] = Σa n,
TP = n[e, c, c], FN = s - TP, FP = t - TP. A ratio 0/0 is undefined: NaN, never 0.
"""

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.cube import Cube


def support(cube: Cube) -> NDArray[np.int64]:
    """Instances of each actual class, Σp n, shape (epochs, classes).

    Examples:
        >>> support(Cube.from_dense([0], [[[8, 2], [1, 3]]]))
        array([[10,  4]])
    """
    return _sum(cube, cube.actual)


def predicted_total(cube: Cube) -> NDArray[np.int64]:
    """Instances predicted as each class, Σa n, shape (epochs, classes).

    Examples:
        >>> predicted_total(Cube.from_dense([0], [[[8, 2], [1, 3]]]))
        array([[9, 5]])
    """
    return _sum(cube, cube.predicted)


def true_positives(cube: Cube) -> NDArray[np.int64]:
    """Correct predictions of each class, the diagonal, shape (epochs, classes).

    Examples:
        >>> true_positives(Cube.from_dense([0], [[[8, 2], [1, 3]]]))
        array([[8, 3]])
    """
    counts = np.zeros((len(cube.epochs), cube.n_classes), dtype=np.int64)
    correct = cube.actual == cube.predicted
    counts[cube.epoch_index[correct], cube.actual[correct]] = cube.count[correct]
    return counts


def false_negatives(cube: Cube) -> NDArray[np.int64]:
    """Instances of each class that were predicted as another, shape (epochs, classes).

    Examples:
        >>> false_negatives(Cube.from_dense([0], [[[8, 2], [1, 3]]]))
        array([[2, 1]])
    """
    return support(cube) - true_positives(cube)


def false_positives(cube: Cube) -> NDArray[np.int64]:
    """Instances of other classes that were predicted as this one, shape (epochs, classes).

    Examples:
        >>> false_positives(Cube.from_dense([0], [[[8, 2], [1, 3]]]))
        array([[1, 2]])
    """
    return predicted_total(cube) - true_positives(cube)


def total(cube: Cube) -> NDArray[np.int64]:
    """Instances counted in each epoch, shape (epochs,).

    Examples:
        >>> total(Cube.from_dense([0], [[[8, 2], [1, 3]]]))
        array([14])
    """
    counts = np.zeros(len(cube.epochs), dtype=np.int64)
    np.add.at(counts, cube.epoch_index, cube.count)
    return counts


def precision(cube: Cube) -> NDArray[np.float64]:
    """Correct share of the predictions of each class, TP / (TP + FP), shape (epochs, classes).

    Examples:
        >>> precision(Cube.from_dense([0], [[[8, 2], [1, 3]]])).round(3)
        array([[0.889, 0.6  ]])
    """
    return ratio(true_positives(cube), predicted_total(cube))


def recall(cube: Cube) -> NDArray[np.float64]:
    """Correct share of the instances of each class, TP / (TP + FN), shape (epochs, classes).

    Examples:
        >>> recall(Cube.from_dense([0, 1], [[[8, 2], [1, 3]], [[0, 0], [1, 4]]]))
        array([[0.8 , 0.75],
               [ nan, 0.8 ]])
    """
    return ratio(true_positives(cube), support(cube))


def f1(cube: Cube) -> NDArray[np.float64]:
    """Harmonic mean of precision and recall, 2TP / (2TP + FP + FN), shape (epochs, classes).

    Defined (and 0) if one of the two is undefined. NaN only if a class neither occurs
    nor is predicted.

    Examples:
        >>> f1(Cube.from_dense([0], [[[0, 2], [0, 2]]])).round(3)
        array([[0.   , 0.667]])
    """
    return ratio(2 * true_positives(cube), support(cube) + predicted_total(cube))


def accuracy(cube: Cube) -> NDArray[np.float64]:
    """Correct share of all instances, ΣTP / Σn, shape (epochs,).

    Examples:
        >>> accuracy(Cube.from_dense([0, 1], [[[8, 2], [1, 3]], [[0, 0], [0, 0]]])).round(3)
        array([0.786,   nan])
    """
    return ratio(true_positives(cube).sum(axis=1), total(cube))


def false_negative_rate(cube: Cube) -> NDArray[np.float64]:
    """Missed share of the instances of each class, FN / support, shape (epochs, classes).

    Examples:
        >>> false_negative_rate(Cube.from_dense([0], [[[8, 2], [1, 3]]]))
        array([[0.2 , 0.25]])
    """
    return ratio(false_negatives(cube), support(cube))


def false_discovery_rate(cube: Cube) -> NDArray[np.float64]:
    """Wrong share of the predictions of each class, FP / (TP + FP), shape (epochs, classes).

    Divided by the class's own predictions, it is 1 - precision, and can be compared with the
    false-negative rate. The false-positive rate, which divides by the number of all other
    instances, would be nearly zero if there are many classes.

    Examples:
        >>> false_discovery_rate(Cube.from_dense([0], [[[8, 2], [1, 3]]])).round(3)
        array([[0.111, 0.4  ]])
    """
    return ratio(false_positives(cube), predicted_total(cube))


def cell_rates(cube: Cube) -> NDArray[np.float64]:
    """Rate of each non-zero count, n / support of its *actual* class, shape (rows,).

    Examples:
        >>> cell_rates(Cube.from_dense([0], [[[8, 2], [1, 3]]]))
        array([0.8 , 0.2 , 0.25, 0.75])
    """
    return ratio(cube.count, support(cube)[cube.epoch_index, cube.actual])


def ratio(numerator: NDArray[np.integer], denominator: NDArray[np.integer]) -> NDArray[np.float64]:
    """Divide counts elementwise; x/0 is NaN without a warning.

    Examples:
        >>> ratio(np.array([1, 0]), np.array([4, 0]))
        array([0.25,  nan])
    """
    result = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def _sum(cube: Cube, labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Add up counts by epoch and label, shape (epochs, classes)."""
    # bincount with weights would go through float64, which is exact only below 2^53.
    counts = np.zeros(len(cube.epochs) * cube.n_classes, dtype=np.int64)
    np.add.at(counts, cube.epoch_index * cube.n_classes + labels, cube.count)
    return counts.reshape(len(cube.epochs), cube.n_classes)
