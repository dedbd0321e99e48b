import { stretchOf, momentOf, type TimeAxis } from "./axis";
import type { Target, Values } from "../series/lines";
import { indexAt } from "./epochs";
import type { Plotted } from "../series/plotted";
import { meanText, uncertaintyOf } from "../series/uncertainty";
import { farthest, tooltipAt, tooltipOfPixel, type TooltipRow } from "../text/tooltip";

/** For each series, the indices of the epochs that a pixel stands for, [start, end). */
type Spans = [number, number][];

/** What is pointed at on a time axis: one epoch or, where a pixel stands for several, all of these. */
export interface PointedEpochs {
  /** The epoch to mark: of several, the one whose value lies farthest from their mean. */
  epoch: number;
  /** Null if it is one epoch. */
  spans: Spans | null;
  /** First and last of them. */
  extent: [number, number];
}

export function oneEpoch(epoch: number): PointedEpochs {
  return { epoch, spans: null, extent: [epoch, epoch] };
}

/**
 * Finds what a pixel stands for, and which epoch to mark.
 *
 * @param place where on the axis the pixel is; it is marked unless the pixel stands for several epochs
 */
export function pointedOf(
  series: readonly Plotted[],
  target: Target,
  values: Values,
  spans: Spans,
  place: number,
): PointedEpochs {
  const many = series.flatMap((s, i) =>
    spans[i][1] - spans[i][0] > 1 ? [{ s, span: spans[i] }] : [],
  );
  if (!many.length) return oneEpoch(place);
  const first = Math.min(...many.map(({ s, span }) => s.epochs[span[0]]));
  const last = Math.max(...many.map(({ s, span }) => s.epochs[span[1] - 1]));
  let [epoch, distance] = [first, 0];
  for (const { s, span } of many) {
    const one = farthest(s, target, values, span);
    if (one && one.distance > distance) [epoch, distance] = [s.epochs[one.index], one.distance];
  }
  return { epoch, spans, extent: [first, last] };
}

/**
 * What a tooltip says of each series.
 *
 * @param range the chosen epochs, whose mean is given too; null if all are shown
 */
export function tooltipOf(
  series: readonly Plotted[],
  target: Target,
  values: Values,
  { epoch, spans }: PointedEpochs,
  range: [number, number] | null = null,
): TooltipRow[] {
  return series.map((s, i) => {
    const at = indexAt(s.epochs, s.stride, epoch);
    return {
      ...(spans
        ? tooltipOfPixel(s, target, values, spans[i])
        : tooltipAt(s, target, values, epoch)),
      ...uncertaintyOf(s, target, values, spans ? spans[i] : [at, at + 1]),
      mean: range ? meanText(s, target, values, range) : "",
    };
  });
}

/** A tooltip's row as it is read aloud. */
export function spokenRow({ label, value, interval, counts, mean, note }: TooltipRow): string {
  return [
    label,
    value,
    interval && `(${interval})`,
    counts,
    mean && `mean over the range ${mean}`,
    note,
  ]
    .filter(Boolean)
    .join(" ");
}

/** "epoch 12", or "mean of epochs 10–13". */
export function whenOf(axis: TimeAxis, { epoch, spans, extent }: PointedEpochs): string {
  return spans ? `mean of ${stretchOf(axis, extent)}` : momentOf(axis, epoch);
}
