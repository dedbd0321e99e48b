/** Time as a share of each series' own training, from its first epoch to its last. */

import type { Plotted } from "../series/plotted";

/** All of a training. Positions are whole numbers, so that a link can hold them. */
export const WHOLE = 1_000_000;

/** A series whose epochs are positions within its own training; they keep their names. */
export function alongTraining<T extends Plotted>(series: T): T {
  const { epochs, stride } = series;
  const first = epochs[0];
  const span = epochs[epochs.length - 1] - first;
  return {
    ...series,
    byShare: true,
    named: epochs,
    epochs: Float64Array.from(epochs, (epoch) =>
      span ? Math.round(((epoch - first) / span) * WHOLE) : 0,
    ),
    // Rounding makes some steps longer than others, and none may look like a gap. A single epoch stands for all of
    // its training.
    stride: (span ? Math.ceil((stride / span) * WHOLE) : WHOLE) + 1,
  };
}

/** The epochs that lie within a part of a training, first and last; null if none does. */
export function epochsWithin(
  { epochs, named }: Plotted,
  [from, to]: [number, number],
): [number, number] | null {
  let [first, last] = [Infinity, -Infinity];
  for (let i = 0; i < epochs.length; i++) {
    if (epochs[i] < from || epochs[i] > to) continue;
    const epoch = (named ?? epochs)[i];
    first = Math.min(first, epoch);
    last = Math.max(last, epoch);
  }
  return first <= last ? [first, last] : null;
}
