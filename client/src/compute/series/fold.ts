/** Series that repeat each other (seeds, cross-validation folds) as one: a mean, and an interval around it. */

import { indicesAt, strideOf, unionOfPlaces } from "../time/epochs";
import { counted } from "../text/format";
import {
  denominatorOf,
  keyOfTarget,
  type Interval,
  type LineSource,
  type Spread,
  type Target,
  type Values,
} from "./lines";
import { cellsOfAny, denominatorsOf, lineOf, shownCells, type Plotted } from "./plotted";

/** A folded line: a value per place; NaN if no member has one. */
export interface FoldedLine {
  mean: Float64Array;
  least: Float64Array;
  greatest: Float64Array;
  /** How many members have a value. */
  count: Uint16Array;
}

/**
 * Folds lines place by place: the mean, the least and the greatest of the values that are defined.
 * `confusionflow.analysis.fold` gives the same numbers by epoch.
 *
 * @param lines the line of each member; null for one that lacks the class
 * @param indices for each line, the index of its value at each of `length` places, or -1
 */
export function foldLines(
  lines: readonly (ArrayLike<number> | null)[],
  indices: readonly Int32Array[],
  length: number,
): FoldedLine {
  const count = new Uint16Array(length);
  const mean = new Float64Array(length);
  const least = new Float64Array(length).fill(Infinity);
  const greatest = new Float64Array(length).fill(-Infinity);
  lines.forEach((line, member) => {
    if (!line) return;
    const at = indices[member];
    for (let e = 0; e < length; e++) {
      if (at[e] < 0) continue;
      const value = line[at[e]];
      if (value !== value) continue;
      count[e]++;
      mean[e] += value;
      if (value < least[e]) least[e] = value;
      if (value > greatest[e]) greatest[e] = value;
    }
  });
  for (let e = 0; e < length; e++) {
    if (count[e]) mean[e] /= count[e];
    else mean[e] = least[e] = greatest[e] = NaN;
  }
  return { mean, least, greatest, count };
}

/** The mean ± one standard deviation of a sample; NaN if fewer than two members have a value. */
export function deviationInterval(
  lines: readonly (ArrayLike<number> | null)[],
  indices: readonly Int32Array[],
  { mean, count }: FoldedLine,
): Interval {
  const squares = new Float64Array(mean.length);
  lines.forEach((line, member) => {
    if (!line) return;
    const at = indices[member];
    for (let e = 0; e < mean.length; e++) {
      if (at[e] < 0) continue;
      const value = line[at[e]];
      if (value === value) squares[e] += (value - mean[e]) ** 2;
    }
  });
  const half = squares.map((sum, e) => (count[e] > 1 ? Math.sqrt(sum / (count[e] - 1)) : NaN));
  return {
    low: mean.map((value, e) => value - half[e]),
    high: mean.map((value, e) => value + half[e]),
  };
}

type Kept = FoldedLine & { interval: Interval | null };

/** How many numbers a folded series keeps at most for the next paint, of rates and of counts. */
const MOST_KEPT = 4_000_000;

/** Lines of series folded into one; class indices are those shown. */
export class FoldedLines implements LineSource {
  /** All places at which any member has an epoch. */
  readonly epochs: Float64Array;
  readonly stride: number;
  readonly hasInside: boolean;
  /** For each member, the index of its value at each place, or -1. */
  private readonly indices: Int32Array[];
  /** How many members lack a part of an epoch, per place; null: not counted yet. */
  private partial: Uint16Array | null = null;
  private readonly shares = new Map<string, Float64Array>();
  private readonly kept: Record<Values, Map<number, Kept>> = {
    rate: new Map(),
    predicted: new Map(),
    all: new Map(),
    count: new Map(),
  };

  /** @param members whose class indices are of the same shown classes */
  constructor(
    readonly members: readonly Plotted[],
    readonly spread: Spread,
  ) {
    this.epochs = unionOfPlaces(members.map(({ epochs }) => epochs));
    // The steps of the coarsest member are not gaps.
    this.stride = members[0].byShare
      ? Math.max(...members.map(({ stride }) => stride))
      : strideOf(this.epochs);
    this.indices = members.map((one) => indicesAt(one, this.epochs));
    this.hasInside = members.some(({ lines }) => lines.hasInside);
  }

  of(target: Target, values: Values): Float64Array {
    return this.folded(target, values).mean;
  }

  interval(target: Target, values: Values): Interval {
    const folded = this.folded(target, values);
    if (this.spread === "range") return { low: folded.least, high: folded.greatest };
    return (folded.interval ??= deviationInterval(
      this.linesOf(target, values),
      this.indices,
      folded,
    ));
  }

  extremes(target: Target, values: Values): Interval {
    const { least, greatest } = this.folded(target, values);
    return { low: least, high: greatest };
  }

  /** How many members have a value, per place. */
  countOf(target: Target, values: Values): Uint16Array {
    return this.folded(target, values).count;
  }

  /** The mean of the members' denominators. It is kept, because many targets share one and every strip asks for it. */
  denominators(target: Target, values: Values): Float64Array {
    const key = denominatorOf(target, values);
    let mean = this.shares.get(key);
    if (!mean) {
      mean = foldLines(
        this.members.map((one) => denominatorsOf(one, target, values)),
        this.indices,
        this.epochs.length,
      ).mean;
      this.shares.set(key, mean);
    }
    return mean;
  }

  pairs(): Iterable<[number, number]> {
    return cellsOfAny(this.members, shownCells);
  }

  missingAt(index: number): string {
    if (!this.partial) {
      this.partial = new Uint16Array(this.epochs.length);
      for (const [member, { lines }] of this.members.entries())
        this.indices[member].forEach(
          (own, place) => own >= 0 && lines.missingAt(own) && this.partial![place]++,
        );
    }
    return this.partial[index] ? `${counted(this.partial[index], "run")} partial` : "";
  }

  private linesOf(target: Target, values: Values): (ArrayLike<number> | null)[] {
    return this.members.map((one) => lineOf(one, target, values));
  }

  private folded(target: Target, values: Values): Kept {
    const kept = this.kept[values];
    const key = keyOfTarget(target);
    let folded = kept.get(key);
    if (!folded) {
      folded = {
        ...foldLines(this.linesOf(target, values), this.indices, this.epochs.length),
        interval: null,
      };
      if (kept.size * this.epochs.length * 4 > MOST_KEPT) kept.clear();
      kept.set(key, folded);
    }
    return folded;
  }
}

/** Folds series into one, which has the label and the colour of the first. */
export function foldSeries<S extends Plotted>(members: readonly S[], spread: Spread): S {
  const lines = new FoldedLines(members, spread);
  return {
    ...members[0],
    lines,
    epochs: lines.epochs,
    stride: lines.stride,
    named: undefined,
    folded: { members, runs: members.length, spread, countOf: lines.countOf.bind(lines) },
    classIndex: commonIndex(members, "some"),
  };
}

/** The class indices of a series made from several: i if they have the shown class i, else -1. */
export function commonIndex(members: readonly Plotted[], has: "some" | "every"): Int32Array {
  return members[0].classIndex.map((_, i) =>
    members[has](({ classIndex }) => classIndex[i] >= 0) ? i : -1,
  );
}
