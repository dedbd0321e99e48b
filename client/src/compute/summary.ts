import { Room } from "./room";

/** Values of which the least and the greatest are kept, so that those of many epochs are found in few. */
const BLOCK = 8;

const sums = new Room();

/**
 * A line (a value per epoch, NaN where it is undefined) made ready to be asked for parts of it, as
 * charts do for every pixel whenever the chosen epochs change.
 */
export class LineSummary {
  /** Of all values; ±Infinity where none is defined. */
  readonly least: number;
  readonly greatest: number;
  /** Of the defined values before each index. */
  private readonly sums: Float64Array;
  /** How many these are; null where all are defined. */
  private readonly counts: Uint32Array | null;
  private blocks: { least: Float64Array; greatest: Float64Array } | null = null;

  constructor(private readonly line: ArrayLike<number>) {
    const { length } = line;
    this.sums = sums.take(length + 1);
    let counts: Uint32Array | null = null;
    let [sum, least, greatest] = [0, Infinity, -Infinity];
    for (let i = 0; i < length; i++) {
      const value = line[i];
      if (value === value) {
        sum += value;
        least = value < least ? value : least;
        greatest = value > greatest ? value : greatest;
      } else if (!counts) counts = Uint32Array.from({ length: length + 1 }, (_, before) => Math.min(before, i));
      this.sums[i + 1] = sum;
      if (counts) counts[i + 1] = counts[i] + (value === value ? 1 : 0);
    }
    this.counts = counts;
    this.least = least;
    this.greatest = greatest;
  }

  /** The mean of the defined values of [start, end); NaN where there is none. */
  mean(start: number, end: number): number {
    if (end - start === 1) return this.line[start];
    const { sums, counts } = this;
    const count = counts ? counts[end] - counts[start] : end - start;
    return count > 0 ? (sums[end] - sums[start]) / count : NaN;
  }

  /** The greatest value of [start, end); -Infinity where there is none. */
  greatestOf(start: number, end: number): number {
    const { line } = this;
    let greatest = -Infinity;
    let i = start;
    if (end - start > 3 * BLOCK) {
      const { greatest: blocks } = this.kept();
      const first = Math.ceil(start / BLOCK);
      const last = Math.floor(end / BLOCK);
      for (; i < first * BLOCK; i++) greatest = line[i] > greatest ? line[i] : greatest;
      for (let b = first; b < last; b++) greatest = blocks[b] > greatest ? blocks[b] : greatest;
      i = last * BLOCK;
    }
    for (; i < end; i++) greatest = line[i] > greatest ? line[i] : greatest;
    return greatest;
  }

  /** The least value of [start, end); Infinity where there is none. */
  leastOf(start: number, end: number): number {
    const { line } = this;
    let least = Infinity;
    let i = start;
    if (end - start > 3 * BLOCK) {
      const { least: blocks } = this.kept();
      const first = Math.ceil(start / BLOCK);
      const last = Math.floor(end / BLOCK);
      for (; i < first * BLOCK; i++) least = line[i] < least ? line[i] : least;
      for (let b = first; b < last; b++) least = blocks[b] < least ? blocks[b] : least;
      i = last * BLOCK;
    }
    for (; i < end; i++) least = line[i] < least ? line[i] : least;
    return least;
  }

  private kept() {
    if (!this.blocks) {
      const { line } = this;
      const length = Math.floor(line.length / BLOCK);
      this.blocks = { least: new Float64Array(length).fill(Infinity), greatest: new Float64Array(length).fill(-Infinity) };
      const { least, greatest } = this.blocks;
      for (let i = 0; i < length * BLOCK; i++) {
        const [value, b] = [line[i], Math.floor(i / BLOCK)];
        if (value < least[b]) least[b] = value;
        if (value > greatest[b]) greatest[b] = value;
      }
    }
    return this.blocks;
  }
}

const summaries = new WeakMap<ArrayLike<number>, LineSummary>();

/** The summary of a line, which is kept as long as the line is. */
export function summaryOf(line: ArrayLike<number>): LineSummary {
  let summary = summaries.get(line);
  if (!summary) summaries.set(line, (summary = new LineSummary(line)));
  return summary;
}
