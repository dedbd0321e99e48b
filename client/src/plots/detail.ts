import { scaleLinear } from "d3-scale";

import { indexRange } from "../compute/epochs";
import { formatCountTick, formatShareTick, withSign } from "../compute/format";
import type { TimeAxis } from "../compute/axis";
import type { Interval, Target, Values } from "../compute/lines";
import { intervalOf, lineOf, type Plotted } from "../compute/plotted";
import { dashOf, lineColor } from "../compute/ramp";
import { smoothed } from "../compute/smooth";
import { isShare, valueText } from "../compute/tooltip";
import { meanText } from "../compute/uncertainty";
import { drawEpochAxis, spread } from "./axes";
import { drawLine, seriesStyle } from "./line";
import { fitText, fitTexts, type Box, type Pen } from "./pen";
import { pointScale, type EpochScale } from "./scales";
import { font, textSize, type Theme } from "./theme";

export interface DetailScene {
  target: Target;
  /** Of the target: cells, FN and FP follow the page's choice, other measures have their own. */
  values: Values;
  classes: readonly string[];
  series: readonly Plotted[];
  /** The baseline that they are shown relative to, or null. */
  baseline: Plotted | null;
  range: [number, number];
  /** The range, or null if it is all epochs. */
  chosenRange: [number, number] | null;
  axis: TimeAxis;
  theme: Theme;
  /** Over how many epochs lines are averaged; below them they are drawn faintly as they are. 0: over none. */
  smooth: number;
}

export interface DetailLayout {
  plot: Box;
  x: EpochScale;
  /** Size of its type. */
  size: number;
  /** Room for the names at the lines' ends. */
  labels: number;
  /** Room for the values at an epoch and for the means beside the names; 0 if they are not written. */
  valueWidth: number;
  meanWidth: number;
}

/** The charts' sides: an axis at the left and below. */
const [LEFT, TOP, BELOW] = [46, 10, 34];
const VALUE_WIDTH = 52;
const MEAN_WIDTH = 84;
/** Narrower charts have no room for numbers beside the names. */
const LEAST_WITH_VALUES = 440;

export function layoutDetail(
  pen: Pen,
  width: number,
  height: number,
  scene: DetailScene,
  withValues = false,
): DetailLayout {
  const size = textSize(width);
  pen.font = font(size, 600);
  const widest = Math.max(0, ...scene.series.map((s) => pen.measureText(s.label).width));
  const sample = scene.series.some(({ color }) => dashOf(color).length) ? SAMPLE : 0;
  const labels = Math.min(
    Math.ceil(widest) + 14 + sample,
    Math.max(64, Math.min(190, width * 0.34)),
  );
  const hasValues = withValues && width >= LEAST_WITH_VALUES;
  const more = (scene.baseline ? 26 : 0) + (size > 12 ? 12 : 0);
  const valueWidth = hasValues ? VALUE_WIDTH + more : 0;
  const meanWidth = hasValues && scene.chosenRange ? MEAN_WIDTH + more : 0;
  const plot = {
    x: LEFT,
    y: TOP,
    width: Math.max(40, width - LEFT - labels - valueWidth - meanWidth),
    height: Math.max(30, height - TOP - BELOW),
  };
  return { plot, x: pointScale(scene.range, plot.width), size, labels, valueWidth, meanWidth };
}

