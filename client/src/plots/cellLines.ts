import type { CellLine } from "../compute/scale/commonScale";
import { drawLine, HAIRLINE, seriesStyle } from "./line";
import { clipped, type Pen } from "./pen";
import { pointScale } from "./scales";
import type { Theme } from "./theme";

const INSET = 2;

interface CellLinesStyle {
  range: [number, number];
  /** How far the scale goes from 0. */
  size: number;
  /** Whether values are differences: 0 lies in the middle. */
  isSigned: boolean;
  theme: Theme;
}

/** Draws a ranked cell's lines over the range. */
export function drawCellLines(
  pen: Pen,
  width: number,
  height: number,
  lines: readonly CellLine[],
  { range, size, isSigned, theme }: CellLinesStyle,
): void {
  pen.clearRect(0, 0, width, height);
  const zero = isSigned ? 0.5 : 1;
  const y = (value: number) => INSET + zero * (1 - value / size) * (height - 2 * INSET);
  pen.fillStyle = theme.border;
  pen.fillRect(0, Math.round(y(0)), width, 1);
  // The mark of a single epoch at an end is drawn whole.
  const x = pointScale(range, width - 2 * INSET);
  clipped(pen, { x: 0, y: 0, width, height }, () => {
    pen.translate(INSET, 0);
    for (const { series, values } of lines) {
      const { epochs, stride, color } = series;
      const style = seriesStyle(color, theme.scheme, HAIRLINE);
      drawLine(pen, { epochs, stride, values }, x, y, style);
    }
  });
}
