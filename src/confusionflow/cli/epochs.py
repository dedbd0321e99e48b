"""Check that the epochs that a user names were logged."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import confusionflow as cf
from confusionflow.errors import EpochNotFoundError


def check_epochs(series: Sequence[cf.Series], epochs: tuple[int, int]) -> None:
    """Check that at least one of these series has an epoch in a range.

    Arguments:
        series: Series of a run; if none of them has any epoch, nothing is checked.
        epochs: First and last epoch; the last may be `sys.maxsize`, for no end.

    Raises:
        EpochNotFoundError: all their epochs are outside it.
    """
    logged = sorted({int(epoch) for each in series for epoch in each.epochs})
    first, last = epochs
    if not logged or any(first <= epoch <= last for epoch in logged):
        return
    wanted = f"from {first} on" if last == sys.maxsize else f"from {first} to {last}"
    if first == last:
        wanted = str(first)
    names = ", ".join(repr(each.name) for each in series)
    said = f"Split {names} has" if len(series) == 1 else f"Splits {names} have"
    raise EpochNotFoundError(
        f"{said} no epoch {wanted}. The {len(logged):,} logged epochs are from {logged[0]} to "
        f"{logged[-1]}."
    )