/** Draws the axes, the grid, a line a series, and each line's name at its end. */
export function drawDetail(pen: Pen, layout: DetailLayout, scene: DetailScene): void {
  const { plot, x } = layout;
  const { theme, series, baseline, axis } = scene;
  const share = isShare(scene.target, scene.values);
  const lines = series.map((s) => lineOf(s, scene.target, scene.values));
  const intervals = series.map((s) => intervalOf(s, scene.target, scene.values));
  const y = scaleLinear(detailDomain(scene, lines, intervals), [plot.height, 0]);
  const writeTick = share ? formatShareTick : formatCountTick;
  pen.save();
  pen.translate(plot.x, plot.y);
  pen.font = font(layout.size);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const tick of y.ticks(Math.max(2, Math.min(8, Math.floor(plot.height / 34))))) {
    if (!share && !Number.isInteger(tick)) continue;
    pen.fillStyle = baseline && tick === 0 ? theme.border : theme.grid;
    pen.fillRect(0, Math.round(y(tick)), plot.width, 1);
    pen.fillStyle = theme.muted;
    pen.fillText(
      baseline ? withSign(tick, writeTick).replace("%", "") : writeTick(tick),
      -8,
      y(tick),
    );
  }
  series.forEach((s, i) => {
    const values = lines[i];
    if (!values) return;
    const style = seriesStyle(s.color, theme.scheme, 1.4);
    if (scene.smooth) pen.globalAlpha = FAINT;
    drawLine(pen, { ...s, values, interval: intervals[i] }, x, y, style);
    pen.globalAlpha = 1;
    if (scene.smooth) drawLine(pen, { ...s, values: smoothed(values, scene.smooth) }, x, y, style);
  });
  drawNames(pen, layout, scene, placesOfNames(layout, scene, lines, y));
  pen.translate(0, plot.height);
  drawEpochAxis(pen, x, axis, theme);
  pen.font = font(layout.size);
  pen.fillStyle = theme.muted;
  pen.textAlign = "right";
  pen.fillText(axis.isShare ? "share of training" : axis.unit, plot.width, 30);
  if (baseline) {
    pen.textAlign = "left";
    pen.fillText(
      `0 is ${fitText(pen, baseline.label, plot.width / 2)}${share ? "; points" : ""}`,
      0,
      30,
    );
  }
  pen.restore();
}

/** Opacity of lines that a smoothed one is drawn over. */
const FAINT = 0.3;

/** Confusion is shown from zero; measures of success up to 1, from below the least shown. */
function detailDomain(
  { target, values, series, baseline, range }: DetailScene,
  lines: readonly (ArrayLike<number> | null)[],
  intervals: readonly (Interval | null)[],
): [number, number] {
  let [least, greatest] = [baseline ? 0 : 1, 0];
  lines.forEach((line, i) => {
    const [start, end] = indexRange(series[i].epochs, range);
    const { low, high } = intervals[i] ?? { low: line, high: line };
    for (let j = start; low && high && j < end; j++) {
      if (low[j] < least) least = low[j];
      if (high[j] > greatest) greatest = high[j];
    }
  });
  if (baseline) {
    const size = Math.max(greatest, -least) || (isShare(target, values) ? 0.01 : 1);
    return scaleLinear([-size, size], [0, 1]).nice(6).domain() as [number, number];
  }
  if (["precision", "recall", "f1", "accuracy"].includes(target.kind))
    return [Math.min(0.9, Math.floor(least * 10 + 1e-9) / 10), Math.max(1, greatest)];
  const share = isShare(target, values);
  const [low, high] = scaleLinear([0, greatest || (share ? 0.01 : 1)], [0, 1])
    .nice(5)
    .domain();
  return [low, share ? Math.min(1, high) : high];
}

/** Room for a piece of a dashed line before its name. */
const SAMPLE = 23;

/** Which series are named at their lines' ends, at which heights, and how many have no room. */
interface Names {
  shown: { s: Plotted; at: number }[];
  more: number;
  height: number;
}

