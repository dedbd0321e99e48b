"""Export series from a log directory to a file: the page, their counts, or a figure."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Never

import numpy as np

from confusionflow.errors import ArgumentError, EpochError, did_you_mean
from confusionflow.hosts import link
from confusionflow.reading.folded import FoldedSeries
from confusionflow.reading.logs import Logs
from confusionflow.reading.run import LoggedRun, Series

Exported = Logs | LoggedRun | Series | FoldedSeries
OPTIONS = {
    "html": ("title", "epochs", "classes", "view", "instances", "samples"),
    **dict.fromkeys(("csv", "parquet", "json", "folder"), ("epochs", "classes")),
    **dict.fromkeys(
        ("svg", "pdf", "png"), ("of", "epochs", "classes", "view", "width", "font_size")
    ),
}

# Drawing this many takes a moment; the page's list of series adds as many at once.
MOST_SHOWN = 64


def export(
    what: Exported | Iterable[Exported],
    path: str | os.PathLike[str],
    *,
    epochs: tuple[int, int] | None = None,
    classes: Sequence[str] | None = None,
    view: str | None = None,
    title: str | None = None,
    instances: int | None = None,
    samples: bool | None = None,
    of: Literal["matrix", "performance", "detail"] | None = None,
    width: float | str | None = None,
    font_size: float | None = None,
    **unknown: Never,
) -> int:
    """Write series into one file; the ending of its name decides the format.

    `.html` is the whole interactive page with its data, which opens without a server or a network;
    `.csv`, `.parquet` and `.json` are the counts as a long table with the columns run, run_id,
    split, epoch, actual, predicted, count; a name that ends in `/` is a folder of such tables,
    `run_id=…/split=…/part.parquet`, in which only what changed is written again; `.svg`, `.pdf` and
    `.png` are one figure of the page, which takes a Chromium or Chrome and
    `pip install 'confusionflow[figure]'`.

    Arguments:
        what: Logs, a run, a series, or a list of these, such as
            `[logs["adam"]["test"], logs["sgd"]["test"]]`. The page begins with all series of a
            list, up to 64. Folded series from `Logs.fold` begin folded; a table has a row for each
            run.
        path: The file to write; an existing one is replaced.
        epochs: First and last epoch, both included; None for all.
        classes: Names of the classes to keep; None for all. Rates stay those of all classes.
        view: A link to a view as the page copies it, or `widget.view`: how the page begins, or what
            the figure shows. Not for tables.
        title: Title of the page, only for `.html`.
        instances: How many of the instances that the view lists to include; none if left out. Only
            for `.html`.
        samples: Whether thumbnails, texts and columns of these instances go into the page as
            well. Anyone who gets the file can see them.
        of: Which figure: "matrix", the default, "performance" or "detail".
        width: How wide a figure is on paper: a number of mm, or a publisher's column: "acm",
            "acm-wide", "ieee", "ieee-wide", "neurips", "tvcg", "tvcg-wide".
        font_size: Size in pt of a figure's smallest text at that width; 7 if left out.
        unknown: There are no other options.

    Returns:
        The number of series in the file.

    Raises:
        ConfusionFlowError: the file would be empty, its folder is missing, its name has another
            ending, or an option is unknown or not for such a file.

    Examples:
        >>> import tempfile, confusionflow as cf
        >>> from pathlib import Path
        >>> log_dir = Path(tempfile.mkdtemp())
        >>> for name in ("adam", "sgd"):
        ...     with cf.Run(log_dir, name, classes=["cat", "dog"]) as run:
        ...         run.log(0, "test", y_true=["cat", "cat", "dog"], y_pred=["cat", "dog", "dog"])
        >>> logs = cf.open_logs(log_dir)
        >>> cf.export(logs, log_dir / "report.html")
        2
        >>> cf.export(logs["adam"]["test"], log_dir / "counts.json")
        1
        >>> print((log_dir / "counts.json").read_text())  # doctest: +ELLIPSIS
        [
        {"run": "adam", ... "epoch": 0, "actual": "cat", "predicted": "cat", "count": 1},
        ...
    """
    items = list(_items(what))
    form = _form_of(path)
    options: dict[str, Any] = {"epochs": epochs, "classes": classes, "view": view}
    options |= {"title": title, "instances": instances, "samples": samples, "of": of}
    options |= {"width": width, "font_size": font_size, **unknown}
    given = {name: value for name, value in options.items() if value is not None}
    _check(given, form)
    groups = [_held(item, epochs) for item in items]
    series = _each_once(groups)
    if "view" in OPTIONS[form]:
        given["view"] = _beginning(items, groups, link.fragment_of(view or ""))
    # Imported here, as the server and the browser take time to load.
    if form == "html":
        from confusionflow.exporters.report import export_report

        export_report(series, path, **given)
    elif "of" in OPTIONS[form]:
        from confusionflow.exporters.figure import export_figure

        return export_figure(series, path, given.pop("of", "matrix"), **given)
    elif form == "folder":
        from confusionflow.exporters.partitions import export_partitions

        export_partitions(series, path, **given)
    else:
        from confusionflow.exporters.table import export_table

        export_table(series, path, form, **given)  # type: ignore[arg-type]
    return len(series)


def chosen_series(
    what: object, epochs: tuple[int, int] | None, view: str | None
) -> tuple[list[Series], str]:
    """List the series that were passed, each once, and the view that a page of them begins with.

    Raises:
        ArgumentError: something that was passed has no series, or folded series are mixed with
            others.
    """
    items = list(_items(what))
    groups = [_held(item, epochs) for item in items]
    series = _each_once(groups)
    return series, _beginning(items, groups, link.fragment_of(view or ""))


def _each_once(groups: Iterable[Iterable[Series]]) -> list[Series]:
    """List each series once, in the order in which they were passed."""
    return list({_ref(one): one for group in groups for one in group}.values())


def _items(what: object) -> Iterator[Exported]:
    """List the series that were passed.

    Raises:
        ArgumentError: something that was passed has no series.
    """
    if isinstance(what, Exported):
        yield what
    elif isinstance(what, Iterable) and not isinstance(what, str | bytes | Mapping):
        for one in what:
            yield from _items(one)
    else:
        raise ArgumentError(
            f"What to export is {what!r:.60}, a {type(what).__name__}. Pass cf.open_logs(…), a run "
            "or a series of it, or a list of these; then the file."
        )


def _held(item: Exported, epochs: tuple[int, int] | None) -> list[Series]:
    """The series that have one of the epochs."""
    if isinstance(item, Series):
        series: Iterable[Series] = [item]
    elif isinstance(item, FoldedSeries):
        series = item.members
    else:
        runs = item.runs if isinstance(item, Logs) else [item]
        series = [one for run in runs for one in run.values()]
    first, last = epochs or (0, np.inf)
    return [one for one in series if ((one.epochs >= first) & (one.epochs <= last)).any()]


def _ref(one: Series) -> tuple[str, str]:
    """The ids of run and split, as links have them."""
    return one.run.stored.api_id, one.id


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a folder's: it ends in "/", or the folder exists."""
    return os.fspath(path).endswith(("/", os.sep)) or Path(path).is_dir()


def _form_of(path: str | os.PathLike[str]) -> str:
    """What kind of file it is, by the ending of its name.

    Raises:
        ArgumentError: there is no such kind.
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(
            f"The file is {path!r:.60}, a {type(path).__name__}. Pass a path, such as 'a.html'."
        )
    form = Path(path).suffix.lower().removeprefix(".")
    if is_folder(path) and form not in OPTIONS:
        return "folder"
    if form not in OPTIONS:
        raise ArgumentError(
            f"The file is called {Path(path).name!r}. Use .html for the page, .csv, "
            ".parquet or .json for the counts, / for a folder of them, .svg, .pdf or .png for a "
            "figure."
        )
    return form


def _check(given: Mapping[str, Any], form: str) -> None:
    """Check the options.

    Raises:
        ArgumentError: such a file has no such option, or the classes are a text.
        EpochError: the epochs are not a range.
    """
    for name in given:
        if name not in OPTIONS[form]:
            hint = did_you_mean(name, OPTIONS[form])
            raise ArgumentError(f"No option {name!r} for a .{form} file. {hint}")
    if isinstance(classes := given.get("classes"), str):
        raise ArgumentError(f"classes is {classes!r}. Pass a list of names: [{classes!r}].")
    try:
        first, last = given.get("epochs", (0, 0))
        is_range = bool(first <= last)
    except (TypeError, ValueError):
        is_range = False
    if not is_range:
        raise EpochError(
            f"epochs is {given['epochs']!r:.60}. Pass the first and the last, such as (0, 99)."
        )


def _beginning(items: Sequence[Exported], groups: Sequence[Sequence[Series]], view: str) -> str:
    """The view to begin with. If it names no series, it shows those that were passed.

    Raises:
        ArgumentError: folded series are mixed with others.
    """
    folded = [item for item in items if isinstance(item, FoldedSeries)]
    if link.read_series(view) is not None or (len(items) == 1 and not folded):
        return view
    refs = [[_ref(one) for one in group] for group in groups]
    if not folded:
        chosen = list(dict.fromkeys(ref for group in refs for ref in group))
        return link.with_series(view, chosen) if len(chosen) <= MOST_SHOWN else view
    if len(folded) < len(items) or len({one.over for one in folded}) > 1:
        raise ArgumentError(
            "Folded series are mixed with others, but the page folds all its series in the same "
            "way. Pass the result of one call of Logs.fold, or the members: [*folded.members]."
        )
    return link.with_folds(view, refs, folded[0].over)
