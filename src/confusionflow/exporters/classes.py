"""Classes that an export is to keep."""

from __future__ import annotations

from collections.abc import Sequence

from confusionflow.errors import ClassesError, did_you_mean
from confusionflow.reading.run import Series


def check_classes(series: Sequence[Series], classes: Sequence[str]) -> None:
    """Tell names of classes apart from what is none.

    Raises:
        ClassesError: no series has a class of that name, or there is no name.
    """
    known = dict.fromkeys(name for one in series for name in one.classes)
    for name in classes:
        if name not in known:
            raise ClassesError(f"No class {name!r} in these series. {did_you_mean(name, known)}")
    if not classes:
        raise ClassesError("classes is empty. Pass the names of some classes, or None for all.")
