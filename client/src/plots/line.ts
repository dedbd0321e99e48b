import { indexRange } from "../compute/time/epochs";
import type { Interval, Target, Values } from "../compute/series/lines";
import { intervalOf, lineOf, type Plotted } from "../compute/series/plotted";
import { dashOf, lineColor, type Scheme } from "../compute/scale/ramp";
import {
  pixelEpochs,
  pixelValues,
  roomFor,
  type PixelEpochs,
  type PixelValues,
} from "../compute/time/pixels";
import { isVector, pixelRatio, type Pen } from "./pen";
import type { EpochScale } from "./scales";

/** A line over epochs: a value per epoch, NaN if undefined. */
export interface Line {
  epochs: ArrayLike<number>;
  stride: number;
  values: ArrayLike<number>;
  /** Of a fold: drawn around the line in place of its envelope. */
  interval?: Interval | null;
}

export interface LineStyle {
  color: string;
  width: number;
  /** Lengths of dashes and gaps; a solid line by default. */
  dash?: readonly number[];
}

/** How the lines of a series look. */
export function seriesStyle(color: number, scheme: Scheme, width: number): LineStyle {
  return { color: lineColor(color, scheme), width, dash: dashOf(color) };
}

/** Width of lines in small charts: without a GPU, browsers draw up to 1 pixel twenty times as fast as 1.1. */
export const HAIRLINE = 1;

/**
 * Draws a line from the pen's origin, with a gap where a number is missing and a dot for a point
 * without neighbours. With more epochs than pixels, the mean of each pixel's epochs is
 * drawn over the envelope of their least and greatest, so that no event is lost.
 */
export function drawLine(
  pen: Pen,
  line: Line,
  x: EpochScale,
  y: (value: number) => number,
  style: LineStyle,
): void {
  const [start, end] = indexRange(line.epochs, x.range);
  pen.strokeStyle = pen.fillStyle = style.color;
  pen.lineWidth = style.width;
  pen.lineJoin = "round";
  const pixels = Math.max(1, Math.floor(x.length * pixelRatio(pen)));
  const { interval } = line;
  if (interval) drawInterval(pen, line, interval, x, y, start, end, pixels);
  const dash = [...(style.dash ?? [])];
  if (end - start > pixels) drawMeans(pen, line, x, y, pixels, !interval, dash);
  else drawPoints(pen, line, x, y, start, end, style.width, dash);
}

/** Draws the line of a series for a target, as fine as in small charts; nothing if the series lacks the class. */
export function drawSeries(
  pen: Pen,
  series: Plotted,
  target: Target,
  values: Values,
  x: EpochScale,
  y: (value: number) => number,
  scheme: Scheme,
): void {
  const line = lineOf(series, target, values);
  if (!line) return;
  const interval = intervalOf(series, target, values);
  const style = seriesStyle(series.color, scheme, HAIRLINE);
  drawLine(pen, { ...series, values: line, interval }, x, y, style);
}

function drawPoints(
  pen: Pen,
  { epochs, stride, values }: Line,
  x: EpochScale,
  y: (value: number) => number,
  start: number,
  end: number,
  width: number,
  dash: number[],
): void {
  const joined = (i: number, j: number) =>
    i >= start &&
    j < end &&
    epochs[j] - epochs[i] <= stride &&
    !Number.isNaN(values[i]) &&
    !Number.isNaN(values[j]);
  const alone: number[] = [];
  pen.beginPath();
  for (let i = start; i < end; i++) {
    if (Number.isNaN(values[i])) continue;
    if (joined(i - 1, i)) pen.lineTo(x.at(epochs[i]), y(values[i]));
    else {
      pen.moveTo(x.at(epochs[i]), y(values[i]));
      if (!joined(i, i + 1)) alone.push(i);
    }
  }
  strokeDashed(pen, dash);
  for (const i of alone) {
    pen.beginPath();
    pen.arc(x.at(epochs[i]), y(values[i]), width + 0.75, 0, 2 * Math.PI);
    pen.fill();
  }
}

interface Division {
  key: string;
  pixels: PixelEpochs;
  /** Overwritten by each line. */
  summary: PixelValues;
}

const divisions = new WeakMap<object, Division>();

/** The epochs behind each pixel: the same for all lines of a series in charts of one size. */
function divide(
  epochs: ArrayLike<number>,
  stride: number,
  [first, last]: [number, number],
  width: number,
): Division {
  const key = `${stride} ${first} ${last} ${width}`;
  const known = divisions.get(epochs);
  if (known?.key === key) return known;
  const division = {
    key,
    pixels: pixelEpochs(epochs, stride, [first, last + stride], width),
    summary: roomFor(width),
  };
  divisions.set(epochs, division);
  return division;
}

