import { indexAt, indexRange } from "../time/epochs";
import type { Interval, LineSource, Spread, Target, Values } from "./lines";
import { summaryOf } from "./summary";

/** A series as charts draw it: its lines, its epochs and how its classes meet those shown. */
export interface Plotted {
  label: string;
  color: number;
  lines: LineSource;
  /** Where its epochs lie on the time axis, strictly increasing. */
  epochs: ArrayLike<number>;
  stride: number;
  /** Whether they lie along shares of its training. There, what counts is the epoch that stands at a place. */
  byShare?: boolean;
  /** The epochs' own numbers if they lie along shares; a fold has none there. */
  named?: ArrayLike<number>;
  timeUnit?: string;
  /** For each shown class its index in this series, or -1. */
  classIndex: Int32Array;
  /** If it was folded from several runs: the runs, their number, and how many have a value at each epoch. */
  folded?: {
    members: readonly Plotted[];
    runs: number;
    spread: Spread;
    countOf(target: Target, values: Values): ArrayLike<number>;
  };
  /** If it is a difference: its two sides, and how far chance moves it among some epochs. */
  compared?: {
    series: Plotted;
    baseline: Plotted;
    noise(target: Target, values: Values): (start: number, end: number) => number;
  };
}

/** The line of a target given by shown classes, or null if the series lacks one of them. */
export function lineOf(series: Plotted, target: Target, values: Values): ArrayLike<number> | null {
  const own = ownTarget(series, target);
  return own && series.lines.of(own, values);
}

/** The value of a target at the epoch that stands for a place; NaN if there is none. */
export function valueAt(series: Plotted, target: Target, values: Values, place: number): number {
  const line = lineOf(series, target, values);
  const at = indexAt(series.epochs, series.stride, place);
  return line && at >= 0 ? line[at] : NaN;
}

/** The interval that is drawn around the line of a fold; null for a single run. */
export function intervalOf(series: Plotted, target: Target, values: Values): Interval | null {
  const own = ownTarget(series, target);
  return (own && series.lines.interval?.(own, values)) ?? null;
}

/** The least and greatest of the folded runs; null for a single run. */
export function extremesOf(series: Plotted, target: Target, values: Values): Interval | null {
  const own = ownTarget(series, target);
  return (own && series.lines.extremes?.(own, values)) ?? null;
}

/** What a target is a share of, per epoch, or null if the series lacks a class. */
export function denominatorsOf(
  series: Plotted,
  target: Target,
  values: Values,
): ArrayLike<number> | null {
  const own = ownTarget(series, target);
  return own && series.lines.denominators(own, values);
}

function ownTarget({ classIndex }: Plotted, target: Target): Target | null {
  if (target.kind === "accuracy") return target;
  if (target.kind === "cell") {
    const [actual, predicted] = [classIndex[target.actual], classIndex[target.predicted]];
    return actual >= 0 && predicted >= 0 ? { kind: "cell", actual, predicted } : null;
  }
  const own = classIndex[target.class];
  return own >= 0 ? { kind: target.kind, class: own } : null;
}

/**
 * Indices of a series' epochs within a range, [start, end); for a range of one epoch, the index of the epoch shown
 * there.
 */
export function spanWithin({ epochs, stride }: Plotted, range: [number, number]): [number, number] {
  if (range[0] !== range[1]) return indexRange(epochs, range);
  const at = indexAt(epochs, stride, range[0]);
  return at < 0 ? [0, 0] : [at, at + 1];
}

/** What the common scale of the cells is made from. */
export interface CellSummary {
  /** The greatest value within the range of all shown cells off the diagonal, and within groups. */
  greatest: number;
  /** The mean of each such cell that is not always zero, and of each group. */
  means: number[];
}

/** Shown cells that are not always zero in a series, by shown classes. */
export function* shownCells({ lines, classIndex }: Plotted): Iterable<[number, number]> {
  const shownAs = new Map(Array.from(classIndex, (own, shown) => [own, shown] as const));
  for (const [ownActual, ownPredicted] of lines.pairs()) {
    const [actual, predicted] = [shownAs.get(ownActual), shownAs.get(ownPredicted)];
    if (actual !== undefined && predicted !== undefined) yield [actual, predicted];
  }
}

/** The shown cells off the diagonal. */
export function* confusedCells(series: Plotted): Iterable<[number, number]> {
  for (const [actual, predicted] of shownCells(series))
    if (actual !== predicted) yield [actual, predicted];
}

/**
 * Cells of several series, each once.
 *
 * @param cellsOf which cells of a series: `shownCells` or `confusedCells`
 */
export function cellsOfAny(
  all: readonly Plotted[],
  cellsOf: (series: Plotted) => Iterable<[number, number]>,
): Iterable<[number, number]> {
  const cells = new Map<number, [number, number]>();
  for (const series of all)
    for (const [actual, predicted] of cellsOf(series))
      cells.set(actual * series.classIndex.length + predicted, [actual, predicted]);
  return cells.values();
}

/** What the common scale of the cells is made from: cells off the diagonal that are not always zero, and groups. */
export function* scaledTargets(series: Plotted): Iterable<Target> {
  for (const [actual, predicted] of confusedCells(series))
    yield { kind: "cell", actual, predicted };
  if (series.lines.hasInside)
    for (const [index, own] of series.classIndex.entries())
      if (own >= 0) yield { kind: "inside", class: index };
}

/** Summarises the cells within a range of epochs. Its cost grows with the cells that are not always zero. */
export function summariseCells(
  all: readonly Plotted[],
  range: [number, number],
  values: Values,
): CellSummary {
  const summary: CellSummary = { greatest: 0, means: [] };
  for (const series of all) {
    const [start, end] = spanWithin(series, range);
    for (const target of scaledTargets(series)) {
      const line = lineOf(series, target, values)!;
      const high = extremesOf(series, target, values)?.high ?? line;
      summary.greatest = greatestOf(high, start, end, summary.greatest);
      summary.means.push(summaryOf(line).mean(start, end));
    }
  }
  return summary;
}

/** The mean of a line between two indices; undefined values are passed over. */
export function meanOf(line: ArrayLike<number>, start: number, end: number): number {
  let sum = 0;
  let n = 0;
  for (let i = start; i < end; i++) {
    const value = line[i];
    if (value !== value) continue;
    sum += value;
    n++;
  }
  return n ? sum / n : NaN;
}

/** The greatest FN and FP within a range of epochs over all shown classes. */
export function greatestMargin(
  all: readonly Plotted[],
  range: [number, number],
  values: Values,
): number {
  let greatest = 0;
  for (const series of all) {
    const [start, end] = spanWithin(series, range);
    series.classIndex.forEach((own, index) => {
      for (const kind of own < 0 ? [] : (["fn", "fp"] as const)) {
        const target = { kind, class: index };
        greatest = greatestOf(
          extremesOf(series, target, values)?.high ?? lineOf(series, target, values)!,
          start,
          end,
          greatest,
        );
      }
    });
  }
  return greatest;
}

/** The greatest value of a line between two indices, `floor` at least; undefined values are passed over. */
export function greatestOf(line: ArrayLike<number>, start: number, end: number, floor = 0): number {
  const summary = summaryOf(line);
  return summary.greatest > floor ? Math.max(floor, summary.extremes(start, end).greatest) : floor;
}
