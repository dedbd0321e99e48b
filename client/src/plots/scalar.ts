import { indexAt } from "../compute/time/epochs";
import {
  formatScalar,
  scalarHeight,
  scalarScale,
  type Scalar,
  type ScalarScale,
} from "../compute/series/scalar";
import { drawLine, HAIRLINE, seriesStyle } from "./line";
import { fitText, type Pen } from "./pen";
import { TIMELINE_INSET, timelineScale } from "./timeline";
import { font, textSize, type Theme } from "./theme";

export interface ScalarScene {
  scalar: Scalar;
  /** First and last of all epochs: the same as the timeline's. */
  extent: [number, number];
  theme: Theme;
}

/** The name and the value are above the lines, so that they cover none of them. */
const [TEXT, BELOW] = [16, 3];
const GAP = 8;
/** Room for the name. */
const NAME_WIDTH = 160;

/** Draws a scalar's lines below the timeline, along the same epochs, with the name at the left. */
export function drawScalar(
  pen: Pen,
  width: number,
  height: number,
  { scalar, extent, theme }: ScalarScene,
): void {
  const x = timelineScale(extent, width);
  const scale = scalarScale(scalar);
  pen.fillStyle = theme.grid;
  pen.fillRect(TIMELINE_INSET, height - 1, x.length, 1);
  if (scale) {
    const isOne = scalar.lines.length === 1;
    const y = (value: number) => TEXT + (1 - scalarHeight(value, scale)) * (height - TEXT - BELOW);
    pen.save();
    pen.translate(TIMELINE_INSET, 0);
    for (const line of scalar.lines) {
      const style = seriesStyle(line.color, theme.scheme, HAIRLINE);
      // A run's number belongs to none of its splits.
      drawLine(pen, line, x, y, isOne ? { ...style, color: theme.ink, dash: [] } : style);
    }
    pen.restore();
  }
  nameFont(pen, width);
  pen.fillStyle = theme.muted;
  pen.fillText(nameOf(pen, scalar, scale), TIMELINE_INSET, TEXT / 2);
}

function nameFont(pen: Pen, width: number): void {
  pen.font = font(textSize(width));
  pen.textAlign = "left";
  pen.textBaseline = "middle";
}

function nameOf(pen: Pen, { name }: Scalar, scale: ScalarScale | null): string {
  return `${fitText(pen, name, NAME_WIDTH)}${scale?.isLog ? " (log)" : ""}`;
}

/** Writes a scalar's value at an epoch beside its name. */
export function drawScalarValue(
  pen: Pen,
  width: number,
  { scalar, theme }: ScalarScene,
  epoch: number,
): void {
  const values = scalar.lines
    .map(({ epochs, stride, values }) => values[indexAt(epochs, stride, epoch)] ?? NaN)
    .filter((value) => !Number.isNaN(value));
  if (!values.length) return;
  const [least, greatest] = [Math.min(...values), Math.max(...values)].map(formatScalar);
  const text = least === greatest ? least : `${least} to ${greatest}`;
  nameFont(pen, width);
  const name = pen.measureText(nameOf(pen, scalar, scalarScale(scalar))).width;
  pen.font = font(textSize(width), 600);
  pen.fillStyle = theme.ink;
  pen.fillText(text, TIMELINE_INSET + name + GAP, TEXT / 2);
}