/** Fills the area between two edges, with a gap where a number or an epoch is missing. */
function drawInterval(
  pen: Pen,
  { epochs, stride }: Line,
  { low, high }: Interval,
  x: EpochScale,
  y: (value: number) => number,
  start: number,
  end: number,
  pixels: number,
): void {
  let points: { at: number; low: number; high: number; joined: boolean }[] = [];
  if (end - start > pixels) {
    const division = divide(epochs, stride, x.range, pixels);
    const { min } = pixelValues(low, division.pixels);
    const { max } = pixelValues(high, division.pixels);
    points = Array.from(min, (low, p) => ({
      at: ((p + 0.5) * x.length) / pixels,
      low,
      high: max[p],
      joined: true,
    }));
  } else
    for (let i = start; i < end; i++)
      points.push({
        at: x.at(epochs[i]),
        low: low[i],
        high: high[i],
        joined: i > start && epochs[i] - epochs[i - 1] <= stride,
      });
  const opacity = pen.globalAlpha;
  pen.globalAlpha = opacity * 0.22;
  pen.beginPath();
  for (let from = 0; from < points.length;) {
    let to = from + 1;
    if (!Number.isNaN(points[from].low)) {
      while (to < points.length && points[to].joined && !Number.isNaN(points[to].low)) to++;
      outlineBand(pen, points.slice(from, to), y);
    }
    from = to;
  }
  pen.fill();
  pen.globalAlpha = opacity;
}

/** A point without neighbours is as wide as a mark. */
function outlineBand(
  pen: Pen,
  points: readonly { at: number; low: number; high: number }[],
  y: (value: number) => number,
): void {
  const half = points.length > 1 ? 0 : 1.5;
  points.forEach(({ at, high }, i) =>
    i ? pen.lineTo(at, y(high)) : pen.moveTo(at - half, y(high)),
  );
  if (half) pen.lineTo(points[0].at + half, y(points[0].high));
  for (const { at, low } of points.toReversed()) pen.lineTo(at + half, y(low));
  if (half) pen.lineTo(points[0].at - half, y(points[0].low));
  pen.closePath();
}

function drawMeans(
  pen: Pen,
  { epochs, stride, values }: Line,
  x: EpochScale,
  y: (value: number) => number,
  pixels: number,
  withEnvelope: boolean,
  dash: number[],
): void {
  const division = divide(epochs, stride, x.range, pixels);
  const { mean, min, max } = pixelValues(values, division.pixels, division.summary);
  const step = x.length / pixels;
  const [opacity, width] = [pen.globalAlpha, pen.lineWidth];
  pen.globalAlpha = opacity * 0.28;
  // One line of one pixel for each: browsers draw lines five times as fast as bars.
  const pixel = (pen.lineWidth = isVector(pen) ? step : 1 / pixelRatio(pen));
  pen.beginPath();
  const isShown = (p: number) => p >= 0 && p < pixels && !Number.isNaN(mean[p]);
  for (let p = 0; withEnvelope && p < pixels; p++) {
    if (!isShown(p)) continue;
    // The line through the means covers whatever is no higher than itself; a lone pixel has no such line.
    const isCovered = isShown(p - 1) || isShown(p + 1);
    if (isCovered && max[p] === min[p]) continue;
    const one = y(max[p]);
    const other = y(min[p]);
    const height = Math.abs(other - one);
    if (isCovered && height <= width) continue;
    const at = (p + 0.5) * step;
    const top = Math.min(one, other);
    pen.moveTo(at, top);
    pen.lineTo(at, top + Math.max(pixel, height));
  }
  pen.stroke();
  pen.globalAlpha = opacity;
  pen.lineWidth = width;
  pen.beginPath();
  let drawing = false;
  for (let p = 0; p < pixels; p++) {
    if (Number.isNaN(mean[p])) drawing = false;
    else if (drawing) pen.lineTo((p + 0.5) * step, y(mean[p]));
    else {
      pen.moveTo((p + 0.5) * step, y(mean[p]));
      drawing = true;
    }
  }
  strokeDashed(pen, dash);
}

function strokeDashed(pen: Pen, dash: number[]): void {
  if (dash.length) pen.setLineDash(dash);
  pen.stroke();
  if (dash.length) pen.setLineDash([]);
}
