"""The size of a figure on paper: how wide it is, and how large its smallest text."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

from confusionflow.errors import ArgumentError, did_you_mean

# Widths that the publishers' templates give to a figure, in mm.
COLUMNS_MM = {
    "acm": 84.7,
    "acm-wide": 177.9,
    "ieee": 88.9,
    "ieee-wide": 181.9,
    "neurips": 139.7,
    "tvcg": 88.9,
    "tvcg-wide": 181.9,
}
FONT_SIZE_PT = 7.0
MM_PER_INCH = 25.4
PT_PER_INCH = 72
PNG_PX_PER_INCH = 300
NARROWEST_MM, WIDEST_MM = 40.0, 1000.0
# A wider layout has more and other texts, so the widest one whose texts are all large enough is
# taken.
ROUNDS = 4
TOLERANCE_PT = 0.03


def parse_width(text: str | float) -> float:
    """The width in mm of a column of a publisher, or a number of mm.

    Raises:
        ArgumentError: it is neither.

    Examples:
        >>> parse_width("ieee"), parse_width("120"), parse_width(60)
        (88.9, 120.0, 60.0)
    """
    if isinstance(text, str) and text.lower() in COLUMNS_MM:
        return COLUMNS_MM[text.lower()]
    try:
        width_mm = float(text)
    except (TypeError, ValueError):
        width_mm = float("nan")
    if not NARROWEST_MM <= width_mm <= WIDEST_MM:
        raise ArgumentError(
            f"The width is {text!r}. Pass a number of mm from {NARROWEST_MM:g} to {WIDEST_MM:g}, "
            f"or a column: {', '.join(COLUMNS_MM)}. {did_you_mean(str(text), COLUMNS_MM)}"
        )
    return width_mm


def parse_font_size(size: float) -> float:
    """The size of a figure's smallest text, in pt.

    Raises:
        ArgumentError: it is not a size from 4 to 24.
    """
    if not isinstance(size, int | float) or not 4 <= size <= 24:
        raise ArgumentError(f"The font size is {size!r}. Pass points from 4 to 24, such as 7.")
    return float(size)


def layout_width(draw: Callable[[float], str], width_mm: float, font_size_pt: float) -> float:
    """The width in CSS pixels to draw a figure at, so that its text has a size on paper.

    Drawn at it and scaled to `width_mm`, the smallest text has `font_size_pt`.

    Arguments:
        draw: Draws the figure at a width in CSS pixels, as the text of an SVG.
    """
    width_pt = width_mm / MM_PER_INCH * PT_PER_INCH
    smallest_px, fitting = 10.0, 0
    for _ in range(ROUNDS):
        width_px = round(width_pt * smallest_px / font_size_pt)
        smallest_px = smallest_text(draw(width_px)) or smallest_px
        if smallest_px * width_pt / width_px > font_size_pt - TOLERANCE_PT:
            fitting = max(fitting, width_px)
    return fitting or width_px


def smallest_text(svg: str) -> float | None:
    """The size of the smallest text in an SVG, in its own units; None without text."""
    return min((float(size) for size in re.findall(r'font-size="([\d.]+)px"', svg)), default=None)


def sized(svg: str, width_mm: float) -> str:
    """Give an SVG this width on paper, and the height that keeps its proportions."""
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    root = ElementTree.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    root.set("viewBox", f"0 0 {width:g} {height:g}")
    root.set("width", f"{width_mm:g}mm")
    root.set("height", f"{height / width * width_mm:.6g}mm")
    return ElementTree.tostring(root, encoding="unicode")
