/** Differences of a series from a baseline, epoch by epoch or at the same shares of training. */

import { indexRange, indicesAt, strideOf, unionOfPlaces, type Timed } from "../time/epochs";
import {
  denominatorOf,
  keyOfTarget,
  type Interval,
  type LineSource,
  type Target,
  type Values,
} from "./lines";
import { commonIndex } from "./fold";
import { noiseOf } from "./noise";
import {
  cellsOfAny,
  intervalOf,
  denominatorsOf,
  extremesOf,
  lineOf,
  scaledTargets,
  shownCells,
  spanWithin,
  type CellSummary,
  type Plotted,
} from "./plotted";
import { summaryOf } from "./summary";

/** The places at which both series have a value, and its index in each: epochs, or places along shares of training. */
export interface CommonEpochs {
  epochs: Float64Array;
  own: Int32Array;
  other: Int32Array;
}

export function commonEpochs(one: Timed, other: Timed): CommonEpochs {
  const places = unionOfPlaces([one.epochs, other.epochs]);
  const [own, base] = [indicesAt(one, places), indicesAt(other, places)];
  const isCommon = (_: number, p: number) => own[p] >= 0 && base[p] >= 0;
  return {
    epochs: places.filter(isCommon),
    own: own.filter(isCommon),
    other: base.filter(isCommon),
  };
}

/** How much of a number may change if it is added up in another order. */
const ROUNDING = 1e-12;

/**
 * A line minus a baseline's: NaN if either is NaN, and 0 if they differ by rounding only.
 * By epoch `confusionflow.analysis.difference` gives the same.
 */
export function subtract(
  line: ArrayLike<number>,
  baseline: ArrayLike<number>,
  { own, other }: CommonEpochs,
): Float64Array {
  const less = new Float64Array(own.length);
  for (let i = 0; i < less.length; i++) {
    const [ours, theirs] = [line[own[i]], baseline[other[i]]];
    const difference = ours - theirs;
    less[i] =
      Math.abs(difference) < ROUNDING * Math.max(Math.abs(ours), Math.abs(theirs)) ? 0 : difference;
  }
  return less;
}

/** The differences of a series keep at most this many numbers. */
const MOST_KEPT = 2_000_000;

/** Lines of a series minus those of a baseline; class indices are those shown. */
export class DifferenceLines implements LineSource {
  readonly common: CommonEpochs;
  readonly stride: number;
  /** Its own series' epochs by name. */
  readonly named: ArrayLike<number> | undefined;
  readonly hasInside: boolean;
  private readonly kept = new Map<string, Float64Array>();
  private readonly intervals = new Map<string, Interval>();
  private readonly shares = new Map<string, Float64Array>();

  constructor(
    readonly series: Plotted,
    readonly baseline: Plotted,
  ) {
    this.common = commonEpochs(series, baseline);
    // The steps are as short as those of the finer series.
    this.stride = series.byShare
      ? Math.min(series.stride, baseline.stride)
      : strideOf(this.common.epochs);
    this.named = series.named && Float64Array.from(this.common.own, (own) => series.named![own]);
    this.hasInside = series.lines.hasInside || baseline.lines.hasInside;
  }

  of(target: Target, values: Values): Float64Array {
    const key = `${values} ${keyOfTarget(target)}`;
    let line = this.kept.get(key);
    if (!line) {
      line = subtract(
        lineOf(this.series, target, values)!,
        lineOf(this.baseline, target, values)!,
        this.common,
      );
      if (this.kept.size * line.length > MOST_KEPT) this.kept.clear();
      this.kept.set(key, line);
    }
    return line;
  }

  /** The interval of the series minus the baseline's line. */
  interval(target: Target, values: Values): Interval | null {
    return this.less("interval", intervalOf, target, values);
  }

  extremes(target: Target, values: Values): Interval | null {
    return this.less("extremes", extremesOf, target, values);
  }

  private less(
    name: string,
    of: typeof intervalOf,
    target: Target,
    values: Values,
  ): Interval | null {
    if (!this.series.folded) return null;
    const key = `${name} ${values} ${keyOfTarget(target)}`;
    let less = this.intervals.get(key);
    if (!less) {
      const [interval, base] = [
        of(this.series, target, values)!,
        lineOf(this.baseline, target, values)!,
      ];
      less = {
        low: subtract(interval.low, base, this.common),
        high: subtract(interval.high, base, this.common),
      };
      if (this.intervals.size * 2 * this.common.own.length > MOST_KEPT) this.intervals.clear();
      this.intervals.set(key, less);
    }
    return less;
  }

