import { bisectLeft, bisectRight } from "d3-array";

import { summaryOf } from "../series/summary";

/**
 * Which epochs each pixel of a strip stands for: pixel p shows the indices start[p] … end[p] - 1;
 * start[p] === end[p] is a gap.
 */
export interface PixelEpochs {
  width: number;
  start: Int32Array;
  end: Int32Array;
}

/**
 * Divides the epochs of one series over the pixels of a strip. Every epoch within the domain lands
 * on at least one pixel: with more epochs than pixels a pixel takes all epochs that begin in it;
 * with fewer, each pixel takes the epoch that stands at its centre.
 *
 * @param epochs strictly increasing
 * @param stride how long an epoch stands (see strideOf)
 * @param domain half-open interval [from, to) of epochs that the strip spans
 * @param width pixels
 */
export function pixelEpochs(
  epochs: ArrayLike<number>,
  stride: number,
  [from, to]: [number, number],
  width: number,
): PixelEpochs {
  const start = new Int32Array(width);
  const end = new Int32Array(width);
  for (let p = 0; p < width; p++)
    [start[p], end[p]] = epochsOfPixel(epochs, stride, [from, to], width, p);
  return { width, start, end };
}

/** The indices of the epochs of one of these pixels, [start, end). */
export function epochsOfPixel(
  epochs: ArrayLike<number>,
  stride: number,
  [from, to]: [number, number],
  width: number,
  pixel: number,
): [number, number] {
  const perPixel = (to - from) / width;
  if (perPixel >= 1) {
    const start = bisectLeft(epochs, from + pixel * perPixel);
    const end = bisectLeft(epochs, pixel === width - 1 ? to : from + (pixel + 1) * perPixel);
    if (start < end) return [start, end];
  }
  const centre = from + (pixel + 0.5) * perPixel;
  const going = bisectRight(epochs, centre) - 1;
  const stands = going >= 0 && epochs[going] >= from && centre < epochs[going] + stride;
  return stands ? [going, going + 1] : [0, 0];
}

/** Mean, least and greatest value of each pixel's epochs; NaN for a pixel without epochs. */
export interface PixelValues {
  mean: Float64Array;
  min: Float64Array;
  max: Float64Array;
}

export function roomFor(width: number): PixelValues {
  return {
    mean: new Float64Array(width),
    min: new Float64Array(width),
    max: new Float64Array(width),
  };
}

/**
 * Summarises a line of values (one per epoch, NaN where undefined) for the pixels of a chart.
 *
 * @param into arrays to write into, at least as long as the chart is wide
 */
export function pixelValues(
  values: ArrayLike<number>,
  { width, start, end }: PixelEpochs,
  into: PixelValues = roomFor(width),
): PixelValues {
  const { mean, min, max } = into;
  const summary = summaryOf(values);
  summary.means(start, end, mean);
  for (let p = 0; p < width; p++) {
    const { least, greatest } = summary.extremes(start[p], end[p]);
    // Without a mean there is no defined value.
    min[p] = mean[p] === mean[p] ? least : NaN;
    max[p] = mean[p] === mean[p] ? greatest : NaN;
  }
  return into;
}
