import { bisectLeft, bisectRight, median } from "d3-array";

/**
 * The usual distance between a series' epochs: the median of its steps, rounded down, at least 1.
 * An epoch stands for this long; if the next one is further away, there is a gap.
 */
export function strideOf(epochs: ArrayLike<number>): number {
  const steps: number[] = [];
  for (let i = 1; i < epochs.length; i++) steps.push(epochs[i] - epochs[i - 1]);
  return Math.max(1, Math.floor(median(steps) ?? 1));
}

/** Indices of the epochs within [first, last], as a half-open range [start, end). */
export function indexRange(
  epochs: ArrayLike<number>,
  [first, last]: [number, number],
): [number, number] {
  return [bisectLeft(epochs, first), bisectRight(epochs, last)];
}

/** Index of the epoch that stands for `epoch` (the newest not after it, within a stride), or -1. */
export function indexAt(epochs: ArrayLike<number>, stride: number, epoch: number): number {
  const index = bisectRight(epochs, epoch) - 1;
  return index >= 0 && epoch < epochs[index] + stride ? index : -1;
}

/** Where the epochs of a series lie on the time axis: at themselves, or along shares of its training. */
export interface Timed {
  epochs: ArrayLike<number>;
  stride: number;
  byShare?: boolean;
}

/**
 * The index of a series' epoch at each of some places, or -1: exactly that epoch or, along shares, the last one
 * that has been reached.
 */
export function indicesAt({ epochs, stride, byShare }: Timed, places: Float64Array): Int32Array {
  const indices = new Int32Array(places.length);
  for (let p = 0; p < places.length; p++)
    indices[p] = indexAt(epochs, byShare ? stride : 1, places[p]);
  return indices;
}

/** All places at which any of several series has an epoch, each once. */
export function unionOfPlaces(all: readonly ArrayLike<number>[]): Float64Array {
  const places = new Set<number>();
  for (const one of all) for (let i = 0; i < one.length; i++) places.add(one[i]);
  return Float64Array.from(places).sort();
}

/** First and last epoch of several series, or null if none has an epoch. */
export function extentOf(all: Iterable<ArrayLike<number>>): [number, number] | null {
  let first = Infinity;
  let last = -Infinity;
  for (const epochs of all) {
    if (!epochs.length) continue;
    first = Math.min(first, epochs[0]);
    last = Math.max(last, epochs[epochs.length - 1]);
  }
  return first <= last ? [first, last] : null;
}
