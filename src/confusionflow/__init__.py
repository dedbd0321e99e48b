"""See how a classifier's confusion changes while it learns.

Log from a training with `Run`, read with `open_logs`, look with `confusionflow serve`, hand on with
`export`.
"""

from confusionflow import errors
from confusionflow.engines.log import log_counts
from confusionflow.exporters.export import export
from confusionflow.exporters.output import Report, report
from confusionflow.importers.frames import log_frame
from confusionflow.log import Run
from confusionflow.log.notebook import Page as _Page
from confusionflow.log.notebook import Shown as _Shown
from confusionflow.log.notebook import register_page as _register_page
from confusionflow.reading.agreement import Agreement, agreement
from confusionflow.reading.findings.compare import compare
from confusionflow.reading.findings.finding import Finding, Findings
from confusionflow.reading.folded import FoldedSeries
from confusionflow.reading.logs import Logs, open_logs
from confusionflow.reading.run import LoggedRun, Series

__all__ = [
    "Agreement",
    "Finding",
    "Findings",
    "FoldedSeries",
    "LoggedRun",
    "Logs",
    "Report",
    "Run",
    "Series",
    "__version__",
    "agreement",
    "compare",
    "errors",
    "export",
    "log_counts",
    "log_frame",
    "open_logs",
    "report",
]

__version__ = "0.1.0"


def _make_page(shown: _Shown) -> _Page:
    """Make the page for a notebook; loads what that takes."""
    from confusionflow.hosts.widget import Widget

    return Widget(shown.filesystem, view=shown.view)


_register_page(_make_page)


def __dir__() -> list[str]:
    """What completion offers: what users need, not the rooms that were loaded."""
    return [*__all__, "analysis"]
