import { summaryOf } from "../series/summary";

const kept = new WeakMap<ArrayLike<number>, { size: number; line: Float64Array }>();

/**
 * Averages a line over the epochs around each one: fewer of them at the ends, and only those with a value. Where
 * the line itself is undefined, so is the result.
 *
 * @param size how many epochs are averaged: odd, so that there is one in the middle
 */
export function smoothed(values: ArrayLike<number>, size: number): Float64Array {
  const known = kept.get(values);
  if (known?.size === size) return known.line;
  const summary = summaryOf(values);
  const half = (size - 1) / 2;
  const line = Float64Array.from({ length: values.length }, (_, at) =>
    Number.isNaN(values[at])
      ? NaN
      : summary.mean(Math.max(0, at - half), Math.min(values.length, at + half + 1)),
  );
  kept.set(values, { size, line });
  return line;
}
