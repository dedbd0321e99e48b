"""A figure as a PDF that publishers accept: its text is text, without Type 3 fonts."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from confusionflow.errors import ConfusionFlowError, ConfusionFlowWarning
from confusionflow.server.app import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The page's own font varies along axes, and Chromium writes such fonts as Type 3.
STYLE = """
    text { font-family: Inter, sans-serif; font-variant-emoji: text; font-synthesis: none; }
    svg { display: block; }
    body { margin: 0; }
"""

SHOW = """async ([svg, style]) => {
    const sheet = document.createElement("style");
    sheet.textContent = style;
    const figure = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    document.head.replaceChildren(sheet);
    document.body.replaceChildren(document.importNode(figure, true));
    const text = document.body.textContent;
    const fonts = ["400 12px Inter", "600 12px Inter"];
    await Promise.all(fonts.map((font) => document.fonts.load(font, text)));
    const { width, height } = document.querySelector("svg").getBoundingClientRect();

    // A character that no font has is drawn as the same box as one that can't exist.
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const drawn = (character) => {
        pen.clearRect(0, 0, 48, 48);
        pen.font = "24px Inter, sans-serif";
        pen.fillText(character, 8, 32);
        return pen.getImageData(0, 0, 48, 48).data.join();
    };
    const box = drawn("\\u{10fffe}");
    const missing = [...new Set(text)].filter((one) => one > "\\u{ff}" && drawn(one) === box);
    // The box comes from a font of Type 3; the mark for an unknown character is one of Inter's.
    for (const element of document.querySelectorAll("text"))
        for (const one of missing)
            element.textContent = element.textContent.replaceAll(one, "\\u{fffd}");
    return { width, height, missing };
}"""


def svg_to_pdf(page: Page, svg: str) -> bytes:
    """Print an SVG figure as a PDF of its size, with its fonts inside.

    Warns about characters that no font on this machine has, and fonts that publishers refuse.
    """
    sheet = STATIC / "figure-fonts.css"
    if not sheet.is_file():
        raise ConfusionFlowError("The page was not built. Install the package again.")
    shown = page.evaluate(SHOW, [svg, sheet.read_text(encoding="utf-8") + STYLE])
    if shown["missing"]:
        names = ", ".join(f"{one!r} (U+{ord(one):04X})" for one in shown["missing"][:10])
        warnings.warn(
            f"No font on this machine has {names}; the figure shows \ufffd instead. Install a font "
            "that has them, such as one of the Noto fonts.",
            ConfusionFlowWarning,
            stacklevel=2,
        )
    # If the figure is a hair higher than the sheet, a second, empty one would follow.
    pdf = page.pdf(
        width=f"{shown['width']}px",
        height=f"{shown['height'] + 1}px",
        print_background=True,
        page_ranges="1",
    )
    if b"/Type3" in pdf:
        warnings.warn(
            "Some characters of the figure came from a font that can only be embedded as Type 3, "
            "which some publishers refuse. Rename the classes or runs that have them.",
            ConfusionFlowWarning,
            stacklevel=2,
        )
    return pdf
