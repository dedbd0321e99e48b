import { lowerEnd } from "../compute/scale/scaleEnds";
import type { TimeAxis } from "../compute/time/axis";
import type { Target } from "../compute/series/lines";
import { intervalOf, lineOf, type Plotted } from "../compute/series/plotted";
import { drawEpochAxis } from "./axes";
import { drawSeries } from "./line";
import type { Pen } from "./pen";
import { pointScale, type EpochScale } from "./scales";
import type { Theme } from "./theme";
import { drawWrong, type Trajectory } from "./trajectory";

export interface TimelineScene {
  series: readonly Plotted[];
  /** First and last of all epochs. */
  extent: [number, number];
  /** First and last epoch chosen. */
  range: [number, number];
  axis: TimeAxis;
  theme: Theme;
  /** What the curves show. */
  target: Target;
  /** Epochs at which something was found. */
  ticks?: readonly number[];
  /** Places at which a training was resumed. */
  resumed?: readonly number[];
}

/** Room left and right of the epochs, for handles that stick out at the ends. */
export const TIMELINE_INSET = 9;
export const TIMELINE_AXIS = 20;

export function timelineScale(extent: [number, number], width: number): EpochScale {
  return pointScale(extent, Math.max(1, width - 2 * TIMELINE_INSET));
}

/** The bottom of the curves' scale, which ends at 1; what is below 0 is cut. */
export function curveFloor(
  series: readonly Plotted[],
  extent: [number, number],
  target: Target,
): number {
  const lines = series.flatMap((s) => {
    const interval = intervalOf(s, target, "rate");
    return [lineOf(s, target, "rate")!, ...(interval ? [interval.low] : [])].map((values) => ({
      epochs: s.epochs,
      values,
    }));
  });
  return lowerEnd(lines, extent).floor;
}

/** Draws the curves and the chosen range with its handles. */
export function drawTimeline(pen: Pen, width: number, height: number, scene: TimelineScene): void {
  const { series, extent, range, target, theme } = scene;
  const x = timelineScale(extent, width);
  const plot = height - TIMELINE_AXIS - 6;
  pen.save();
  pen.translate(TIMELINE_INSET, 6);
  const [from, to] = [Math.round(x.at(range[0])), Math.round(x.at(range[1]))];
  pen.fillStyle = theme.raised;
  pen.fillRect(from, 0, Math.max(1, to - from), plot);
  for (const [first, last] of partialSpans(series))
    hatch(pen, x.at(first), x.at(last), plot, theme);
  const floor = curveFloor(series, extent, target);
  pen.save();
  pen.beginPath();
  pen.rect(-TIMELINE_INSET, 0, x.length + 2 * TIMELINE_INSET, plot);
  pen.clip();
  const y = (value: number) => 3 + (plot - 5) * (1 - (value - floor) / (1 - floor));
  const draw = (s: Plotted) => drawSeries(pen, s, target, "rate", x, y, theme.scheme);
  series.forEach(draw);
  pen.restore();
  drawResumed(pen, scene.resumed ?? [], x, plot, theme);
  pen.fillStyle = theme.surface;
  pen.globalAlpha = 0.72;
  pen.fillRect(-TIMELINE_INSET, 0, from + TIMELINE_INSET, plot);
  pen.fillRect(to, 0, x.length - to + TIMELINE_INSET, plot);
  pen.globalAlpha = 1;
  pen.strokeStyle = theme.border;
  pen.lineWidth = 1;
  // A single epoch leaves nothing to choose.
  if (extent[0] < extent[1]) {
    pen.strokeRect(from - 0.5, -0.5, Math.max(1, to - from) + 1, plot + 1);
    for (const at of [from, to]) drawHandle(pen, at, plot, theme);
  }
  // A handle would cover a series of a single epoch.
  series.filter(({ epochs }) => epochs.length === 1).forEach(draw);
  drawTicks(pen, scene.ticks ?? [], x, extent, plot, theme);
  pen.translate(0, plot + 2);
  drawEpochAxis(pen, x, scene.axis, theme);
  pen.restore();
}

/** First and last epoch of each stretch of a series in which ranks are missing. */
function partialSpans(series: readonly Plotted[]): [number, number][] {
  return series.flatMap(({ epochs, lines }) => {
    const spans: [number, number][] = [];
    let open = false;
    for (let at = 0; at < epochs.length; at++) {
      const isPartial = lines.missingAt(at) !== "";
      if (isPartial && open) spans[spans.length - 1][1] = epochs[at];
      else if (isPartial) spans.push([epochs[at], epochs[at]]);
      open = isPartial;
    }
    return spans;
  });
}

