import { epochsOfPixel } from "../compute/time/pixels";
import type { Target, Values } from "../compute/series/lines";
import type { Plotted } from "../compute/series/plotted";
import { pointedOf, type PointedEpochs } from "../compute/time/pointer";
import type { EpochScale } from "./scales";

/** What is pointed at in a line chart: several epochs if they are closer than its pixels. */
export function pointedInLines(
  series: readonly Plotted[],
  target: Target,
  values: Values,
  x: EpochScale,
  position: number,
): PointedEpochs {
  const [first, last] = x.range;
  // No finer than a pointer can aim, and no finer than what is drawn.
  const width = Math.max(1, Math.floor(x.length * Math.min(1, window.devicePixelRatio)));
  const pixel = Math.max(0, Math.min(width - 1, Math.floor((position * width) / x.length)));
  const to = last + Math.min(...series.map(({ stride }) => stride));
  const spans = series.map(({ epochs, stride }) =>
    epochsOfPixel(epochs, stride, [first, to], width, pixel),
  );
  // An epoch that begins in the pixel; the scale may round to another one.
  const perPixel = (to - first) / width;
  const begun = series.flatMap(({ epochs }, i) => {
    const [start, end] = spans[i];
    return perPixel >= 1 && start < end && epochs[start] >= first + pixel * perPixel
      ? [epochs[start]]
      : [];
  });
  return pointedOf(
    series,
    target,
    values,
    spans,
    begun.length ? Math.min(...begun) : x.epochAt(position),
  );
}
