import { indexRange } from "./epochs";

/** The share of values that may lie below a floor: the first epochs of a training, mostly. */
const BELOW = 0.02;
const TENTHS = 10;

/** Values over epochs, NaN where there is none. */
interface Values {
  epochs: ArrayLike<number>;
  values: ArrayLike<number>;
}

/**
 * The bottom of a common scale of shares that end at 1: the greatest tenth that at most one value in
 * fifty lies below, so that a few bad epochs do not flatten all others. 0.9 at most.
 */
export function shareFloor(lines: Iterable<Values>, range: [number, number]): { floor: number; isCut: boolean } {
  const counts = new Uint32Array(TENTHS);
  let total = 0;
  for (const { epochs, values } of lines) {
    const [start, end] = indexRange(epochs, range);
    for (let i = start; i < end; i++) {
      const tenth = Math.floor(values[i] * TENTHS + 1e-9);
      if (tenth !== tenth) continue;
      counts[tenth < TENTHS ? tenth : TENTHS - 1]++;
      total++;
    }
  }
  let below = 0;
  let tenth = 0;
  while (tenth < TENTHS - 1 && below + counts[tenth] <= BELOW * total) below += counts[tenth++];
  return { floor: tenth / TENTHS, isCut: below > 0 };
}

/** Ends that a scale of differences of shares can have. */
const SIZES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/**
 * How far a common scale of differences of shares goes on either side of 0: the least round size
 * that at most one in fifty is beyond, so that a few bad epochs do not flatten all others.
 */
export function usualSize(differences: Iterable<number>): { size: number; isCut: boolean } {
  const counts = new Uint32Array(SIZES.length);
  let total = 0;
  for (const value of differences) {
    if (Number.isNaN(value)) continue;
    counts[SIZES.findIndex((size) => Math.abs(value) <= size + 1e-9)]++;
    total++;
  }
  let beyond = 0;
  let at = SIZES.length - 1;
  while (at > 0 && beyond + counts[at] <= BELOW * total) beyond += counts[at--];
  return { size: SIZES[at], isCut: beyond > 0 };
}
