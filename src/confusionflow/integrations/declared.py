"""Check that a run can keep features."""

from __future__ import annotations

from confusionflow.errors import ArgumentError
from confusionflow.log import Run


def check_declares_classes(run: Run) -> None:
    """Refuse a run without declared classes: features are kept by class.

    Raises:
        ArgumentError: it declares none.
    """
    if run.n_classes is None:
        raise ArgumentError(
            "The run declares no classes, and features are kept by class. Pass them: "
            "Run(..., classes=[…])."
        )