/** Hatches the epochs from one to another, wide enough to be seen even for a single one. */
function hatch(pen: Pen, first: number, last: number, height: number, theme: Theme): void {
  const [left, right] = [Math.round(first) - 3, Math.round(last) + 4];
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, right - left, height);
  pen.clip();
  pen.beginPath();
  // The slanted lines are the same wherever a hatch begins, so that two that meet look like one.
  for (let at = Math.floor((left - height) / 5) * 5; at < right; at += 5) {
    pen.moveTo(at, height);
    pen.lineTo(at + height, 0);
  }
  pen.strokeStyle = theme.muted;
  pen.globalAlpha = 0.55;
  pen.lineWidth = 1;
  pen.stroke();
  pen.restore();
}

/** Draws a line where a training was resumed, with an arrow that turns back. */
function drawResumed(
  pen: Pen,
  places: readonly number[],
  x: EpochScale,
  plot: number,
  theme: Theme,
): void {
  pen.strokeStyle = pen.fillStyle = theme.muted;
  pen.lineWidth = 1;
  for (const place of places) {
    const at = Math.round(x.at(place)) + 0.5;
    pen.setLineDash([1, 3]);
    pen.beginPath();
    pen.moveTo(at, 14);
    pen.lineTo(at, plot);
    pen.stroke();
    pen.setLineDash([]);
    pen.beginPath();
    pen.arc(at, 8, 3.5, -0.4 * Math.PI, 1.25 * Math.PI);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(at + 0.5, 1.5);
    pen.lineTo(at + 4.5, 4.5);
    pen.lineTo(at - 0.5, 7);
    pen.closePath();
    pen.fill();
  }
}

/** Draws small flags below the curves. */
function drawTicks(
  pen: Pen,
  ticks: readonly number[],
  x: EpochScale,
  extent: [number, number],
  plot: number,
  theme: Theme,
): void {
  pen.fillStyle = theme.accent;
  for (const epoch of ticks) {
    if (epoch < extent[0] || epoch > extent[1]) continue;
    const at = Math.round(x.at(epoch)) + 0.5;
    pen.beginPath();
    pen.moveTo(at, plot - 6);
    pen.lineTo(at + 3, plot);
    pen.lineTo(at - 3, plot);
    pen.closePath();
    pen.fill();
  }
}

function drawHandle(pen: Pen, at: number, plot: number, theme: Theme): void {
  pen.beginPath();
  pen.roundRect(at - 4.5, plot / 2 - 9.5, 9, 19, 3);
  pen.fillStyle = theme.surface;
  pen.fill();
  pen.strokeStyle = theme.border;
  pen.stroke();
}

/** Draws the playhead and, dashed, the epoch under the pointer. */
export function drawTimelineEpochs(
  pen: Pen,
  width: number,
  height: number,
  {
    extent,
    playhead,
    hovered,
    chosen,
    theme,
  }: {
    extent: [number, number];
    playhead: number;
    hovered: number | null;
    /** What chosen instances were taken for. */
    chosen: readonly Trajectory[];
    theme: Theme;
  },
): void {
  const x = timelineScale(extent, width);
  const plot = height - TIMELINE_AXIS - 6;
  pen.translate(TIMELINE_INSET, 6);
  drawChosen(pen, chosen, x, plot, theme);
  drawPlayhead(pen, Math.round(x.at(playhead)), plot, theme);
  if (hovered === null) return;
  const at = Math.round(x.at(hovered)) + 0.5;
  pen.strokeStyle = theme.ink;
  pen.globalAlpha = 0.5;
  pen.setLineDash([2, 2]);
  pen.beginPath();
  pen.moveTo(at, 0);
  pen.lineTo(at, plot);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

const STRIP_PX = 5;
const MOST_STRIPS = 5;
/** Room for the flags of findings. */
const ABOVE_FOOT = 8;

/** Draws strips of what chosen instances were taken for, one above the other, below the curves. */
function drawChosen(
  pen: Pen,
  chosen: readonly Trajectory[],
  x: EpochScale,
  plot: number,
  theme: Theme,
): void {
  chosen.slice(-MOST_STRIPS).forEach((trajectory, at) => {
    const half = Math.max(0.5, (x.at(trajectory.stride) - x.at(0)) / 2);
    pen.save();
    pen.translate(0, plot - ABOVE_FOOT - (at + 1) * (STRIP_PX + 2));
    pen.beginPath();
    pen.rect(0, 0, x.length, STRIP_PX);
    pen.clip();
    pen.fillStyle = theme.surface;
    pen.fillRect(0, 0, x.length, STRIP_PX);
    drawWrong(pen, STRIP_PX, trajectory, x, half, theme);
    pen.strokeStyle = theme.line;
    pen.lineWidth = 1;
    pen.strokeRect(0.5, 0.5, x.length - 1, STRIP_PX - 1);
    pen.restore();
  });
}

function drawPlayhead(pen: Pen, at: number, plot: number, theme: Theme): void {
  pen.fillStyle = theme.ink;
  pen.fillRect(at, 0, 1, plot);
  pen.beginPath();
  pen.moveTo(at - 4.5, -6);
  pen.lineTo(at + 5.5, -6);
  pen.lineTo(at + 0.5, 1);
  pen.closePath();
  pen.fill();
}
