"""Choose the epochs and instances to evaluate, because evaluating costs time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError
from confusionflow.integrations.predictions import class_labels


def check_every(every: int) -> int:
    """Return `every`, the number of epochs from one evaluation to the next.

    Raises:
        ArgumentError: it is not an integer of 1 or more.
    """
    if not isinstance(every, int) or isinstance(every, bool) or every < 1:
        raise ArgumentError(f"every is {every!r}. Pass 1 for every epoch, 5 for every fifth.")
    return every


def is_due(epoch: int, every: int) -> bool:
    """Whether an epoch is evaluated: the first one and each `every`-th after it.

    Examples:
        >>> [epoch for epoch in range(7) if is_due(epoch, 3)]
        [0, 3, 6]
    """
    return epoch % every == 0


def stratified_subset(
    labels: Any, subset: int | float | None, *, seed: int = 0
) -> NDArray[np.intp] | None:
    """Choose instances so that each class keeps its share.

    The same arguments give the same instances, so that epochs can be compared. Every class keeps at
    least one instance.

    Arguments:
        labels: The class of each instance, shape (instances,), indices or names; instances with
            several labels, such as those of pixels, are chosen at random.
        subset: How many instances, or a share of them below 1; None for all.
        seed: Another seed chooses others.

    Returns:
        Indices of the chosen instances, increasing; None if all are chosen.

    Raises:
        ArgumentError: `subset` is neither.

    Examples:
        >>> stratified_subset([0] * 90 + [1] * 10, 0.1).size
        10
        >>> chosen = stratified_subset([0] * 90 + [1] * 10, 20)
        >>> int((chosen >= 90).sum())
        2
    """
    if subset is None:
        return None
    array = np.asarray(labels)
    if array.ndim != 1:  # tokens or pixels: an instance has several classes
        array = np.zeros(len(array), np.int8)
    if isinstance(subset, bool) or not subset > 0:
        raise ArgumentError(
            f"subset is {subset!r}. Pass a number of instances, or a share below 1."
        )
    wanted = subset * array.size if subset < 1 else subset
    if wanted >= array.size:
        return None
    rng = np.random.default_rng(seed)
    classes, counts = np.unique(array, return_counts=True)
    kept = []
    for name, count in zip(classes, counts, strict=True):
        size = max(1, round(wanted * count / array.size))
        kept.append(rng.permutation(np.flatnonzero(array == name))[:size])
    return np.sort(np.concatenate(kept))


def taken(values: Any, kept: NDArray[np.intp]) -> Any:
    """Take some rows of features or labels: of arrays, of frames, or of each in a list or dict.

    Examples:
        >>> taken({"image": np.arange(3), "text": np.array(["a", "b", "c"])}, np.array([0, 2]))
        {'image': array([0, 2]), 'text': array(['a', 'c'], dtype='<U1')}
    """
    if isinstance(values, Mapping):
        return {name: taken(value, kept) for name, value in values.items()}
    if hasattr(values, "iloc"):
        return values.iloc[kept]
    if isinstance(values, (list, tuple)):
        if values and hasattr(values[0], "shape") and len(values[0].shape) > 0:
            return type(values)(taken(value, kept) for value in values)
        return np.asarray(values)[kept]
    return values[kept]


def chosen_rows(
    data: Mapping[str, tuple[Any, Any]], subset: int | float | None
) -> dict[str, tuple[Any, Any]]:
    """Choose instances of each split; their features and labels stay frames or arrays.

    Arguments:
        data: Features and labels by split.
        subset: As for `stratified_subset`.
    """
    chosen = {}
    for split, (features, labels) in data.items():
        kept = stratified_subset(class_labels(labels), subset)
        if kept is not None:
            features, labels = taken(features, kept), taken(labels, kept)
        chosen[split] = (features, labels)
    return chosen