  denominators(target: Target, values: Values): ArrayLike<number> {
    const key = denominatorOf(target, values);
    let own = this.shares.get(key);
    if (!own) {
      const all = denominatorsOf(this.series, target, values)!;
      own = new Float64Array(this.common.own.length);
      for (let i = 0; i < own.length; i++) own[i] = all[this.common.own[i]];
      this.shares.set(key, own);
    }
    return own;
  }

  /** How far chance moves a difference among the epochs [start, end): the noise of both sides adds up. */
  noise(target: Target, values: Values): (start: number, end: number) => number {
    const side = (of: Plotted, at: Int32Array) => {
      const line = summaryOf(lineOf(of, target, values)!);
      const denominators = denominatorsOf(of, target, values)!;
      return (start: number, end: number) => {
        // Between two common epochs a side may have further epochs, which tell its mean as well.
        const mean = line.mean(at[start], at[end - 1] + 1);
        return noiseOf(mean, values === "count" ? 1 : 1 / Math.max(1, denominators[at[start]]));
      };
    };
    const [own, base] = [
      side(this.series, this.common.own),
      side(this.baseline, this.common.other),
    ];
    return (start, end) => Math.hypot(own(start, end), base(start, end));
  }

  pairs(): Iterable<[number, number]> {
    return cellsOfAny([this.series, this.baseline], shownCells);
  }

  missingAt(index: number): string {
    const [own, base] = [
      this.series.lines.missingAt(this.common.own[index]),
      this.baseline.lines.missingAt(this.common.other[index]),
    ];
    return [own, base && `baseline ${base}`].filter(Boolean).join(", ");
  }
}

/** A series relative to a baseline. */
export function differenceOf<S extends Plotted>(series: S, baseline: Plotted): S {
  const lines = new DifferenceLines(series, baseline);
  return {
    ...series,
    lines,
    epochs: lines.common.epochs,
    stride: lines.stride,
    named: lines.named,
    folded: undefined,
    compared: { series, baseline, noise: lines.noise.bind(lines) },
    classIndex: commonIndex([series, baseline], "every"),
  };
}

/** Summarises the sizes of differences, without their signs, for the common scale. */
export function summariseDifferences(
  all: readonly Plotted[],
  range: [number, number],
  values: Values,
): CellSummary {
  const summary: CellSummary = { greatest: 0, means: [] };
  for (const series of all) {
    const [start, end] = spanWithin(series, range);
    for (const target of scaledTargets(series)) {
      const line = lineOf(series, target, values);
      if (!line) continue;
      const size = sizeOf(extremesOf(series, target, values), line, start, end);
      summary.greatest = Math.max(summary.greatest, size);
      summary.means.push(Math.abs(summaryOf(line).mean(start, end)));
    }
  }
  return summary;
}

type Kinds = readonly ("fn" | "fp" | "precision" | "recall" | "f1")[];

/** The differences of measures of all shown classes within a range, and the ends of their intervals. */
export function* differences(
  all: readonly Plotted[],
  kinds: Kinds,
  range: [number, number],
  values: Values,
): Iterable<number> {
  for (const series of all) {
    const [start, end] = indexRange(series.epochs, range);
    for (let index = 0; index < series.classIndex.length; index++)
      for (const kind of kinds) {
        const target = { kind, class: index };
        const interval = intervalOf(series, target, values);
        for (const line of [lineOf(series, target, values), interval?.low, interval?.high])
          for (let i = start; line && i < end; i++) yield line[i];
      }
  }
}

/** The greatest size of the differences of FN and FP, or of other measures of a class, within a range. */
export function greatestDifference(
  all: readonly Plotted[],
  kinds: Kinds,
  range: [number, number],
  values: Values,
): number {
  let greatest = 0;
  for (const series of all) {
    const [start, end] = spanWithin(series, range);
    series.classIndex.forEach((own, index) => {
      for (const kind of own < 0 ? [] : kinds) {
        const target = { kind, class: index };
        greatest = Math.max(
          greatest,
          sizeOf(extremesOf(series, target, values), lineOf(series, target, values)!, start, end),
        );
      }
    });
  }
  return greatest;
}

/** The greatest size of a line's values, or of its extremes, between two indices. */
export function sizeOf(
  extremes: Interval | null,
  line: ArrayLike<number>,
  start: number,
  end: number,
): number {
  const { low, high } = extremes ?? { low: line, high: line };
  return Math.max(
    0,
    summaryOf(high).extremes(start, end).greatest,
    -summaryOf(low).extremes(start, end).least,
  );
}
