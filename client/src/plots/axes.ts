import { ticks } from "d3-array";

import { placeOf, type TimeAxis } from "../compute/time/axis";
import { type Pen } from "./pen";
import type { EpochScale } from "./scales";
import { font, textSize, type Theme } from "./theme";

/** Whole epochs for an axis, at least `distance` pixels apart. */
export function epochTicks(
  { range: [first, last], length }: EpochScale,
  distance: number,
): number[] {
  if (first === last) return [first];
  const marks = ticks(first, last, Math.max(1, Math.min(10, Math.floor(length / distance)))).filter(
    Number.isInteger,
  );
  return marks.length ? marks : [first, last];
}

/** Draws epoch ticks and numbers below a chart; the pen's origin is the chart's lower left corner. */
export function drawEpochAxis(pen: Pen, x: EpochScale, axis: TimeAxis, theme: Theme): void {
  pen.fillStyle = theme.line;
  pen.fillRect(0, 0, x.length, 1);
  pen.font = font(textSize(x.length));
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  for (const epoch of epochTicks(x, 56)) {
    const at = Math.round(x.at(epoch));
    pen.fillStyle = theme.line;
    pen.fillRect(at, 0, 1, 4);
    pen.fillStyle = theme.muted;
    // At the right end of a chart, "100%" would be cut off.
    const isLast = axis.isShare && at > x.length - 12;
    pen.textAlign = isLast ? "right" : "center";
    pen.fillText(placeOf(axis, epoch), isLast ? at + 9 : at, 16);
  }
}

/** Positions for labels of one height that keep their order and do not overlap. */
export function spread(
  wanted: readonly number[],
  height: number,
  [top, bottom]: [number, number],
): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const placed = [...wanted];
  let floor = top;
  for (const i of order) {
    placed[i] = Math.max(wanted[i], floor);
    floor = placed[i] + height;
  }
  let ceiling = bottom;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i], ceiling);
    ceiling = placed[i] - height;
  }
  return placed;
}
