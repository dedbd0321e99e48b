import type { Counts, LoggedData } from "./data";

/** The counts of a series' cells without their zeros: cell k has those from starts[k] to starts[k + 1]. */
export interface NonZeros {
  starts: Uint32Array;
  /** Index of the epoch of each. */
  epoch: Uint32Array;
  count: Uint32Array | Float64Array;
}

const known = new WeakMap<Counts, NonZeros>();

/** Finds the counts that are not zero: with a thousand classes they are an eighth of all, and sums cost only these. */
export function nonZerosOf({ counts, cellActual, epochs }: LoggedData): NonZeros {
  const kept = known.get(counts);
  if (kept) return kept;
  const [cells, length] = [cellActual.length, epochs.length];
  let size = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i]) size++;
  const starts = new Uint32Array(cells + 1);
  const epoch = new Uint32Array(size);
  const count = counts instanceof Float64Array ? new Float64Array(size) : new Uint32Array(size);
  let at = 0;
  for (let k = 0; k < cells; k++) {
    for (let e = 0; e < length; e++) {
      const value = counts[k * length + e];
      if (!value) continue;
      epoch[at] = e;
      count[at++] = value;
    }
    starts[k + 1] = at;
  }
  const found = { starts, epoch, count };
  known.set(counts, found);
  return found;
}
