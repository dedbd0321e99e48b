"""One HTML file that holds the whole interactive page and its data."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict, Unpack

from confusionflow.analysis.found_tree import find_tree
from confusionflow.analysis.metrics import accuracy
from confusionflow.analysis.order import Order, common_order
from confusionflow.errors import ConfusionFlowError, EpochError
from confusionflow.exporters.classes import check_classes
from confusionflow.exporters.report_features import held_features
from confusionflow.exporters.report_instances import held_instances
from confusionflow.exporters.target import target_file
from confusionflow.hosts.link import fragment_of
from confusionflow.reading.findings.finding import Findings
from confusionflow.reading.findings.of_run import findings_of_splits
from confusionflow.reading.findings.plain import plain
from confusionflow.reading.run import Series
from confusionflow.server.arrow_series import SeriesPart, encode_series
from confusionflow.server.models import RunList, RunSummary
from confusionflow.server.scalar_list import scalar_list
from confusionflow.server.summaries import summarise
from confusionflow.store.format.text import storable

STATIC = Path(__file__).parents[1] / "server" / "static"
# The orders that the client asks its source for; the declared one it knows.
ORDERS: tuple[Order, ...] = ("name", "support", "confused", "similarity")


class ReportOptions(TypedDict, total=False):
    """What a report holds and how it begins: the options of `report_page`."""

    title: str
    epochs: tuple[int, int] | None
    classes: Sequence[str] | None
    view: str
    instances: int
    samples: bool


def export_report(
    series: Sequence[Series], path: str | os.PathLike[str], **options: Unpack[ReportOptions]
) -> None:
    """Write the interactive page with the data of some series into one HTML file.

    The file opens from disk, without a network. Rates, precision, recall and F1 are those of all
    classes, whichever are kept.

    Arguments:
        series: The series to include.
        path: The file to write; an existing one is replaced.
        options: Those of `report_page`.

    Raises:
        ConfusionFlowError: the page can't be made, or the file's folder is missing.
    """
    file = target_file(path)
    file.write_text(report_page(series, **options), encoding="utf-8")


def report_page(
    series: Sequence[Series],
    *,
    title: str = "ConfusionFlow",
    epochs: tuple[int, int] | None = None,
    classes: Sequence[str] | None = None,
    view: str = "",
    instances: int = 0,
    samples: bool = False,
) -> str:
    """Make the text of the file that `export_report` writes.

    Arguments:
        series: The series to include.
        title: Title of the page.
        epochs: First and last epoch to include, both inclusive; None for all.
        classes: Names of the classes to include; None for all.
        view: A link to a view as the page copies it, or its fragment: how the report begins.
        instances: How many of the instances that are listed in the view to include.
        samples: Whether to include their thumbnails, texts and columns.

    Raises:
        ConfusionFlowError: it would be empty, a class is unknown, the view is not a link, or the
            page was not built.
    """
    if classes is not None:
        check_classes(series, classes)
    parts = [SeriesPart(one, epochs, classes) for one in series]
    parts = [part for part in parts if len(part.cube.epochs)]
    if not parts:
        raise EpochError(
            "There is nothing to export: no series"
            + (f" has an epoch from {epochs[0]} to {epochs[1]}." if epochs else " was logged yet.")
        )
    class_lists = [part.series.classes for part in parts]
    cubes = [part.cube for part in parts]
    tree = find_tree(class_lists, cubes, classes)
    embedded = {
        "runs": RunList(log_directory=title, runs=list(_run_summaries(parts))).model_dump(
            mode="json"
        ),
        "series": {
            f"{part.series.run.stored.api_id}/{part.series.id}": _packed(encode_series(part))
            for part in parts
        },
        "tree": asdict(tree),
        "orders": {by: common_order(class_lists, cubes, by) for by in ORDERS},
        "findings": _findings(parts, epochs),
        "scalars": {
            part.series.run.stored.api_id: scalar_list(part.series.run, epochs).model_dump(
                mode="json"
            )["scalars"]
            for part in parts
        },
        "view": fragment_of(view),
        "features": held_features(
            fragment_of(view), parts, epochs, with_points=instances > 0 and classes is None
        ),
        "instances": held_instances(fragment_of(view), parts, tree, instances, with_samples=samples)
        if instances
        else None,
    }
    return _page(title, json.dumps(embedded))


def make_report(series: Sequence[Series], view: str) -> str:
    """Make what the page exports: a report that begins with a view."""
    return report_page(series, view=view)


def _run_summaries(parts: Sequence[SeriesPart]) -> Iterator[RunSummary]:
    """Describe the runs for the table of series, as far as the report holds them."""
    by_run: dict[str, list[SeriesPart]] = {}
    for part in parts:
        by_run.setdefault(part.series.run.stored.api_id, []).append(part)
    for held in by_run.values():
        summary = summarise(held[0].series.run.stored)
        splits = {split.id: split for split in summary.splits}
        yield summary.model_copy(
            update={
                "splits": [
                    splits[part.series.id].model_copy(
                        update={
                            "epoch_count": len(part.cube.epochs),
                            "first_epoch": int(part.cube.epochs[0]),
                            "last_epoch": int(part.cube.epochs[-1]),
                            "last_accuracy": _number(accuracy(part.cube)[-1]),
                            "class_count": len(part.classes),
                        }
                    )
                    for part in held
                ]
            }
        )


def _findings(
    parts: Sequence[SeriesPart], epochs: tuple[int, int] | None
) -> dict[str, list[dict[str, Any]]]:
    """The findings in the included splits of each run, by address."""
    by_run: dict[str, list[Series]] = {}
    for part in parts:
        by_run.setdefault(part.series.run.stored.api_id, []).append(part.series)
    return {
        address: plain(Findings(findings_of_splits(series, epochs=epochs)))
        for address, series in by_run.items()
    }


def _number(value: float) -> float | None:
    return None if value != value else float(value)


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def _page(title: str, data: str) -> str:
    """The built page as one file: with its script, style, fonts and icon inside, and the data.

    Raises:
        ConfusionFlowError: the page was not built.
    """
    title = storable(title)
    index, script_file, style_file = (
        STATIC / name for name in ("index.html", "report.js", "report.css")
    )
    if not (index.is_file() and script_file.is_file() and style_file.is_file()):
        raise ConfusionFlowError("The page was not built. Install the package again.")
    page = index.read_text(encoding="utf-8")
    script_at, style_at, icon_at = (
        _only(pattern, page)
        for pattern in (
            r'<script type="module"[^>]* src="\./([^"]+)"></script>',
            r'<link rel="stylesheet"[^>]* href="\./([^"]+)">',
            r'<link rel="icon" href="\./([^"]+)"[^>]*>',
        )
    )
    # Text that looks like the end of a script would end it; there is no other escape in a data
    # element.
    script = script_file.read_text(encoding="utf-8").replace("</script", r"<\/script")
    held = data.replace("<", r"\u003c")
    ahead = re.findall(r'<link\s+rel="(?:module)?preload"[^>]*>', page)
    replaced = dict.fromkeys(ahead, "") | {
        script_at[0]: "",
        style_at[0]: f"<style>{style_file.read_text(encoding='utf-8')}</style>",
        icon_at[0]: f'<link rel="icon" href="{_data_uri(STATIC / icon_at[1], "image/svg+xml")}">',
        "<title>ConfusionFlow</title>": f"<title>{html.escape(title)}</title>",
        '<meta charset="utf-8" />': '<meta charset="utf-8" />\n'
        f'    <meta http-equiv="Content-Security-Policy" content="{_policy(script, held)}">',
        "</body>": f'<script type="application/json" id="confusionflow-data">{held}</script>\n'
        f'<script type="module">{script}</script>\n  </body>',
    }
    # In one pass, so that inserted text is not searched.
    pattern = "|".join(re.escape(old) for old in replaced)
    return re.sub(pattern, lambda match: replaced[match[0]], page)


def _policy(*scripts: str) -> str:
    """The Content-Security-Policy that runs these scripts only, and loads nothing."""
    checksums = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    )
    return (
        f"default-src 'none'; script-src {checksums}; style-src 'unsafe-inline'; "
        "font-src data:; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _data_uri(path: Path, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _only(pattern: str, page: str) -> re.Match[str]:
    matches = list(re.finditer(pattern, page))
    if len(matches) != 1:
        raise ConfusionFlowError(
            f"The page was built by another version ({len(matches)} matches of "
            f"{pattern!r}). Install the package again."
        )
    return matches[0]
