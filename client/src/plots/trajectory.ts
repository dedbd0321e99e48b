/** The predictions of one instance over the epochs: blank where it is right, coloured where it is wrong. */

import type { Pen } from "./pen";
import { bandScale } from "./scales";
import type { Theme } from "./theme";

export interface Trajectory {
  /** Epochs at which the series has predictions, increasing. */
  epochs: readonly number[];
  stride: number;
  /** Predicted classes as runs: class, how many epochs, class, how many epochs, …; -1 for none. */
  strip: readonly number[];
  actual: number;
  /** Of each class that instances are taken for. */
  colorOf: (predicted: number) => string;
}

/** A wrong prediction is never narrower than this, so that no epoch gets lost. */
const MIN_WIDTH = 1;

/** Draws the epochs of a range into a box at the origin. */
export function drawTrajectory(
  pen: Pen,
  width: number,
  height: number,
  { epochs, stride, strip, actual, colorOf }: Trajectory,
  range: [number, number],
  theme: Theme,
): void {
  const { at } = bandScale(range, stride, width);
  const half = ((stride / (range[1] - range[0] + stride)) * width) / 2;
  pen.fillStyle = theme.surface;
  pen.fillRect(0, 0, width, height);
  let start = 0;
  for (let run = 0; run < strip.length; run += 2) {
    const [predicted, length] = [strip[run], strip[run + 1]];
    const end = start + length - 1;
    const [first, last] = [Math.max(epochs[start], range[0]), Math.min(epochs[end], range[1])];
    start += length;
    if (predicted === actual || first > last) continue;
    const [from, to] = [at(first) - half, at(last) + half];
    pen.fillStyle = predicted < 0 ? theme.gap : colorOf(predicted);
    pen.fillRect(from, 0, Math.max(MIN_WIDTH, to - from), height);
  }
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.strokeRect(0.5, 0.5, width - 1, height - 1);
}
