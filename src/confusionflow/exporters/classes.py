"""The classes that an export keeps."""

from __future__ import annotations

from collections.abc import Sequence

from confusionflow.errors import ClassesError, did_you_mean
from confusionflow.reading.run import Series


def check_classes(series: Sequence[Series], classes: Sequence[str]) -> None:
    """Check that all names are names of classes.

    Raises:
        ClassesError: no series has a class of that name, or there are no names.
    """
    known = dict.fromkeys(name for one in series for name in one.classes)
    for name in classes:
        if name not in known:
            raise ClassesError(f"No class {name!r} in these series. {did_you_mean(name, known)}")
    if not classes:
        raise ClassesError("classes is empty. Pass the names of some classes, or None for all.")
