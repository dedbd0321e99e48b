import { scaleLinear, type ScaleLinear } from "d3-scale";

import { indexRange } from "../../compute/time/epochs";
import type { Interval } from "../../compute/series/lines";
import { intervalOf, lineOf } from "../../compute/series/plotted";
import { isShare } from "../../compute/text/tooltip";
import type { DetailScene } from "./scene";

/** The line and the interval of each series, null if it has none, and the scale of all their values. */
export interface DetailLines {
  lines: readonly (ArrayLike<number> | null)[];
  intervals: readonly (Interval | null)[];
  y: ScaleLinear<number, number>;
}

/** @param height of the plot, in pixels */
export function detailLines(scene: DetailScene, height: number): DetailLines {
  const { series, target, values } = scene;
  const lines = series.map((s) => lineOf(s, target, values));
  const intervals = series.map((s) => intervalOf(s, target, values));
  return { lines, intervals, y: scaleLinear(domainOf(scene, lines, intervals), [height, 0]) };
}

/** The ends of the scale: confusion is shown from zero, measures of success from below the least value up to 1. */
function domainOf(
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
