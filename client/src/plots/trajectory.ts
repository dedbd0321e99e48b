/** The predictions of one instance over the epochs: blank where it is right, coloured where it is wrong. */

import { strideOf } from "../compute/time/epochs";
import type { Path } from "../compute/instances/passed";
import { classColor } from "../compute/scale/classColors";
import type { TakenFor } from "../compute/instances/takenFor";
import type { Pen } from "./pen";
import { bandScale, type EpochScale } from "./scales";
import type { Theme } from "./theme";

export interface Trajectory extends Path {
  stride: number;
  /** The colour of each class that instances are taken for. */
  colorOf: (predicted: number) => string;
}

/** An instance's predictions, with the colours of the classes. */
export function trajectoryOf(path: Path, colors: TakenFor, theme: Theme): Trajectory {
  return {
    ...path,
    stride: strideOf(path.epochs),
    colorOf(predicted) {
      const color = colors.colorOf(predicted);
      return color === null ? theme.faint : classColor(color, theme.scheme);
    },
  };
}

/** A wrong prediction is never narrower than this, so that no epoch gets lost. */
const MIN_WIDTH = 1;

/** Draws the epochs of a range into a box at the origin. */
export function drawTrajectory(
  pen: Pen,
  width: number,
  height: number,
  trajectory: Trajectory,
  range: [number, number],
  theme: Theme,
): void {
  pen.fillStyle = theme.surface;
  pen.fillRect(0, 0, width, height);
  const scale = bandScale(range, trajectory.stride, width);
  const half = ((trajectory.stride / (range[1] - range[0] + trajectory.stride)) * width) / 2;
  drawWrong(pen, height, trajectory, scale, half, theme);
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.strokeRect(0.5, 0.5, width - 1, height - 1);
}

/**
 * Draws the wrong predictions along a scale of epochs.
 *
 * @param half how far an epoch reaches to each side of its place, in pixels
 */
export function drawWrong(
  pen: Pen,
  height: number,
  { epochs, strip, actual, colorOf }: Trajectory,
  { at, range }: EpochScale,
  half: number,
  theme: Theme,
): void {
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
}
