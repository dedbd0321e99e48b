import type { TakenFor } from "./takenFor";

/** How the instances of a class are predicted, epoch by epoch. */
export interface Flow {
  epochs: readonly number[];
  right: readonly number[];
  /** Indices of the classes that are wrongly predicted, and for each the instances at each epoch. */
  predicted: readonly number[];
  counts: readonly (readonly number[])[];
}

/** The instances that are wrongly taken for one class, or for one of several that share a colour. */
export interface Band {
  /** Class index; null for several classes. */
  predicted: number | null;
  counts: readonly number[];
}

/** Bands in the order of their colours, the most frequent first; classes that share a colour are one band. */
export function flowBands({ epochs, predicted, counts }: Flow, { named }: TakenFor): Band[] {
  const own = named.flatMap(([index]) => {
    const at = predicted.indexOf(index);
    return at < 0 ? [] : [{ predicted: index, counts: counts[at] }];
  });
  const colored = new Set(own.map((band) => band.predicted));
  const rest = counts.filter((_, at) => !colored.has(predicted[at]));
  if (!rest.length) return own;
  const sums = epochs.map((_, e) => rest.reduce((sum, each) => sum + each[e], 0));
  return [...own, { predicted: null, counts: sums }];
}

/** The greatest number of instances that are wrong at one epoch; at least 1. */
export function mostWrong(bands: readonly Band[], epochs: readonly number[]): number {
  const sums = epochs.map((_, e) => bands.reduce((sum, { counts }) => sum + counts[e], 0));
  return sums.reduce((most, sum) => Math.max(most, sum), 1);
}

/** The band at a height above the foot, in instances; null above all of them. */
export function bandAt(bands: readonly Band[], at: number, height: number): Band | null {
  let top = 0;
  for (const band of bands) {
    top += band.counts[at];
    if (height < top) return band;
  }
  return null;
}
