import { AVERAGES, type Average } from "./average";
import type { SeriesData } from "./data";
import { formatShare } from "./format";
import { ArrayPool } from "./pool";

/** Whether cells, FN and FP are shown as shares or as numbers of instances. */
export type Values = "rate" | "count";

/** A measure of one class over time; "inside" is what is confused within a group. */
export type ClassMeasure = "inside" | "fn" | "fp" | "precision" | "recall" | "f1" | "support";

/** What a line over epochs is about; class indices are those of its series. */
export type Target =
  | { kind: "cell"; actual: number; predicted: number }
  | { kind: ClassMeasure; class: number }
  | { kind: "accuracy"; average?: Average };

/** What the interval around a fold is: from the least to the greatest member, or the mean ± one standard deviation. */
export type Spread = "range" | "deviation";

/** Edges around a line, per epoch; NaN where there are none. */
export interface Interval {
  low: ArrayLike<number>;
  high: ArrayLike<number>;
}

/** Lines over the epochs of what is drawn as one series: a value per epoch, NaN where it is undefined. */
export interface LineSource {
  of(target: Target, values: Values): ArrayLike<number>;
  /** What a rate of a target is a share of, per epoch: the number of instances that is 1. */
  denominators(target: Target): ArrayLike<number>;
  /** Cells, by its own classes, that are ever something else than 0. */
  pairs(): Iterable<readonly [number, number]>;
  /** Whether there may be something confused within a class, for it is a group. */
  readonly hasInside: boolean;
  /** What of an epoch is not here, in words: "3 of 4 ranks, 75%"; empty for nothing. */
  missingAt(index: number): string;
  /** What is drawn around the line of what was folded, or null. */
  interval?(target: Target, values: Values): Interval | null;
  /** The least and greatest of what was folded, whatever the interval is, or null. */
  extremes?(target: Target, values: Values): Interval | null;
}

const KINDS: Target["kind"][] = [
  "accuracy",
  "inside",
  "fn",
  "fp",
  "precision",
  "recall",
  "f1",
  "support",
];

/**
 * A number for each target, to keep what is worked out for it: classes are fewer than 2^16. It stays
 * below 2^30 for up to 16,000 classes, for maps look such numbers up several times as fast.
 */
export function keyOfTarget(target: Target): number {
  if (target.kind === "accuracy")
    return target.average ? -2 - AVERAGES.indexOf(target.average) : -1;
  if (target.kind === "cell") return target.actual * 2 ** 16 + target.predicted;
  return -1 - KINDS.indexOf(target.kind) * 2 ** 16 - target.class;
}

/** What a target's rate is a share of, by name: all targets of one name have the same denominators. */
export function denominatorOf(target: Target): string {
  if (target.kind === "accuracy") return "all";
  if (target.kind === "cell") return `actual ${target.actual}`;
  return `${target.kind === "fp" || target.kind === "precision" ? "predicted" : "actual"} ${target.class}`;
}

/** Rows one after the other, each with a value per epoch. */
interface Table<T> {
  subarray(from: number, to: number): T;
}

/** Lines of one series. */
export class Lines implements LineSource {
  private readonly cells = new Map<number, number>();
  private readonly rates = new Map<number, Float64Array>();
  private readonly rows = new Map<unknown, unknown[]>();
  private readonly pool = new ArrayPool();

  private readonly zeros: Uint8Array;

  constructor(readonly data: SeriesData) {
    this.zeros = new Uint8Array(data.epochs.length);
    data.cellActual.forEach((actual, k) => {
      this.cells.set(actual * data.classes.length + data.cellPredicted[k], k);
    });
  }

  /** Counts of a cell over the epochs, or null where it was never anything but zero. */
  counts(actual: number, predicted: number): ArrayLike<number> | null {
    const k = this.cells.get(actual * this.data.classes.length + predicted);
    return k === undefined ? null : this.slice(this.data.counts, k);
  }

  /** The line of a target. */
  of(target: Target, values: Values): ArrayLike<number> {
    const { data } = this;
    switch (target.kind) {
      case "cell":
        return this.cell(target.actual, target.predicted, values);
      case "inside":
        return this.inside(target.class, values);
      case "fn":
        return this.slice(
          values === "rate" ? data.falseNegativeRate : data.falseNegatives,
          target.class,
        );
      case "fp":
        return this.slice(
          values === "rate" ? data.falseDiscoveryRate : data.falsePositives,
          target.class,
        );
      case "accuracy":
        return target.average ? data.averages[target.average] : data.accuracy;
      default:
        return this.slice(data[target.kind], target.class);
    }
  }

  denominators(target: Target): ArrayLike<number> {
    const { data } = this;
    switch (target.kind) {
      case "cell":
        return this.slice(data.support, target.actual);
      case "fp":
      case "precision":
        return this.slice(data.predictedTotal, target.class);
      case "accuracy":
        return data.total;
      default:
        return this.slice(data.support, target.class);
    }
  }

  get hasInside(): boolean {
    return this.data.inside !== undefined;
  }

  *pairs(): Iterable<[number, number]> {
    const { cellActual, cellPredicted } = this.data;
    for (let k = 0; k < cellActual.length; k++) yield [cellActual[k], cellPredicted[k]];
  }

  missingAt(index: number): string {
    const { coverage, rankCount, worldSize } = this.data;
    return coverage[index] < 1
      ? `${rankCount[index]} of ${worldSize[index]} ranks, ${formatShare(coverage[index])}`
      : "";
  }

  private cell(actual: number, predicted: number, values: Values): ArrayLike<number> {
    const counts = this.counts(actual, predicted);
    if (values === "count") return counts ?? this.zeros;
    const { length } = this.data.classes;
    // Cells that were never anything but zero share the line of their row.
    return this.rate(
      counts ? actual * length + predicted : -1 - length - actual,
      actual,
      counts ?? this.zeros,
    );
  }

  private inside(group: number, values: Values): ArrayLike<number> {
    const { inside } = this.data;
    const counts = inside ? this.slice(inside, group) : this.zeros;
    return values === "count" ? counts : this.rate(-1 - group, group, counts);
  }

  /** Counts as shares of an actual class; kept by a key. */
  private rate(key: number, actual: number, counts: ArrayLike<number>): ArrayLike<number> {
    let line = this.rates.get(key);
    if (!line) {
      const support = this.slice(this.data.support, actual);
      line = this.pool.take(support.length);
      for (let i = 0; i < line.length; i++) line[i] = support[i] ? counts[i] / support[i] : NaN;
      this.rates.set(key, line);
    }
    return line;
  }

  /** A row of a table; always the same object, for what is worked out of a line is kept with it. */
  private slice<T extends Table<T>>(table: T, row: number): T {
    const rows = (this.rows.get(table) ?? this.rows.set(table, []).get(table)!) as T[];
    const { length } = this.data.epochs;
    return (rows[row] ??= table.subarray(row * length, (row + 1) * length));
  }
}
