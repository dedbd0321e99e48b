"""The one-file report as the output of a notebook's cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from confusionflow.exporters.export import Exported, chosen_series


class Report:
    """The interactive page with its data, as HTML. A cell that ends in it shows it.

    The page stays in the notebook that is saved: it needs neither a kernel nor a network.

    Attributes:
        html: The text of the file that `cf.export` writes.
        height: Height in pixels.
    """

    def __init__(self, html: str, height: int) -> None:
        self.html = html
        self.height = height

    def _repr_html_(self) -> str:
        """Make a frame that holds the page: its scripts can't reach the notebook."""
        return (
            f'<iframe srcdoc="{escape(self.html)}" title="ConfusionFlow" '
            'sandbox="allow-scripts allow-downloads allow-popups" '
            f'style="width: 100%; height: {self.height}px; border: 0"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Report({len(self.html) / 1e6:.1f} MB)"


def report(
    what: Exported | Iterable[Exported],
    *,
    epochs: tuple[int, int] | None = None,
    classes: Sequence[str] | None = None,
    view: str | None = None,
    title: str = "ConfusionFlow",
    height: int = 640,
) -> Report:
    """Make the interactive page with its data for the output of a notebook's cell.

    The widget that logs, runs and series show needs a kernel. This does not: it is in the notebook
    when it is saved, sent or converted to HTML. It does not follow what is logged later.

    Arguments:
        what: Logs, a run, a series, or a list of these, as for `cf.export`.
        epochs: First and last epoch, both included; None for all.
        classes: Names of the classes to keep; None for all.
        view: A link to a view as the page copies it, or `widget.view`: how the page begins.
        title: Title of the page.
        height: Height in pixels.

    Raises:
        ConfusionFlowError: it would be empty, or a class is unknown.

    Examples:
        >>> import tempfile, confusionflow as cf
        >>> log_dir = tempfile.mkdtemp()
        >>> with cf.Run(log_dir, name="demo", classes=["cat", "dog"]) as run:
        ...     run.log_matrix(0, "test", [[95, 5], [10, 90]])
        >>> cf.report(cf.open_logs(log_dir)["demo"])  # doctest: +ELLIPSIS
        Report(... MB)
    """
    from confusionflow.exporters.report import report_page  # loads what the server needs

    series, beginning = chosen_series(what, epochs, view)
    page = report_page(series, title=title, epochs=epochs, classes=classes, view=beginning)
    return Report(page, height)
