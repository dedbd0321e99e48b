import { indexAt } from "../compute/epochs";
import { lowerEnd, upperEnd } from "../compute/scaleEnds";
import { differences } from "../compute/difference";
import { formatCount, formatShareTick } from "../compute/format";
import { intervalOf, lineOf, type Plotted } from "../compute/plotted";
import type { Target } from "../compute/lines";
import { valueText } from "../compute/tooltip";
import { lineColor } from "../compute/ramp";
import { drawLine, HAIRLINE, seriesStyle } from "./line";
import { fitTexts, type Box, type Pen } from "./pen";
import { drawSwatch } from "./swatch";
import { pointScale } from "./scales";
import { font, textSize, type Theme } from "./theme";

export const METRICS = ["precision", "recall", "f1"] as const;
export type Metric = (typeof METRICS)[number];
export type PerformanceColumn = "class" | Metric | "support";

export interface PerformanceScene {
  classes: readonly string[];
  /** The classes as they are written in their rows. */
  labels: readonly string[];
  /** Indices of classes, in the order of the rows. */
  rows: readonly number[];
  series: readonly Plotted[];
  /** All series as they are, for the support, which has no differences. */
  aligned: readonly Plotted[];
  /** The baseline that the series are shown relative to, or null. */
  baseline: Plotted | null;
  range: [number, number];
  scale: PerformanceScale;
  /** The series whose numbers are shown if there is room for only one. */
  numbersOf: number;
  theme: Theme;
}

/** The charts' common scale: shares of 1, or differences of them. */
export interface PerformanceScale {
  low: number;
  high: number;
  /** Whether some values lie below it. */
  isCut: boolean;
}

export interface PerformanceLayout {
  width: number;
  rowHeight: number;
  /** Size of the numbers' type. */
  size: number;
  /** Room for numbers beside each chart; 0 if the charts need all of it. */
  valueWidth: number;
  /** How many numbers stand below each other; 0 if there is room only for those of one series, above the range of all. */
  valueRows: number;
  columns: Record<PerformanceColumn, { x: number; width: number }>;
}

const NUMBER_WIDTH = 52;
const VALUE_WIDTH = 34;
/** A number with the mark of its series; a range of numbers. */
const [MARKED_WIDTH, RANGE_WIDTH] = [41, 50];
/** Charts are not made narrower than this for the numbers beside them. */
const LEAST_CHART = 36;

export function layoutPerformance(
  pen: Pen,
  width: number,
  rowHeight: number,
  labels: readonly string[],
  seriesCount: number,
): PerformanceLayout {
  const size = textSize(width);
  pen.font = font(nameSize(rowHeight, width));
  const widest = Math.max(52, ...labels.map((name) => pen.measureText(name).width));
  const name = Math.min(Math.ceil(widest) + 12, 150, Math.floor(width * 0.26));
  const support = Math.max(92, Math.floor(width * (seriesCount > 1 ? 0.16 : 0.2)));
  const chart = Math.floor((width - name - support) / 3);
  const { valueWidth, valueRows } = fitValues(
    chart - 14 - LEAST_CHART,
    rowHeight,
    seriesCount,
    size,
  );
  const column = (i: number) => ({ x: name + i * chart, width: chart - 14 - valueWidth });
  return {
    width,
    rowHeight,
    size,
    valueWidth,
    valueRows,
    columns: {
      class: { x: 0, width: name - 10 },
      precision: column(0),
      recall: column(1),
      f1: column(2),
      support: { x: name + 3 * chart, width: width - name - 3 * chart },
    },
  };
}

/** The numbers of all series side by side and below each other, else those of one and the range of all, else none. */
function fitValues(
  room: number,
  rowHeight: number,
  seriesCount: number,
  size: number,
): Pick<PerformanceLayout, "valueWidth" | "valueRows"> {
  const valueRows = Math.min(seriesCount, Math.floor((rowHeight - 1) / size));
  const each = (seriesCount > 1 ? MARKED_WIDTH : VALUE_WIDTH) + 4 * (size - 12);
  const all = valueRows ? each * Math.ceil(seriesCount / valueRows) : Infinity;
  if (all <= room) return { valueWidth: all, valueRows };
  return { valueWidth: RANGE_WIDTH <= room ? RANGE_WIDTH : 0, valueRows: 0 };
}

/** Larger type in higher rows. */
function nameSize(rowHeight: number, width: number): number {
  return rowHeight >= 34 ? textSize(width) + 1 : textSize(width);
}

/** The charts' common scale: up to 1, or as far as the differences go, alike on either side of 0. */
export function performanceScale({
  classes,
  series,
  baseline,
  range,
}: Pick<PerformanceScene, "classes" | "series" | "baseline" | "range">): PerformanceScale {
  if (baseline) {
    const { size, isCut } = upperEnd(differences(series, METRICS, range, "rate"));
    return { low: -size, high: size, isCut };
  }
  function* lines() {
    for (const s of series)
      for (let index = 0; index < classes.length; index++)
        for (const kind of METRICS) {
          const target = { kind, class: index };
          for (const values of [lineOf(s, target, "rate"), intervalOf(s, target, "rate")?.low])
            if (values) yield { epochs: s.epochs, values };
        }
  }
  const { floor, isCut } = lowerEnd(lines(), range);
  return { low: floor, high: 1, isCut };
}

