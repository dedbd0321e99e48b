/** Length of the blocks whose sum, least and greatest value are kept, so that many epochs take few steps. */
const BLOCK = 16;
/** Parts that are longer are looked up in blocks. */
const LONG_PART = 3 * BLOCK;
/**
 * Shorter lines have no blocks: there may be a hundred thousand of them, and blocks would take more room than they
 * save time.
 */
const LONG_LINE = 1000;

interface Blocks {
  /** The sum of the defined values before each block, and their number. */
  sums: Float64Array;
  counts: Uint32Array;
  least: Float64Array;
  greatest: Float64Array;
}

/**
 * A line (a value per epoch, NaN if undefined) prepared for questions about parts of it, which
 * charts ask for every pixel whenever the chosen epochs change.
 */
export class LineSummary {
  /** The least and the greatest of all values; ±Infinity if none is defined. */
  readonly least: number;
  readonly greatest: number;
  private blocks: Blocks | null = null;

  constructor(private readonly line: ArrayLike<number>) {
    let [least, greatest] = [Infinity, -Infinity];
    for (let i = 0; i < line.length; i++) {
      const value = line[i];
      least = value < least ? value : least;
      greatest = value > greatest ? value : greatest;
    }
    this.least = least;
    this.greatest = greatest;
  }

  /** The mean of the defined values of [start, end); NaN if there is none. */
  mean(start: number, end: number): number {
    const { line } = this;
    if (end - start === 1) return line[start];
    let [sum, count] = [0, 0];
    let i = start;
    const blocks = this.blocksWithin(start, end);
    if (blocks) {
      const { sums, counts } = blocks;
      const [first, last] = [Math.ceil(start / BLOCK), Math.floor(end / BLOCK)];
      sum = sums[last] - sums[first];
      count = counts[last] - counts[first];
      for (; i < first * BLOCK; i++)
        if (line[i] === line[i]) {
          sum += line[i];
          count++;
        }
      i = last * BLOCK;
    }
    for (; i < end; i++)
      if (line[i] === line[i]) {
        sum += line[i];
        count++;
      }
    return count ? sum / count : NaN;
  }

  /**
   * The mean of each part [start[p], end[p]). One loop for all short parts: a call for each of the hundreds of
   * thousands of pixels of a paint would take longer than the sum.
   *
   * @returns how far any part's greatest value is above its mean; Infinity if that was not computed
   */
  means(start: Int32Array, end: Int32Array, into: Float64Array): number {
    const { line } = this;
    let most = 0;
    for (let p = 0; p < into.length; p++) {
      const from = start[p];
      const to = end[p];
      if (to - from === 1) {
        into[p] = line[from];
        continue;
      }
      if (to - from > LONG_PART) {
        into[p] = this.mean(from, to);
        most = Infinity;
        continue;
      }
      // One by one: destructuring an array, as elsewhere, would double the time.
      let sum = 0;
      let count = 0;
      let greatest = -Infinity;
      for (let i = from; i < to; i++) {
        const value = line[i];
        if (value !== value) continue;
        sum += value;
        count++;
        if (value > greatest) greatest = value;
      }
      const mean = count ? sum / count : NaN;
      into[p] = mean;
      if (greatest - mean > most) most = greatest - mean;
    }
    return most;
  }

  /** The least and the greatest value of [start, end), ±Infinity if there is none; overwritten by the next call. */
  extremes(start: number, end: number): Readonly<Extremes> {
    const { line } = this;
    let least = Infinity;
    let greatest = -Infinity;
    let i = start;
    const blocks = this.blocksWithin(start, end);
    if (blocks) {
      const [first, last] = [Math.ceil(start / BLOCK), Math.floor(end / BLOCK)];
      for (; i < first * BLOCK; i++) {
        least = line[i] < least ? line[i] : least;
        greatest = line[i] > greatest ? line[i] : greatest;
      }
      for (let b = first; b < last; b++) {
        least = blocks.least[b] < least ? blocks.least[b] : least;
        greatest = blocks.greatest[b] > greatest ? blocks.greatest[b] : greatest;
      }
      i = last * BLOCK;
    }
    for (; i < end; i++) {
      least = line[i] < least ? line[i] : least;
      greatest = line[i] > greatest ? line[i] : greatest;
    }
    FOUND.least = least;
    FOUND.greatest = greatest;
    return FOUND;
  }

  private blocksWithin(start: number, end: number): Blocks | null {
    return end - start > LONG_PART && this.line.length > LONG_LINE
      ? (this.blocks ??= blocksOf(this.line))
      : null;
  }
}

interface Extremes {
  least: number;
  greatest: number;
}

/** One object for all answers: a paint asks for tens of thousands. */
const FOUND: Extremes = { least: Infinity, greatest: -Infinity };

function blocksOf(line: ArrayLike<number>): Blocks {
  const length = Math.floor(line.length / BLOCK);
  const blocks: Blocks = {
    sums: new Float64Array(length + 1),
    counts: new Uint32Array(length + 1),
    least: new Float64Array(length),
    greatest: new Float64Array(length),
  };
  let [sum, count] = [0, 0];
  for (let b = 0; b < length; b++) {
    let [least, greatest] = [Infinity, -Infinity];
    for (let i = b * BLOCK; i < (b + 1) * BLOCK; i++) {
      const value = line[i];
      if (value !== value) continue;
      sum += value;
      count++;
      least = value < least ? value : least;
      greatest = value > greatest ? value : greatest;
    }
    blocks.sums[b + 1] = sum;
    blocks.counts[b + 1] = count;
    blocks.least[b] = least;
    blocks.greatest[b] = greatest;
  }
  return blocks;
}

const summaries = new WeakMap<ArrayLike<number>, LineSummary>();

/** The summary of a line; it is kept as long as the line. */
export function summaryOf(line: ArrayLike<number>): LineSummary {
  let summary = summaries.get(line);
  if (!summary) summaries.set(line, (summary = new LineSummary(line)));
  return summary;
}
