/** How far two classes lie apart in a layer, above the detail chart and on a scale of its own. */

import type { DetailLayout } from "./detail/layout";
import type { Pen } from "./pen";
import { font, type Theme } from "./theme";

export interface Separation {
  epochs: readonly number[];
  separation: readonly (number | null)[];
}

/** Draws it as a dotted line from 0 at the bottom to its greatest value, and writes what it is. */
export function drawSeparation(
  pen: Pen,
  { plot, x, size }: DetailLayout,
  { epochs, separation }: Separation,
  theme: Theme,
): void {
  const shown = epochs
    .map((epoch, at) => [epoch, separation[at]] as const)
    .filter(([epoch, value]) => value !== null && epoch >= x.range[0] && epoch <= x.range[1]);
  if (!shown.length) return;
  const most = Math.max(...shown.map(([, value]) => value!)) || 1;
  pen.save();
  pen.translate(plot.x, plot.y);
  pen.strokeStyle = theme.muted;
  pen.lineWidth = 1.4;
  pen.setLineDash([1.5, 3]);
  pen.beginPath();
  for (const [at, [epoch, value]] of shown.entries()) {
    const y = plot.height * (1 - value! / most);
    if (at) pen.lineTo(x.at(epoch), y);
    else pen.moveTo(x.at(epoch), y);
  }
  pen.stroke();
  pen.setLineDash([]);
  pen.font = font(size);
  pen.fillStyle = theme.muted;
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillText(`dotted: separation in the layer, 0 to ${most.toFixed(1)}`, 0, plot.height + 30);
  pen.restore();
}
