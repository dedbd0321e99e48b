"""Write the link to a view that shows a finding; `hosts/link.py` reads it, and so does the page."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from confusionflow.reading.findings.logged import Split


def view_link(
    series: Sequence[Split],
    epochs: tuple[int, int] | None = None,
    at: int | None = None,
    actual: str | None = None,
    predicted: str | None = None,
    *,
    detail: str = "",
    where: Sequence[str] = (),
) -> str:
    """Write the view that shows a finding, as the fragment of a link.

    Arguments:
        series: The series.
        epochs: First and last epoch; None for all.
        at: The marked epoch; None for the newest.
        actual: Actual class of the cell or the row that is selected.
        predicted: Predicted class of the cell or the column.
        detail: Another measure of the actual class than its recall, such as "fn".
        where: Conditions on the instances behind it, such as "forgotten>=2".
    """
    parts = {
        "series": ",".join(f"{s.run.stored.api_id}.{s.id}.{i}" for i, s in enumerate(series)),
        "epochs": "" if epochs is None else f"{epochs[0]}-{epochs[1]}",
        "at": "" if at is None else str(at),
        "detail": _selection(actual, predicted, detail),
        "where": ",".join(map(write_name, where)),
    }
    return urlencode({name: text for name, text in parts.items() if text})


def _selection(actual: str | None, predicted: str | None, detail: str) -> str:
    if actual is not None and predicted is not None:
        return ",".join(["cell", write_name(actual), write_name(predicted)])
    if actual is not None:
        return f"{detail or 'recall'},{write_name(actual)}"
    return "" if predicted is None else f"fp,{write_name(predicted)}"


def write_name(name: str) -> str:
    """Write one of the names in a part of a link, which are separated by commas.

    Examples:
        >>> write_name("a, b"), write_name("50%"), write_name("")
        ('a%2C b', '50%25', '%')
    """
    return name.replace("%", "%25").replace(",", "%2C") or "%"
