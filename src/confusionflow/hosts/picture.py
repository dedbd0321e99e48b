"""Draw a still picture of the page, for notebooks that are read without a kernel."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from confusionflow.reading.run import Series

# The colours of the page's first eight series, in the order in which it gives them out.
COLORS = (
    (41, 110, 195),
    (207, 124, 0),
    (0, 118, 80),
    (144, 30, 31),
    (131, 83, 179),
    (0, 145, 157),
    (188, 86, 148),
    (140, 131, 0),
)
# A picture has no room for more; it says so.
MOST_CLASSES = 40
SIDE = 560
FONT = 'font-family="system-ui, sans-serif"'
GAMMA = 0.6


def picture_of(series: Sequence[Series]) -> str | None:
    """Draw the matrix of some series as the page first shows it: a heat strip for each cell.

    Arguments:
        series: The series that are shown, in the order of their colours.

    Returns:
        SVG; None if no series has an epoch.
    """
    shown = [one for one in series if len(one.epochs)][: len(COLORS)]
    if not shown:
        return None
    classes = list(dict.fromkeys(name for one in shown for name in one.classes))[:MOST_CLASSES]
    strips = [_rates(one, classes) for one in shown]
    most = max(float(np.nanmax(strip, initial=0)) for strip in strips)
    pixels = _pixels(strips, len(classes), most)
    names = max(len(name) for name in classes)
    left = min(150, 14 + 7 * names)
    first = min(int(one.epochs[0]) for one in shown)
    last = max(int(one.epochs[-1]) for one in shown)
    top = 66 + 18 * len(shown)
    texts = [
        _text(16, 24, "ConfusionFlow", 'font-weight="600" font-size="15"'),
        *_legend(shown),
        *_class_names(classes, left, top),
    ]
    unit = shown[0].run.time_unit
    note = f"rows: actual, columns: predicted; {unit} {first} to {last} from left to right; "
    note += f"darker is more often confused, up to {most:.1%} of the actual class"
    hidden = len({name for one in shown for name in one.classes}) - len(classes)
    note += f"; {hidden} classes are not in the picture" if hidden else ""
    texts.append(_text(16, top + SIDE + 22, note, 'font-size="11" fill="#555"'))
    again = "A picture of the page. Run the cell again for the page itself."
    texts.append(_text(16, top + SIDE + 40, again, 'font-size="11" fill="#555"'))
    width, height = max(left + SIDE + 16, 760), top + SIDE + 56
    image = base64.b64encode(_png(pixels)).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="Confusion over time" {FONT}>'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<image x="{left}" y="{top}" width="{SIDE}" height="{SIDE}" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{image}"/>'
        f"{''.join(texts)}</svg>"
    )


def _legend(series: Sequence[Series]) -> Iterator[str]:
    """Draw the colour and the name of each series."""
    for at, one in enumerate(series):
        y = 46 + 18 * at
        color = f"rgb{COLORS[at]}"
        yield f'<rect x="16" y="{y - 9}" width="10" height="10" rx="2" fill="{color}"/>'
        yield _text(32, y, f"{one.run.name} · {one.name}", 'font-size="12"')


def _class_names(classes: Sequence[str], left: float, top: float) -> Iterator[str]:
    """Draw the names of the classes beside the rows, and above the columns if they fit."""
    cell = SIDE / len(classes)
    for at, name in enumerate(classes):
        middle = (at + 0.5) * cell
        short = name if len(name) <= 18 else f"{name[:17]}…"
        size = f'font-size="{min(12, max(6, cell * 0.8)):.0f}"'
        yield _text(left - 8, top + middle + 4, short, f'text-anchor="end" {size}')
        if cell >= 7 * len(short):
            yield _text(left + middle, top - 8, short, f'text-anchor="middle" {size}')


def _rates(series: Series, classes: Sequence[str]) -> NDArray[np.float64]:
    """Rates of the cells off the diagonal, shape (epochs, classes, classes); NaN for none."""
    rates = series.confusion(normalize="actual")
    own = {name: at for at, name in enumerate(series.classes)}
    made = np.full((len(rates), len(classes), len(classes)), np.nan)
    there = [at for at, name in enumerate(classes) if name in own]
    where = [own[classes[at]] for at in there]
    made[np.ix_(range(len(rates)), there, there)] = rates[np.ix_(range(len(rates)), where, where)]
    diagonal = np.arange(len(classes))
    made[:, diagonal, diagonal] = np.nan
    return made


def _pixels(strips: Sequence[NDArray[np.float64]], n: int, most: float) -> NDArray[np.uint8]:
    """Draw the matrix as pixels: each cell has a band for each series, epochs left to right."""
    side = max(8, 1120 // n)
    inner = side - 1
    image = np.full((n * side, n * side, 3), 225, np.uint8)
    edges = [round(at * inner / len(strips)) for at in range(len(strips) + 1)]
    for at, rates in enumerate(strips):
        means = _binned(rates, inner)
        ink = np.array(COLORS[at], float) * 0.75
        for actual in range(n):
            for predicted in range(n):
                y, x = actual * side, predicted * side
                bright = (means[:, actual, predicted] / (most or 1)) ** GAMMA
                line = 255 + np.nan_to_num(bright)[:, None] * (ink - 255)
                image[y + edges[at] : y + edges[at + 1], x : x + inner] = line.astype(np.uint8)
    return image


def _binned(rates: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Rates at each pixel: the mean of its epochs, or its one epoch."""
    epochs = len(rates)
    if epochs <= width:
        return rates[np.arange(width) * epochs // width]
    starts = np.arange(width) * epochs // width
    counts = np.diff([*starts, epochs])[:, None, None]
    sums: NDArray[np.float64] = np.add.reduceat(np.nan_to_num(rates), starts, axis=0)
    return sums / counts


def _text(x: float, y: float, text: str, attributes: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode pixels of shape (height, width, 3) as PNG."""
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checked)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 6)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
