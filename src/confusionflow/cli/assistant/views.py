"""Links to views of a run, for what an assistant names: splits, a cell, epochs."""

from __future__ import annotations

from collections.abc import Sequence

import confusionflow as cf
from confusionflow.cli.epochs import check_epochs
from confusionflow.errors import ArgumentError, ClassNotFoundError
from confusionflow.hosts import link


def view_of(
    series: Sequence[cf.Series],
    actual: str | None,
    predicted: str | None,
    epochs: tuple[int, int] | None,
    epoch: int | None = None,
) -> str:
    """Make the link to a view of some series of a run.

    Arguments:
        series: One or more series.
        actual, predicted: Classes of the selected cell; None for both selects the accuracy.
        epochs: First and last epoch to show, of which some were logged; None for all.
        epoch: Epoch to mark; None for the newest.

    Raises:
        ConfusionFlowError: only one class is given, or a class or the marked epoch does not exist.
    """
    view = link.with_series("", [(each.run.stored.api_id, each.id) for each in series])
    if actual is not None or predicted is not None:
        view = link.with_cell(view, _cell_of(series, actual, predicted))
    if epochs is not None:
        logged = [int(end) for each in series for end in each.epochs[[0, -1]]]
        view = link.with_range(view, (max(epochs[0], min(logged)), min(epochs[1], max(logged))))
    if epoch is not None:
        check_epochs(series, (epoch, epoch))
        view = link.with_epoch(view, epoch)
    return view


def _cell_of(
    series: Sequence[cf.Series], actual: str | None, predicted: str | None
) -> tuple[str, str]:
    if actual is None or predicted is None:
        raise ArgumentError(
            f"actual is {actual!r} and predicted is {predicted!r}. Pass both classes of a cell, or "
            "neither."
        )
    known = dict.fromkeys(name for each in series for name in each.classes)
    for name in (actual, predicted):
        if name not in known:
            raise ClassNotFoundError(name, known)
    return actual, predicted