/** The charts' common scale in words. */
export function shareRange({ scale, baseline }: PerformanceScene): string {
  if (baseline) return `±${formatShareTick(scale.high).replace("%", "")} points`;
  return `${Math.round(scale.low * 100)}–100%`;
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

/** The value of a target at the epoch that stands for a moment; NaN if there is none. */
function valueAt(series: Plotted, target: Target, epoch: number): number {
  const line = lineOf(series, target, "rate");
  const at = indexAt(series.epochs, series.stride, epoch);
  return line && at >= 0 ? line[at] : NaN;
}

/** Instances of a class at the epoch that stands for a moment; NaN if there is none. */
export function supportAt(series: Plotted, index: number, epoch: number): number {
  return valueAt(series, { kind: "support", class: index }, epoch);
}

/** Draws names and charts of the rows [from, to); the pen's origin is the first's top. */
export function drawPerformance(
  pen: Pen,
  layout: PerformanceLayout,
  scene: PerformanceScene,
  [from, to]: [number, number],
): void {
  const { rowHeight, width, columns } = layout;
  for (let row = from; row < Math.min(to, scene.rows.length); row++) {
    const top = (row - from) * rowHeight;
    const index = scene.rows[row];
    pen.fillStyle = scene.theme.grid;
    pen.fillRect(0, top + rowHeight - 1, width, 1);
    pen.font = font(nameSize(rowHeight, width));
    pen.fillStyle = scene.theme.ink;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillText(fitTexts(pen, scene.labels, columns.class.width)[index], 0, top + rowHeight / 2);
    for (const kind of METRICS)
      drawMetric(pen, { ...columns[kind], y: top + 3, height: rowHeight - 7 }, scene, kind, index);
  }
}

/** Draws what the same rows are at an epoch: numbers, and bars of support. */
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
    drawSupport(pen, box, scene, epoch, scene.rows[row], most);
  }
}

/** Draws the numbers of a class at an epoch, as many below each other as there is room for. */
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
    const values = series.map((s) => valueAt(s, target, epoch)).filter((v) => !Number.isNaN(v));
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

function drawMetric(
  pen: Pen,
  box: Box,
  scene: PerformanceScene,
  kind: Metric,
  index: number,
): void {
  const x = pointScale(scene.range, box.width);
  const { low, high } = scene.scale;
  const y = (value: number) => box.height * (1 - (value - low) / (high - low));
  pen.save();
  // Values below the floor leave through the bottom; marks of single epochs at the ends are whole.
  pen.beginPath();
  pen.rect(box.x - 3, box.y - 2, box.width + 6, box.height + 3);
  pen.clip();
  pen.translate(box.x, box.y);
  if (scene.baseline) {
    pen.fillStyle = scene.theme.border;
    pen.fillRect(0, Math.round(y(0)), box.width, 1);
  }
  for (const s of scene.series) {
    const target = { kind, class: index };
    const values = lineOf(s, target, "rate");
    const interval = intervalOf(s, target, "rate");
    if (values)
      drawLine(
        pen,
        { ...s, values, interval },
        x,
        y,
        seriesStyle(s.color, scene.theme.scheme, HAIRLINE),
      );
  }
  pen.restore();
}

function drawSupport(
  pen: Pen,
  box: Box,
  { aligned: series, theme }: PerformanceScene,
  epoch: number,
  index: number,
  most: number,
): void {
  const room = box.width - NUMBER_WIDTH;
  const bars = Math.min(series.length, Math.floor(box.height / 2));
  const height = Math.min(6, box.height / Math.max(1, bars));
  const top = box.y + (box.height - bars * height) / 2;
  let shown = NaN;
  for (let s = 0; s < bars; s++) {
    const n = supportAt(series[s], index, epoch);
    if (Number.isNaN(n)) continue;
    if (Number.isNaN(shown) || n > shown) shown = n;
    pen.fillStyle = lineColor(series[s].color, theme.scheme);
    pen.fillRect(
      box.x,
      top + s * height,
      n ? Math.max(1, (n / most) * room) : 0,
      Math.max(1, height - 1),
    );
  }
  pen.font = font(textSize(box.x + box.width));
  pen.fillStyle = theme.muted;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillText(formatCount(shown), box.x + box.width - 2, box.y + box.height / 2);
}

/** Draws a line at an epoch over every chart of the rows. */
export function drawPerformanceEpoch(
  pen: Pen,
  { columns }: PerformanceLayout,
  { range, theme }: PerformanceScene,
  epoch: number,
  height: number,
): void {
  if (epoch < range[0] || epoch > range[1]) return;
  pen.strokeStyle = theme.ink;
  pen.globalAlpha = 0.5;
  pen.setLineDash([2, 2]);
  pen.lineWidth = 1;
  pen.beginPath();
  for (const kind of METRICS) {
    const at = Math.round(columns[kind].x + pointScale(range, columns[kind].width).at(epoch)) + 0.5;
    pen.moveTo(at, 0);
    pen.lineTo(at, height);
  }
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

/** The class index of the row under a height, and the column under a position; null outside. */
export function performanceAt(
  { columns, rowHeight }: PerformanceLayout,
  scene: PerformanceScene,
  x: number,
  y: number,
): { row: number; column: PerformanceColumn } | null {
  const row = Math.floor(y / rowHeight);
  if (row < 0 || row >= scene.rows.length) return null;
  const names = Object.keys(columns) as PerformanceColumn[];
  const column = names.findLast((name) => x >= columns[name].x - 7);
  return column ? { row, column } : null;
}
