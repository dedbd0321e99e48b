import { indexRange } from "../time/epochs";

/** The share of values that may lie below a floor: the first epochs of a training, mostly. */
const BELOW = 0.02;
const TENTHS = 10;

/** Values over epochs, NaN if there is none. */
interface Values {
  epochs: ArrayLike<number>;
  values: ArrayLike<number>;
}

/**
 * The bottom of a common scale of shares that end at 1: the greatest tenth below which lies at most one value in
 * fifty, so that a few bad epochs do not flatten all others. At most 0.9.
 */
export function lowerEnd(
  lines: Iterable<Values>,
  range: [number, number],
): { floor: number; isCut: boolean } {
  const counts = new Uint32Array(TENTHS);
  for (const { epochs, values } of lines) countTenths(counts, values, indexRange(epochs, range));
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  let tenth = 0;
  while (tenth < TENTHS - 1 && below + counts[tenth] <= BELOW * total) below += counts[tenth++];
  return { floor: tenth / TENTHS, isCut: below > 0 };
}

/** This many values are counted once, for all ranges that contain them. */
const BLOCK = 128;
/** For each line, how many values before each block lie in each tenth. */
const counted = new WeakMap<ArrayLike<number>, Uint32Array>();

/** Adds up how many values of [start, end) lie in each tenth. */
function countTenths(
  counts: Uint32Array,
  values: ArrayLike<number>,
  [start, end]: [number, number],
): void {
  const [first, last] = [Math.ceil(start / BLOCK), Math.floor(end / BLOCK)];
  if (first >= last) {
    addTenths(counts, values, start, end);
    return;
  }
  let before = counted.get(values);
  if (!before) counted.set(values, (before = tenthsBefore(values)));
  for (let tenth = 0; tenth < TENTHS; tenth++)
    counts[tenth] += before[last * TENTHS + tenth] - before[first * TENTHS + tenth];
  addTenths(counts, values, start, first * BLOCK);
  addTenths(counts, values, last * BLOCK, end);
}

function tenthsBefore(values: ArrayLike<number>): Uint32Array {
  const blocks = Math.floor(values.length / BLOCK);
  const before = new Uint32Array((blocks + 1) * TENTHS);
  for (let b = 0; b < blocks; b++) {
    const after = before.subarray((b + 1) * TENTHS, (b + 2) * TENTHS);
    after.set(before.subarray(b * TENTHS, (b + 1) * TENTHS));
    addTenths(after, values, b * BLOCK, (b + 1) * BLOCK);
  }
  return before;
}

function addTenths(
  counts: Uint32Array,
  values: ArrayLike<number>,
  start: number,
  end: number,
): void {
  for (let i = start; i < end; i++) {
    const tenth = Math.floor(values[i] * TENTHS + 1e-9);
    if (tenth === tenth) counts[Math.max(0, Math.min(tenth, TENTHS - 1))]++;
  }
}

/** Ends that a scale of differences of shares can have. */
const SIZES = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/**
 * How far a common scale of differences of shares goes on either side of 0: the least round size
 * that at most one value in fifty exceeds, so that a few bad epochs do not flatten all others.
 */
export function upperEnd(differences: Iterable<number>): { size: number; isCut: boolean } {
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
