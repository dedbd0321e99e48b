/** The instances of a class over the epochs: a band for each class that they are taken for. */

import type { Band } from "../compute/instances/flowBands";
import type { Pen } from "./pen";
import { bandScale } from "./scales";
import type { Theme } from "./theme";

export interface FlowScene {
  epochs: readonly number[];
  stride: number;
  bands: readonly Band[];
  /** How many instances the whole height stands for. */
  most: number;
  range: [number, number];
  colorOf(predicted: number | null): string;
  /** The band under the pointer, if any. */
  active: Band | null;
  theme: Theme;
}

/** Draws the bands of wrong predictions from the bottom up; the blank space above them is right ones. */
export function drawFlow(pen: Pen, width: number, height: number, scene: FlowScene): void {
  const { epochs, stride, bands, most, range, colorOf, active, theme } = scene;
  const { at } = bandScale(range, stride, width);
  const half = ((stride / (range[1] - range[0] + stride)) * width) / 2;
  const foot = epochs.map(() => 0);
  pen.fillStyle = theme.surface;
  pen.fillRect(0, 0, width, height);
  const y = (count: number) => height - (count / most) * height;
  for (const band of bands) {
    const top = foot.map((count, e) => count + band.counts[e]);
    pen.fillStyle = colorOf(band.predicted);
    pen.globalAlpha = active && active !== band ? 0.45 : 1;
    pen.beginPath();
    epochs.forEach((epoch, e) => {
      pen.lineTo(at(epoch) - half, y(top[e]));
      pen.lineTo(at(epoch) + half, y(top[e]));
    });
    for (let e = epochs.length - 1; e >= 0; e--) {
      pen.lineTo(at(epochs[e]) + half, y(foot[e]));
      pen.lineTo(at(epochs[e]) - half, y(foot[e]));
    }
    pen.closePath();
    pen.fill();
    top.forEach((count, e) => (foot[e] = count));
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.strokeRect(0.5, 0.5, width - 1, height - 1);
}