function placesOfNames(
  { plot, size }: DetailLayout,
  { series, range }: DetailScene,
  lines: readonly (ArrayLike<number> | null)[],
  y: (value: number) => number,
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

function drawNames(
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

/** Writes beside each name what its line is at an epoch and, of a chosen range, on average. */
export function drawDetailValues(
  pen: Pen,
  layout: DetailLayout,
  scene: DetailScene,
  epoch: number,
): void {
  const { plot, labels, valueWidth, meanWidth } = layout;
  const { target, values, series, chosenRange, theme } = scene;
  if (!valueWidth) return;
  const lines = series.map((s) => lineOf(s, target, values));
  const intervals = series.map((s) => intervalOf(s, target, values));
  const y = scaleLinear(detailDomain(scene, lines, intervals), [plot.height, 0]);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const right = plot.x + plot.width + labels + valueWidth;
  for (const { s, at } of placesOfNames(layout, scene, lines, y).shown) {
    pen.font = font(layout.size, 600);
    pen.fillStyle = theme.ink;
    pen.fillText(valueText(s, target, values, epoch), right, plot.y + at);
    if (!meanWidth || !chosenRange) continue;
    pen.font = font(layout.size);
    pen.fillStyle = theme.muted;
    const mean = meanText(s, target, values, chosenRange);
    if (mean) pen.fillText(`mean ${mean}`, right + meanWidth, plot.y + at);
  }
}

function lastNumber(line: ArrayLike<number> | null, start: number, end: number): number | null {
  for (let i = end - 1; line && i >= start; i--) if (!Number.isNaN(line[i])) return line[i];
  return null;
}

/** Draws the cursor at an epoch. */
export function drawDetailCursor(
  pen: Pen,
  { plot, x }: DetailLayout,
  scene: DetailScene,
  epoch: number,
): void {
  if (epoch < scene.range[0] || epoch > scene.range[1]) return;
  const at = Math.round(plot.x + x.at(epoch)) + 0.5;
  pen.strokeStyle = scene.theme.ink;
  pen.globalAlpha = 0.6;
  pen.lineWidth = 1;
  pen.setLineDash([2, 2]);
  pen.beginPath();
  pen.moveTo(at, plot.y);
  pen.lineTo(at, plot.y + plot.height);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

/** What the selected target is called, and what its values mean. */
export function describeTarget(
  target: Target,
  values: Values,
  classes: readonly string[],
  baseline: Plotted | null,
  background: string | null = null,
): Description {
  const described =
    describeDetection(target, values, classes, background) ??
    describeValue(target, values, classes);
  return baseline
    ? { ...described, meaning: `${described.meaning}, relative to ${baseline.label}` }
    : described;
}

interface Description {
  title: string;
  meaning: string;
}

/** A cell of a detector's background: objects that it missed, or detections without an object. */
function describeDetection(
  target: Target,
  values: Values,
  classes: readonly string[],
  background: string | null,
): Description | null {
  if (target.kind !== "cell" || background === null) return null;
  const [actual, predicted] = [classes[target.actual], classes[target.predicted]];
  if (predicted === background && actual !== background)
    return {
      title: `${actual}, missed`,
      meaning: {
        rate: `share of actual ${actual} not detected`,
        predicted: `share of all missed objects that are ${actual}`,
        all: `share of all objects and false detections: ${actual} not detected`,
        count: "objects not detected",
      }[values],
    };
  if (actual === background && predicted !== background)
    return {
      title: `${predicted}, false detections`,
      meaning: {
        rate: `share of all false detections that are of ${predicted}`,
        predicted: `share of detections as ${predicted} where there is no object`,
        all: `share of all objects and false detections: ${predicted} where there is no object`,
        count: `detections of ${predicted} where there is no object`,
      }[values],
    };
  return null;
}

function describeValue(target: Target, values: Values, classes: readonly string[]): Description {
  if (target.kind === "accuracy")
    return { title: "Accuracy", meaning: "share of all instances predicted correctly" };
  if (target.kind === "cell") {
    const [actual, predicted] = [classes[target.actual], classes[target.predicted]];
    return {
      title: `${actual} → ${predicted}`,
      meaning: {
        rate: `share of actual ${actual} predicted as ${predicted}`,
        predicted: `share of predictions as ${predicted} whose actual class is ${actual}`,
        all: `share of all instances: ${actual} predicted as ${predicted}`,
        count: `instances of ${actual} predicted as ${predicted}`,
      }[values],
    };
  }
  const name = classes[target.class];
  const [insideRate, fnRate] = [
    `share of actual ${name} predicted as a different class within it`,
    `share of actual ${name} predicted as another class`,
  ];
  const fpRate = `share of predictions as ${name} that are wrong`;
  const meanings = {
    inside: {
      rate: insideRate,
      predicted: `share of predictions within ${name} whose actual class is a different one within it`,
      all: `share of all instances: ${name} predicted as a different class within it`,
      count: `instances of ${name} predicted as a different class within it`,
    }[values],
    fn: {
      rate: fnRate,
      predicted: fnRate,
      all: `share of all instances: ${name} predicted as another class`,
      count: `instances of ${name} predicted as another class`,
    }[values],
    fp: {
      rate: fpRate,
      predicted: fpRate,
      all: `share of all instances: others predicted as ${name}`,
      count: `instances of other classes predicted as ${name}`,
    }[values],
    precision: `share of predictions as ${name} that are right`,
    recall: `share of actual ${name} predicted as ${name}`,
    f1: "harmonic mean of precision and recall",
    support: `instances whose actual class is ${name}`,
  };
  const titles = {
    inside: "Confusion",
    fn: "False negatives",
    fp: "False positives",
    precision: "Precision",
    recall: "Recall",
    f1: "F1",
    support: "Support",
  };
  if (target.kind === "inside") return { title: `Inside ${name}`, meaning: meanings.inside };
  return { title: `${titles[target.kind]} of ${name}`, meaning: meanings[target.kind] };
}
