/** Series that repeat each other (seeds, cross-validation folds) as one: a mean, and a band around it. */

import { bisectLeft } from "d3-array";

import { counted } from "./format";
import { denominatorOf, keyOfTarget, type Band, type LineSource, type Spread, type Target, type Values } from "./lines";
import { denominatorsOf, lineOf, shownCells, type Plotted } from "./plotted";

/** A folded line: a value per epoch, NaN where no member has one. */
export interface FoldedLine {
  mean: Float64Array;
  least: Float64Array;
  greatest: Float64Array;
  /** How many members have a value. */
  count: Uint16Array;
}

/** Each epoch that any of several series has, once. */
export function unionOfEpochs(all: readonly ArrayLike<number>[]): Float64Array {
  const epochs = new Set<number>();
  for (const one of all) for (let i = 0; i < one.length; i++) epochs.add(one[i]);
  return Float64Array.from(epochs).sort();
}

/** For each epoch its index among others that have them all. */
export function placesOf(epochs: ArrayLike<number>, among: ArrayLike<number>): Int32Array {
  return Int32Array.from({ length: epochs.length }, (_, i) => bisectLeft(among, epochs[i]));
}

/**
 * Folds lines epoch by epoch: the mean, the least and the greatest of what is defined.
 * `confusionflow.analysis.fold` gives the same numbers.
 *
 * @param lines null: a member that lacks the class
 * @param places of each line's epochs among `length`
 */
export function foldLines(
  lines: readonly (ArrayLike<number> | null)[],
  places: readonly Int32Array[],
  length: number,
): FoldedLine {
  const count = new Uint16Array(length);
  const mean = new Float64Array(length);
  const least = new Float64Array(length).fill(Infinity);
  const greatest = new Float64Array(length).fill(-Infinity);
  lines.forEach((line, member) => {
    if (!line) return;
    const at = places[member];
    for (let i = 0; i < at.length; i++) {
      const value = line[i];
      if (value !== value) continue;
      const e = at[i];
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

/** The mean ± one standard deviation of a sample; NaN where less than two members have a value. */
export function deviationBand(
  lines: readonly (ArrayLike<number> | null)[],
  places: readonly Int32Array[],
  { mean, count }: FoldedLine,
): Band {
  const squares = new Float64Array(mean.length);
  lines.forEach((line, member) => {
    if (!line) return;
    const at = places[member];
    for (let i = 0; i < at.length; i++) if (line[i] === line[i]) squares[at[i]] += (line[i] - mean[at[i]]) ** 2;
  });
  const half = squares.map((sum, e) => (count[e] > 1 ? Math.sqrt(sum / (count[e] - 1)) : NaN));
  return { low: mean.map((value, e) => value - half[e]), high: mean.map((value, e) => value + half[e]) };
}

type Kept = FoldedLine & { band: Band | null };

/** Numbers that a folded series keeps at most of rates, and of counts, to be at hand for the next paint. */
const MOST_KEPT = 4_000_000;

/** Lines of series folded into one; class indices are those shown. */
export class FoldedLines implements LineSource {
  readonly epochs: Float64Array;
  readonly hasInside: boolean;
  private readonly places: Int32Array[];
  /** How many members lack a part of an epoch, per epoch; null: not counted yet. */
  private partial: Uint16Array | null = null;
  private readonly shares = new Map<string, Float64Array>();
  private readonly kept = { rate: new Map<number, Kept>(), count: new Map<number, Kept>() };

  /** @param members whose class indices are of the same shown classes */
  constructor(
    readonly members: readonly Plotted[],
    readonly spread: Spread,
  ) {
    this.epochs = unionOfEpochs(members.map(({ epochs }) => epochs));
    this.places = members.map(({ epochs }) => placesOf(epochs, this.epochs));
    this.hasInside = members.some(({ lines }) => lines.hasInside);
  }

  of(target: Target, values: Values): Float64Array {
    return this.folded(target, values).mean;
  }

  band(target: Target, values: Values): Band {
    const folded = this.folded(target, values);
    if (this.spread === "range") return { low: folded.least, high: folded.greatest };
    return (folded.band ??= deviationBand(this.linesOf(target, values), this.places, folded));
  }

  extremes(target: Target, values: Values): Band {
    const { least, greatest } = this.folded(target, values);
    return { low: least, high: greatest };
  }

  /** How many members have a value, per epoch. */
  countOf(target: Target, values: Values): Uint16Array {
    return this.folded(target, values).count;
  }

  /** The mean of the members' own: many targets share one, and every strip asks for it. */
  denominators(target: Target): Float64Array {
    const key = denominatorOf(target);
    let mean = this.shares.get(key);
    if (!mean) {
      mean = foldLines(this.members.map((one) => denominatorsOf(one, target)), this.places, this.epochs.length).mean;
      this.shares.set(key, mean);
    }
    return mean;
  }

  *pairs(): Iterable<[number, number]> {
    const seen = new Set<number>();
    for (const member of this.members)
      for (const [actual, predicted] of shownCells(member)) {
        const key = actual * member.classIndex.length + predicted;
        if (!seen.has(key)) yield [actual, predicted];
        seen.add(key);
      }
  }

  missingAt(index: number): string {
    if (!this.partial) {
      this.partial = new Uint16Array(this.epochs.length);
      for (const [member, { lines }] of this.members.entries())
        this.places[member].forEach((place, own) => lines.missingAt(own) && this.partial![place]++);
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
      folded = { ...foldLines(this.linesOf(target, values), this.places, this.epochs.length), band: null };
      if (kept.size * this.epochs.length * 4 > MOST_KEPT) kept.clear();
      kept.set(key, folded);
    }
    return folded;
  }
}

/** Which shown classes any of several series has, as class indices of what is made of them: i, or -1. */
export function commonIndex(members: readonly Plotted[], has: "some" | "every"): Int32Array {
  return members[0].classIndex.map((_, i) => (members[has](({ classIndex }) => classIndex[i] >= 0) ? i : -1));
}
