import { summaryOf } from "./summary";

const kept = new WeakMap<ArrayLike<number>, { size: number; line: Float64Array }>();

/**
 * A line of the means of so many epochs around each: cut at the ends, without what is undefined. Where the line
 * itself is undefined, this one is, too.
 *
 * @param size odd, so that an epoch is in the middle of those that are averaged
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
