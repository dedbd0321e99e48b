import { indexAt, indexRange } from "./epochs";
import type { Values } from "./lines";
import { confusedCells, lineOf, meanOf, type Plotted } from "./plotted";

/** Ways to rank cells: by the value now, the highest, the growth, the difference between series. */
export type Ranking = "now" | "highest" | "growth" | "difference";

/** What one series says of a ranked cell. */
export interface RankedValue {
  series: Plotted;
  value: number;
  /** The epoch of the value, where it is one epoch's. */
  epoch: number | null;
}

/** A cell off the diagonal with what it is ranked by; class indices are those shown. */
export interface RankedCell {
  actual: number;
  predicted: number;
  /** What it is ranked by: a value, a growth over the range, or a difference of means. */
  score: number;
  /** The series with the greatest value; of a difference of means also that with the least. */
  of: RankedValue[];
}

/**
 * Ranks all shown cells off the diagonal, the greatest score first; those without a score above zero
 * are left out. Its cost follows the cells that are ever non-zero. Where series are less a baseline,
 * their values are differences: the largest is first, whatever its sign.
 *
 * - now: the value at `epoch`;
 * - highest: the greatest value of any epoch within the range;
 * - growth: how much the straight line of least squares through the range's epochs rises over them;
 * - difference: the greatest mean of a series within the range less the least one of another, or
 *   less the baseline's.
 */
export function rankCells(
  all: readonly Plotted[],
  by: Ranking,
  range: [number, number],
  epoch: number,
  values: Values,
): RankedCell[] {
  const ranked: RankedCell[] = [];
  const size = all.some(isCompared) ? Math.abs : (value: number) => value;
  const isSpread = by === "difference" && !all.some(isCompared);
  for (const [actual, predicted] of cellsOfAny(all)) {
    const found: RankedValue[] = [];
    for (const series of all) {
      const line = lineOf(series, { kind: "cell", actual, predicted }, values);
      const value = line && valueBy[by](series, line, range, epoch);
      if (value && !Number.isNaN(value.value)) found.push({ series, ...value });
    }
    if (!found.length) continue;
    const greatest = found.reduce((one, other) =>
      size(other.value) > size(one.value) ? other : one,
    );
    const least = found.reduce((one, other) => (other.value < one.value ? other : one));
    const score = isSpread ? greatest.value - least.value : greatest.value;
    if (size(score) > 0)
      ranked.push({ actual, predicted, score, of: isSpread ? [greatest, least] : [greatest] });
  }
  return ranked.sort(
    (a, b) => size(b.score) - size(a.score) || a.actual - b.actual || a.predicted - b.predicted,
  );
}

/** The cells in which any series has ever a count, each once. */
function cellsOfAny(all: readonly Plotted[]): Iterable<[number, number]> {
  const cells = new Map<number, [number, number]>();
  for (const series of all)
    for (const [actual, predicted] of confusedCells(series))
      cells.set(actual * series.classIndex.length + predicted, [actual, predicted]);
  return cells.values();
}

function isCompared({ compared }: Plotted): boolean {
  return compared !== undefined;
}

type Valued = { value: number; epoch: number | null };

const valueBy: Record<
  Ranking,
  (series: Plotted, line: ArrayLike<number>, range: [number, number], epoch: number) => Valued
> = {
  now({ epochs, stride }, line, _range, epoch) {
    const index = indexAt(epochs, stride, epoch);
    return index < 0 ? { value: NaN, epoch: null } : { value: line[index], epoch: epochs[index] };
  },
  highest(series, line, range) {
    const { epochs } = series;
    const [start, end] = indexRange(epochs, range);
    const size = isCompared(series) ? Math.abs : (value: number) => value;
    let at = -1;
    for (let i = start; i < end; i++) if (size(line[i]) > (at < 0 ? -1 : size(line[at]))) at = i;
    return at < 0 ? { value: NaN, epoch: null } : { value: line[at], epoch: epochs[at] };
  },
  growth({ epochs }, line, range) {
    return { value: growthOf(epochs, line, indexRange(epochs, range)), epoch: null };
  },
  difference({ epochs }, line, range) {
    return { value: meanOf(line, ...indexRange(epochs, range)), epoch: null };
  },
};

/** How much the line of least squares rises from the first to the last defined epoch; NaN for less than two. */
function growthOf(
  epochs: ArrayLike<number>,
  line: ArrayLike<number>,
  [start, end]: [number, number],
): number {
  const at: number[] = [];
  for (let i = start; i < end; i++) if (!Number.isNaN(line[i])) at.push(i);
  if (at.length < 2) return NaN;
  const middle = at.reduce((sum, i) => sum + epochs[i], 0) / at.length;
  const mean = at.reduce((sum, i) => sum + line[i], 0) / at.length;
  let rising = 0;
  let spread = 0;
  for (const i of at) {
    rising += (epochs[i] - middle) * (line[i] - mean);
    spread += (epochs[i] - middle) ** 2;
  }
  return (rising / spread) * (epochs[at.at(-1)!] - epochs[at[0]]);
}
