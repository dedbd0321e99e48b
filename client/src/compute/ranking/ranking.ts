import { indexAt, indexRange } from "../time/epochs";
import type { Values } from "../series/lines";
import {
  cellsOfAny,
  confusedCells,
  denominatorsOf,
  lineOf,
  meanOf,
  type Plotted,
} from "../series/plotted";

/** Ways to rank cells; `rankCells` says what each is. */
export const RANKINGS = ["now", "peak", "jump", "rising", "difference"] as const;
export type Ranking = (typeof RANKINGS)[number];

/** What one series says about a ranked cell. */
export interface RankedValue {
  series: Plotted;
  value: number;
  /** The index of the epoch that the value is of; the last one if it is of several. */
  at: number;
  /** For a jump, the index at which it starts. */
  from?: number;
}

/** A cell off the diagonal with what it is ranked by; class indices are those shown. */
export interface RankedCell {
  actual: number;
  predicted: number;
  /** What it is ranked by: a value, a change, or a difference of means. */
  score: number;
  /** The series with the greatest value; for a difference of means also the one with the least. */
  of: RankedValue[];
  /** Whether fewer than `FEW` instances are behind the score. */
  isFew: boolean;
}

/** Scores of fewer instances than these come after all others: they may be chance. */
export const FEW = 3;

/**
 * Ranks all shown cells off the diagonal, the greatest score first, those of few instances after the
 * others; cells without a score above zero are left out. Its cost grows with the cells that are
 * not always zero. Jumps, and differences from a baseline, are ranked by size, without their sign.
 *
 * - now: the value at `epoch`;
 * - peak: the greatest value of any epoch within the range;
 * - jump: the greatest change from one epoch within the range to the next that has a value;
 * - rising: how much the straight line of least squares through the range's epochs rises over them, at
 *   most from the least to the greatest value there;
 * - difference: the greatest mean of a series within the range minus the least mean of another, or
 *   minus the baseline's.
 */
export function rankCells(
  all: readonly Plotted[],
  by: Ranking,
  range: [number, number],
  epoch: number,
  values: Values,
): RankedCell[] {
  const ranked: RankedCell[] = [];
  const compares = all.some(isCompared);
  const size = compares || by === "jump" ? Math.abs : (value: number) => value;
  const isSpread = by === "difference" && !compares;
  for (const [actual, predicted] of cellsOfAny(all, confusedCells)) {
    const target = { kind: "cell" as const, actual, predicted };
    const found: RankedValue[] = [];
    for (const series of all) {
      const line = lineOf(series, target, values);
      const value = line && valueBy[by](series, line, range, epoch);
      if (value && !Number.isNaN(value.value)) found.push({ series, ...value });
    }
    if (!found.length) continue;
    const greatest = found.reduce((one, other) =>
      size(other.value) > size(one.value) ? other : one,
    );
    const least = found.reduce((one, other) => (other.value < one.value ? other : one));
    const score = isSpread ? greatest.value - least.value : greatest.value;
    if (!(size(score) > 0)) continue;
    const instances =
      values === "count"
        ? score
        : score * denominatorsOf(greatest.series, target, values)![greatest.at];
    ranked.push({
      actual,
      predicted,
      score,
      of: isSpread ? [greatest, least] : [greatest],
      isFew: Math.abs(instances) < FEW - 1e-6,
    });
  }
  return ranked.sort(
    (a, b) =>
      Number(a.isFew) - Number(b.isFew) ||
      size(b.score) - size(a.score) ||
      a.actual - b.actual ||
      a.predicted - b.predicted,
  );
}

/** Ranked cells with the two of a pair of classes together, in the order of the first of each. */
export function pairCells(ranked: readonly RankedCell[]): RankedCell[][] {
  const pairs = new Map<string, RankedCell[]>();
  for (const cell of ranked) {
    const [one, other] = [cell.actual, cell.predicted].sort((a, b) => a - b);
    const pair = pairs.get(`${one} ${other}`);
    if (pair) pair.push(cell);
    else pairs.set(`${one} ${other}`, [cell]);
  }
  return [...pairs.values()];
}

function isCompared({ compared }: Plotted): boolean {
  return compared !== undefined;
}

type Valued = Omit<RankedValue, "series">;

const NOTHING: Valued = { value: NaN, at: -1 };

const valueBy: Record<
  Ranking,
  (series: Plotted, line: ArrayLike<number>, range: [number, number], epoch: number) => Valued
> = {
  now({ epochs, stride }, line, _range, epoch) {
    const at = indexAt(epochs, stride, epoch);
    return at < 0 ? NOTHING : { value: line[at], at };
  },
  peak(series, line, range) {
    const [start, end] = indexRange(series.epochs, range);
    const size = isCompared(series) ? Math.abs : (value: number) => value;
    let at = -1;
    for (let i = start; i < end; i++) if (size(line[i]) > (at < 0 ? -1 : size(line[at]))) at = i;
    return at < 0 ? NOTHING : { value: line[at], at };
  },
  jump({ epochs }, line, range) {
    const [start, end] = indexRange(epochs, range);
    let found = NOTHING;
    let from = -1;
    for (let at = start; at < end; at++) {
      if (Number.isNaN(line[at])) continue;
      const value = from < 0 ? NaN : line[at] - line[from];
      if (Math.abs(value) > (found === NOTHING ? 0 : Math.abs(found.value)))
        found = { value, at, from };
      from = at;
    }
    return found;
  },
  rising({ epochs }, line, range) {
    return riseOf(epochs, line, indexRange(epochs, range));
  },
  difference({ epochs }, line, range) {
    const [start, end] = indexRange(epochs, range);
    return start < end ? { value: meanOf(line, start, end), at: end - 1 } : NOTHING;
  },
};

/**
 * How much the line of least squares rises from the first to the last defined epoch, but no more than
 * from the least value to the greatest; NaN for fewer than two epochs.
 */
function riseOf(
  epochs: ArrayLike<number>,
  line: ArrayLike<number>,
  [start, end]: [number, number],
): Valued {
  const defined: number[] = [];
  for (let i = start; i < end; i++) if (!Number.isNaN(line[i])) defined.push(i);
  if (defined.length < 2) return NOTHING;
  const middle = defined.reduce((sum, i) => sum + epochs[i], 0) / defined.length;
  const mean = defined.reduce((sum, i) => sum + line[i], 0) / defined.length;
  let [rising, spread, least, greatest] = [0, 0, Infinity, -Infinity];
  for (const i of defined) {
    rising += (epochs[i] - middle) * (line[i] - mean);
    spread += (epochs[i] - middle) ** 2;
    least = Math.min(least, line[i]);
    greatest = Math.max(greatest, line[i]);
  }
  const at = defined[defined.length - 1];
  const rise = (rising / spread) * (epochs[at] - epochs[defined[0]]);
  const most = greatest - least;
  return { value: Math.min(most, Math.max(-most, rise)), at };
}
