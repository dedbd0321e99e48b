import { momentOf } from "../../compute/time/axis";
import { indexRange } from "../../compute/time/epochs";
import type { Plotted } from "../../compute/series/plotted";
import { dashOf, lineColor } from "../../compute/scale/ramp";
import { valueText } from "../../compute/text/tooltip";
import { meanText } from "../../compute/series/uncertainty";
import { spread } from "../axes";
import { fitTexts, type Pen } from "../pen";
import { font } from "../theme";
import { SAMPLE, type DetailLayout } from "./layout";
import { detailLines, type DetailLines } from "./lines";
import type { DetailScene } from "./scene";

/** From the axis down to the middle of the line with its unit. */
const BELOW_AXIS = 26;

/** Which series are named at their lines' ends, at which heights, and how many have no room. */
interface Names {
  shown: { s: Plotted; at: number }[];
  more: number;
  height: number;
}

export function placesOfNames(
  { plot, size }: DetailLayout,
  { series, range }: DetailScene,
  { lines, y }: DetailLines,
): Names {
  const named = series.flatMap((s, i) => {
    const [start, end] = indexRange(s.epochs, range);
    const last = lastNumber(lines[i], start, end);
    return last === null ? [] : [{ s, at: y(last) }];
  });
  const height = named.length * (size + 3) > plot.height ? 12 : size + 3;
  const room = Math.max(1, Math.floor((plot.height + 8) / height));
  const shown = named.length > room ? named.slice(0, room - 1) : named;
  const places = spread(
    shown.map(({ at }) => at),
    height,
    [4, plot.height - (shown.length < named.length ? height : 4)],
  );
  return {
    shown: shown.map(({ s }, i) => ({ s, at: places[i] })),
    more: named.length - shown.length,
    height,
  };
}

export function drawNames(
  pen: Pen,
  { plot, size, labels }: DetailLayout,
  { theme }: DetailScene,
  { shown, more, height }: Names,
): void {
  pen.font = font(Math.min(size, height), 600);
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const names = shown.map(({ s }) => s.label);
  const sampled = shown.some(({ s }) => dashOf(s.color).length) ? SAMPLE : 0;
  const texts = fitTexts(pen, names, labels - 12 - sampled);
  for (const [i, { s, at }] of shown.entries()) {
    pen.fillStyle = pen.strokeStyle = lineColor(s.color, theme.scheme);
    const dash = dashOf(s.color);
    const sample = dash.length ? SAMPLE : 0;
    if (sample) {
      pen.lineWidth = 1.4;
      pen.setLineDash([...dash]);
      pen.beginPath();
      pen.moveTo(plot.width + 9, at);
      pen.lineTo(plot.width + 9 + sample - 5, at);
      pen.stroke();
      pen.setLineDash([]);
    }
    pen.fillText(texts[i], plot.width + 9 + sample, at);
  }
  if (!more) return;
  pen.fillStyle = theme.muted;
  pen.fillText(`${more} more`, plot.width + 9, plot.height);
}

/** Writes beside each name the value of its line at an epoch and, if a range is chosen, the mean; and below, which epoch it is. */
export function drawDetailValues(
  pen: Pen,
  layout: DetailLayout,
  scene: DetailScene,
  epoch: number,
): void {
  const { plot, labels, valueWidth, meanWidth } = layout;
  const { target, values, chosenRange, theme } = scene;
  if (!valueWidth) return;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const right = plot.x + plot.width + labels + valueWidth;
  for (const { s, at } of placesOfNames(layout, scene, detailLines(scene, plot.height)).shown) {
    pen.font = font(layout.size, 600);
    pen.fillStyle = theme.ink;
    pen.fillText(valueText(s, target, values, epoch), right, plot.y + at);
    if (!meanWidth || !chosenRange) continue;
    pen.font = font(layout.size);
    pen.fillStyle = theme.muted;
    const mean = meanText(s, target, values, chosenRange);
    if (mean) pen.fillText(`mean ${mean}`, right + meanWidth, plot.y + at);
  }
  pen.font = font(layout.size);
  pen.fillStyle = theme.muted;
  pen.fillText(`at ${momentOf(scene.axis, epoch)}`, right, plot.y + plot.height + BELOW_AXIS);
}

function lastNumber(line: ArrayLike<number> | null, start: number, end: number): number | null {
  for (let i = end - 1; line && i >= start; i--) if (!Number.isNaN(line[i])) return line[i];
  return null;
}
