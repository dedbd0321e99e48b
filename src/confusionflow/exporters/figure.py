"""A figure of the page as SVG, PDF or PNG, drawn by the page itself in a hidden browser."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from confusionflow.errors import (
    ArgumentError,
    ConfusionFlowError,
    MissingPackageError,
    did_you_mean,
)
from confusionflow.exporters.browser import find_browser
from confusionflow.exporters.paper import (
    FONT_SIZE_PT,
    MM_PER_INCH,
    PNG_PX_PER_INCH,
    layout_width,
    parse_font_size,
    parse_width,
    sized,
)
from confusionflow.exporters.pdf import svg_to_pdf
from confusionflow.exporters.report import export_report
from confusionflow.exporters.target import target_file
from confusionflow.hosts import link
from confusionflow.reading.run import Series

if TYPE_CHECKING:
    from playwright.sync_api import Page

Figure = Literal["matrix", "performance", "detail"]
FORMATS = ("svg", "pdf", "png")


def export_figure(
    series: Sequence[Series],
    path: str | os.PathLike[str],
    figure: Figure = "matrix",
    *,
    epochs: tuple[int, int] | None = None,
    classes: Sequence[str] | None = None,
    view: str = "",
    width: float | str | None = None,
    font_size: float | None = None,
) -> int:
    """Write one figure of the page into a file. It is the figure that the page's export menu saves.

    Needs Playwright and Chromium or Chrome, but no network.

    Arguments:
        series: What to show, each in its own colour; if the view names series, only those are
            shown.
        path: The file to write; its name ends in .svg, .pdf or .png. An existing one is replaced.
        figure: The matrix, the class performance or the detail chart.
        epochs: First and last epoch, both included; None for all.
        classes: Names of the classes to show; None for all.
        view: A link to a view as the page copies it, or its fragment: mode, contrast, order of the
            classes, what the detail chart shows, and so on.
        width: Width on paper: a number of mm, or a publisher's column, such as "ieee" or
            "acm-wide"; None for the size on the screen.
        font_size: Size in pt of the smallest text at that width; None for 7.

    Returns:
        The number of series in it.

    Raises:
        ConfusionFlowError: the figure would be empty, the view shows series that are not given, the
            file's name has another ending, the width or the font size can't be right, or there is
            no Playwright or no browser.
    """
    path = target_file(path)
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise ArgumentError(
            f"The file is called {path.name!r}. Give it a name that ends in .svg, .pdf or .png."
        )
    if figure not in get_args(Figure):
        raise ArgumentError(f"No figure {figure!r}. {did_you_mean(figure, get_args(Figure))}")
    if font_size is not None and width is None:
        raise ArgumentError("A font size needs a width. Pass the width of the figure on paper.")
    paper = None
    if width is not None:
        paper = parse_width(width), parse_font_size(font_size or FONT_SIZE_PT)
    shown, view = _shown(series, view)
    # In its own thread: a notebook's has an event loop, in which Playwright does not run.
    with ThreadPoolExecutor(1) as thread:
        drawing = thread.submit(_draw, shown, path, figure, epochs, classes, view, paper)
        drawing.result()
    return len(shown)


def _draw(
    series: Sequence[Series],
    path: Path,
    figure: Figure,
    epochs: tuple[int, int] | None,
    classes: Sequence[str] | None,
    view: str,
    paper: tuple[float, float] | None,
) -> None:
    form = path.suffix.lower().removeprefix(".")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        export_report(series, report, epochs=epochs, classes=classes, view=view)
        with _page() as page:
            page.goto(report.as_uri())
            page.wait_for_selector("html[data-state=ready]")

            def drawn(form: str, *size: float) -> bytes:
                # As client/src/hosts/page.ts declares it.
                url = page.evaluate(
                    "([name, format, size]) => confusionflow.figure(name, format, ...size)",
                    [figure, form, size],
                )
                return base64.b64decode(url.partition(",")[2])

            size: tuple[float, ...] = ()
            if paper:
                size = (layout_width(lambda width: drawn("svg", width).decode(), *paper),)
            if form == "png":
                if paper:
                    size += (paper[0] / MM_PER_INCH * PNG_PX_PER_INCH / size[0],)
                path.write_bytes(drawn("png", *size))
                return
            svg = drawn("svg", *size).decode()
            if paper:
                svg = sized(svg, paper[0])
            path.write_bytes(svg_to_pdf(page, svg) if form == "pdf" else svg.encode())


def _shown(series: Sequence[Series], view: str) -> tuple[Sequence[Series], str]:
    """Return the series that a view shows, and the view; all series if it names none.

    Raises:
        ConfusionFlowError: it shows other series.
    """
    fragment = link.fragment_of(view)
    by_id = {(one.run.stored.api_id, one.id): one for one in series}
    chosen = link.read_series(fragment)
    if chosen is None:
        return series, link.with_series(fragment, list(by_id))
    missing = [ids for *ids, _ in chosen if tuple(ids) not in by_id]
    if missing or not chosen:
        raise ArgumentError(
            f"The link shows {len(chosen)} series, but {len(missing)} of them are not among the "
            f"{len(series)} that were chosen from the log directory. Copy the link again, or "
            "choose every series that it shows."
        )
    return [by_id[run, split] for run, split, _ in chosen], fragment


@contextmanager
def _page() -> Iterator[Page]:
    """Open an empty page in a hidden browser.

    Raises:
        ConfusionFlowError: Playwright or the browser is missing.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise MissingPackageError("playwright", "figure", "A figure") from None
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=find_browser())
        except Error as error:
            raise ConfusionFlowError(
                "Figures are drawn in a browser, but no browser could be started: "
                f"{error.message.splitlines()[0]}. Install Chromium or Chrome, or run: "
                "playwright install chromium"
            ) from None
        try:
            yield browser.new_page()
        except Error as error:
            raise ConfusionFlowError(
                f"The browser could not draw the figure: {error.message.splitlines()[0]}. Save it "
                "from the page instead: Export, SVG."
            ) from None
        finally:
            browser.close()
