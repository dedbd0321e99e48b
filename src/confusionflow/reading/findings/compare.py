"""What differs between two series, runs or configurations."""

from __future__ import annotations

from collections.abc import Callable

from confusionflow.errors import ArgumentError
from confusionflow.reading.findings.behaviour import Groups
from confusionflow.reading.findings.configurations import findings_between_folds
from confusionflow.reading.findings.finding import Finding, Findings
from confusionflow.reading.findings.of_run import between_runs, between_series
from confusionflow.reading.findings.pair import Epochs
from confusionflow.reading.folded import FoldedSeries
from confusionflow.reading.run import LoggedRun, Series


def compare(
    a: Series | LoggedRun | FoldedSeries,
    b: Series | LoggedRun | FoldedSeries,
    *,
    epochs: Epochs | None = None,
    other_epochs: Epochs | None = None,
    groups: Groups | None = None,
    exploratory: bool = False,
) -> Findings:
    """Find what differs between two series, runs or configurations.

    Series of one split name whose instances have ids are compared instance by instance, else as
    two samples. Of two runs, the splits that both have are compared. Of folded series, each run is
    one observation.

    Arguments:
        a: What is compared with.
        b: The other: effects are b - a.
        epochs: First and last epoch; None for the last quarter of the shared epochs, at least ten.
        other_epochs: Another range for `b`, to compare two windows.
        groups: Group (patient, video) of each instance id, to keep groups whole; None for those of
            the samples that were logged, if there are any. Pass {} for none.
        exploratory: Mark findings as of epochs that were picked by eye. It changes no level.

    Raises:
        ArgumentError: the two are not of one kind, or share no split.
        EpochError: they share no epoch in the range.

    Examples:
        >>> import tempfile, confusionflow as cf
        >>> log_dir = tempfile.mkdtemp()
        >>> for name, right in (("old", 95), ("new", 60)):
        ...     with cf.Run(log_dir, name, classes=["cat", "dog"]) as run:
        ...         run.log_matrix(0, "test", [[right, 100 - right], [10, 90]])
        >>> logs = cf.open_logs(log_dir)
        >>> found = cf.compare(logs["old"]["test"], logs["new"]["test"])
        >>> found[0].level, found[0].actual, round(found[0].effect, 2)
        ('certain', 'cat', -0.35)
    """
    if isinstance(a, FoldedSeries) and isinstance(b, FoldedSeries):
        return Findings(findings_between_folds(a, b, epochs, exploratory=exploratory))
    if isinstance(a, LoggedRun) and isinstance(b, LoggedRun):
        between: Callable[..., list[Finding]] = between_runs
    elif isinstance(a, Series) and isinstance(b, Series):
        between = between_series
    else:
        raise ArgumentError(
            f"Got {type(a).__name__} and {type(b).__name__}. Pass two series, two runs or two "
            "folded series."
        )
    return Findings(
        between(
            a,
            b,
            epochs=epochs,
            other_epochs=other_epochs,
            groups=groups,
            exploratory=exploratory,
        )
    )
