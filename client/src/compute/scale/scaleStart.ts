/** Where the scale of the cells starts: the first epochs of a training may be far above all that follow. */

import { indexRange } from "../time/epochs";
import type { Values } from "../series/lines";
import { confusedCells, extremesOf, lineOf, type Plotted } from "../series/plotted";

/** A series with fewer epochs keeps them all. */
const FEWEST = 8;
/** At most this share of the range can be left out, and from LATER of it on values are taken to be usual. */
const MOST = 1 / 4;
const LATER = 1 / 2;
/** An epoch is wild if its greatest cell is this many times that of all later epochs. */
const WILD = 1.25;

/**
 * The first epoch that the scale of the cells is made from. In the first quarter of the range, it is the one after
 * the last epoch whose greatest cell, in any series, is more than a quarter above the greatest of the later half.
 */
export function scaleStart(
  all: readonly Plotted[],
  range: [number, number],
  values: Values,
): number {
  const span = range[1] - range[0];
  const series = all.map((one) => ({
    epochs: one.epochs,
    greatest: greatestCells(one, values),
    within: indexRange(one.epochs, range),
  }));
  if (!series.some(({ within: [start, end] }) => end - start >= FEWEST)) return range[0];
  let usual = 0;
  for (const { epochs, greatest, within } of series)
    for (let at = within[1] - 1; at >= within[0] && epochs[at] >= range[0] + LATER * span; at--)
      usual = Math.max(usual, greatest[at]);
  let first = range[0];
  for (const { epochs, greatest, within } of series)
    for (let at = within[0]; at < within[1] && epochs[at] < range[0] + MOST * span; at++)
      if (usual > 0 && greatest[at] > WILD * usual && at + 1 < within[1])
        first = Math.max(first, epochs[at + 1]);
  return first;
}

const kept = new WeakMap<Plotted, Map<Values, Float64Array>>();

/** The greatest size of a shown cell off the diagonal at each epoch of a series. */
function greatestCells(series: Plotted, values: Values): Float64Array {
  const known = kept.get(series) ?? new Map<Values, Float64Array>();
  kept.set(series, known);
  let greatest = known.get(values);
  if (greatest) return greatest;
  greatest = new Float64Array(series.epochs.length);
  for (const [actual, predicted] of confusedCells(series)) {
    const target = { kind: "cell" as const, actual, predicted };
    const { low, high } = extremesOf(series, target, values) ?? { low: null, high: null };
    for (const line of low && high ? [low, high] : [lineOf(series, target, values)!])
      for (let e = 0; e < greatest.length; e++) {
        const size = Math.abs(line[e]);
        if (size > greatest[e]) greatest[e] = size;
      }
  }
  known.set(values, greatest);
  return greatest;
}
