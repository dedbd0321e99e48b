import { sizeOf } from "./difference";
import { indexRange } from "./epochs";
import type { Values } from "./lines";
import type { Plotted } from "./plotted";
import { upperEnd } from "./scaleEnds";

/** Of each line so many epochs decide about the common scale. */
const EPOCHS_FOR_SCALE = 500;

/** What a series has in a cell, over its epochs. */
export interface CellLine<S extends Plotted = Plotted> {
  series: S;
  values: ArrayLike<number>;
}

/**
 * How far the scale that all lines share goes from 0. Counts are shown whole; of each line of shares a few values
 * may lie beyond, so that they do not flatten all others.
 */
export function commonScale(
  lines: readonly CellLine[],
  range: [number, number],
  values: Values,
): { size: number; isCut: boolean } {
  if (values === "count") {
    const sizes = lines.map((line) =>
      sizeOf(null, line.values, ...indexRange(line.series.epochs, range)),
    );
    return { size: Math.max(0, ...sizes) || 1, isCut: false };
  }
  const samples = lines.map((line) => sampleOf(line, range));
  const size = Math.max(0, ...samples.map((sample) => upperEnd(sample).size)) || 1;
  const isBeyond = (value: number) => Math.abs(value) > size + 1e-9;
  return { size, isCut: samples.some((sample) => sample.some(isBeyond)) };
}

function sampleOf({ series, values }: CellLine, range: [number, number]): number[] {
  const [start, end] = indexRange(series.epochs, range);
  const step = Math.ceil((end - start) / EPOCHS_FOR_SCALE);
  const sample: number[] = [];
  for (let i = start; i < end; i += step) sample.push(values[i]);
  return sample;
}
