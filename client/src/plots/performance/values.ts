import { maxIndex, minIndex } from "d3-array";

import { formatCount } from "../../compute/text/format";
import type { Target } from "../../compute/series/lines";
import { valueAt, type Plotted } from "../../compute/series/plotted";
import { lineColor } from "../../compute/scale/ramp";
import { valueText } from "../../compute/text/tooltip";
import type { Box, Pen } from "../pen";
import { drawSwatch } from "../swatch";
import { font } from "../theme";
import type { PerformanceLayout } from "./layout";
import { METRICS, type PerformanceScene } from "./scene";

/** Room for the number of instances beside its bars. */
const NUMBER_WIDTH = 52;

/** Draws the values of the same rows at an epoch: numbers, and bars of support. */
export function drawPerformanceValues(
  pen: Pen,
  layout: PerformanceLayout,
  scene: PerformanceScene,
  epoch: number,
  [from, to]: [number, number],
): void {
  const { columns, rowHeight, valueWidth } = layout;
  const most = greatestSupport(scene, epoch);
  for (let row = from; valueWidth && row < Math.min(to, scene.rows.length); row++)
    for (const kind of METRICS) {
      const { x, width } = columns[kind];
      const box = {
        x: x + width,
        y: (row - from) * rowHeight,
        width: valueWidth,
        height: rowHeight,
      };
      drawValues(pen, box, layout, scene, { kind, class: scene.rows[row] }, epoch);
    }
  for (let row = from; row < Math.min(to, scene.rows.length); row++) {
    const box = { ...columns.support, y: (row - from) * rowHeight + 3, height: rowHeight - 7 };
    drawSupport(pen, box, layout, scene, epoch, scene.rows[row], most);
  }
}

/** Draws the numbers of a class at an epoch, as many below each other as have room. */
function drawValues(
  pen: Pen,
  { x, y, width, height }: Box,
  { valueRows: rows, size }: PerformanceLayout,
  { series, numbersOf, theme }: PerformanceScene,
  target: Target,
  epoch: number,
): void {
  pen.font = font(size);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const textOf = (s: Plotted) =>
    valueText(s, target, "rate", epoch)
      .replace(/%| points/, "")
      .replace("100.0", "100");
  const middle = y + height / 2;
  if (!rows) {
    const values = series
      .map((s) => valueAt(s, target, "rate", epoch))
      .filter((v) => !Number.isNaN(v));
    pen.fillStyle = theme.ink;
    if (series[numbersOf]) pen.fillText(textOf(series[numbersOf]), x + width, middle - size / 2);
    pen.fillStyle = theme.muted;
    const [least, greatest] = [Math.min(...values), Math.max(...values)];
    const range = values.length ? `${Math.round(100 * least)}–${Math.round(100 * greatest)}` : "–";
    pen.fillText(range, x + width, middle + size / 2);
    return;
  }
  const columns = Math.ceil(series.length / rows);
  const each = width / columns;
  series.forEach((s, i) => {
    const right = x + (Math.floor(i / rows) + 1) * each;
    const at = middle + ((i % rows) - (Math.min(rows, series.length) - 1) / 2) * size;
    if (series.length > 1) drawSwatch(pen, right - each + 6, at - 2.5, 5, s.color, theme);
    pen.fillStyle = theme.ink;
    pen.fillText(textOf(s), right, at + 0.5);
  });
}

function drawSupport(
  pen: Pen,
  box: Box,
  { rowHeight, size }: PerformanceLayout,
  { aligned: series, theme }: PerformanceScene,
  epoch: number,
  index: number,
  most: number,
): void {
  const room = box.width - NUMBER_WIDTH;
  const bars = Math.min(series.length, Math.floor(box.height / 2));
  const height = Math.min(6, box.height / Math.max(1, bars));
  const top = box.y + (box.height - bars * height) / 2;
  for (let s = 0; s < bars; s++) {
    const n = supportAt(series[s], index, epoch);
    if (Number.isNaN(n)) continue;
    pen.fillStyle = lineColor(series[s].color, theme.scheme);
    pen.fillRect(
      box.x,
      top + s * height,
      n ? Math.max(1, (n / most) * room) : 0,
      Math.max(1, height - 1),
    );
  }
  const numbers = supportNumbers(series, index, epoch, Math.floor((rowHeight - 1) / size));
  const right = box.x + box.width - 2;
  pen.font = font(size);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const mark =
    right - Math.max(...numbers.map(({ n }) => pen.measureText(formatCount(n)).width)) - 9;
  numbers.forEach(({ n, of }, i) => {
    const at = box.y + box.height / 2 + (i - (numbers.length - 1) / 2) * size;
    if (of) drawSwatch(pen, mark, at - 2.5, 5, of.color, theme);
    pen.fillStyle = theme.muted;
    pen.fillText(formatCount(n), right, at + 0.5);
  });
}

/**
 * The numbers of a class's instances, and the series that each belongs to: one number without a series if all series
 * have the same, else one for each series if there are enough lines, else the greatest.
 */
export function supportNumbers(
  series: readonly Plotted[],
  index: number,
  epoch: number,
  lines: number,
): { n: number; of: Plotted | null }[] {
  const all = series
    .map((of) => ({ n: supportAt(of, index, epoch), of }))
    .filter(({ n }) => !Number.isNaN(n));
  if (!all.length) return [{ n: NaN, of: null }];
  const [least, greatest] = [minIndex(all, ({ n }) => n), maxIndex(all, ({ n }) => n)];
  if (all[least].n === all[greatest].n) return [{ n: all[0].n, of: null }];
  return all.length <= lines ? all : [all[greatest]];
}

/** The greatest support at the epoch, over all classes and series: one scale for all bars. */
function greatestSupport({ classes, aligned }: PerformanceScene, epoch: number): number {
  let greatest = 1;
  for (const s of aligned)
    for (let index = 0; index < classes.length; index++) {
      const n = supportAt(s, index, epoch);
      if (n > greatest) greatest = n;
    }
  return greatest;
}

/** The number of instances of a class at the epoch that stands for a moment; NaN if there is none. */
function supportAt(series: Plotted, index: number, epoch: number): number {
  return valueAt(series, { kind: "support", class: index }, "rate", epoch);
}
