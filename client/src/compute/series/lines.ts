import { AVERAGES, type Average } from "./average";
import type { Counts, SeriesData } from "./data";
import { formatShare } from "../text/format";
import { ArrayPool } from "./pool";

/**
 * What cells are shown as: instances of the actual class ("rate"), of the predicted class or of all, each
 * as a share of them, or numbers of instances.
 */
export const VALUES = ["rate", "predicted", "all", "count"] as const;
export type Values = (typeof VALUES)[number];

/** A measure of one class over time; "inside" is what is confused within a group. */
export type ClassMeasure = "inside" | "fn" | "fp" | "precision" | "recall" | "f1" | "support";

/** What a line over epochs shows; class indices are those of its series. */
export type Target =
  | { kind: "cell"; actual: number; predicted: number }
  | { kind: ClassMeasure; class: number }
  | { kind: "accuracy"; average?: Average };

/** What the interval around a fold is: from the least to the greatest member, or the mean ± one standard deviation. */
export type Spread = "range" | "deviation";

/** Edges around a line, per epoch; NaN if there are none. */
export interface Interval {
  low: ArrayLike<number>;
  high: ArrayLike<number>;
}

/** The lines of whatever is drawn as one series: a value per epoch, NaN if undefined. */
export interface LineSource {
  of(target: Target, values: Values): ArrayLike<number>;
  /** What a target is a share of, per epoch, in instances. For counts it is the same as for rates. */
  denominators(target: Target, values: Values): ArrayLike<number>;
  /** Cells that are not always 0, by its own classes. */
  pairs(): Iterable<readonly [number, number]>;
  /** Whether some classes are groups, within which instances may be confused. */
  readonly hasInside: boolean;
  /** How much of an epoch is here, in words: "3 of 4 ranks, 75%"; empty if nothing is missing. */
  missingAt(index: number): string;
  /** The interval that is drawn around the line of a fold; null for a single run. */
  interval?(target: Target, values: Values): Interval | null;
  /** The least and greatest of the folded runs, whatever the interval shows; null for a single run. */
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
 * below 2^30 for up to 16,000 classes, because maps look up such numbers several times as fast.
 */
export function keyOfTarget(target: Target): number {
  if (target.kind === "accuracy")
    return target.average ? -2 - AVERAGES.indexOf(target.average) : -1;
  if (target.kind === "cell") return target.actual * 2 ** 16 + target.predicted;
  return -1 - KINDS.indexOf(target.kind) * 2 ** 16 - target.class;
}

/** Targets that follow the page's choice of values; others have a fixed denominator. */
const CHOSEN: readonly Target["kind"][] = ["cell", "inside", "fn", "fp"];

/** Whether a target follows the page's choice of values. */
export function isChosen({ kind }: Target): boolean {
  return CHOSEN.includes(kind);
}

/**
 * What a target is a share of: all instances, or those of an actual or a predicted class. FN sum cells of many
 * predicted classes, and FP of many actual ones: they are shares of their own class, or of all.
 */
function wholeOf(target: Target, values: Values): "all" | "actual" | "predicted" {
  switch (target.kind) {
    case "accuracy":
      return "all";
    case "precision":
      return "predicted";
    case "cell":
    case "inside":
      return values === "all" || values === "predicted" ? values : "actual";
    case "fn":
      return values === "all" ? "all" : "actual";
    case "fp":
      return values === "all" ? "all" : "predicted";
    default:
      return "actual";
  }
}

/** What a target is a share of, by name: all targets of one name have the same denominators. */
export function denominatorOf(target: Target, values: Values): string {
  const whole = wholeOf(target, values);
  return whole === "all" || target.kind === "accuracy"
    ? "all"
    : `${whole} ${target.kind === "cell" ? target[whole] : target.class}`;
}

/** Rows one after the other, each with a value per epoch. */
interface Table<T> {
  subarray(from: number, to: number): T;
}

/** Lines of one series. */
export class Lines implements LineSource {
  private readonly cells = new Map<number, number>();
  private readonly rates: Record<Exclude<Values, "count">, Map<number, Float64Array>> = {
    rate: new Map(),
    predicted: new Map(),
    all: new Map(),
  };
  private readonly rows = new Map<unknown, unknown[]>();
  private readonly pool = new ArrayPool();

  private readonly zeros: Uint8Array;

  constructor(readonly data: SeriesData) {
    this.zeros = new Uint8Array(data.epochs.length);
    data.cellActual.forEach((actual, k) => {
      this.cells.set(actual * data.classes.length + data.cellPredicted[k], k);
    });
  }

  /** Counts of a cell over the epochs, or null if it was always zero. */
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
        return this.margin(target, values, data.falseNegatives, data.falseNegativeRate);
      case "fp":
        return this.margin(target, values, data.falsePositives, data.falseDiscoveryRate);
      case "accuracy":
        return target.average ? data.averages[target.average] : data.accuracy;
      default:
        return this.slice(data[target.kind], target.class);
    }
  }

  denominators(target: Target, values: Values): ArrayLike<number> {
    const { data } = this;
    const whole = wholeOf(target, values);
    if (whole === "all" || target.kind === "accuracy") return data.total;
    return this.slice(
      whole === "actual" ? data.support : data.predictedTotal,
      target.kind === "cell" ? target[whole] : target.class,
    );
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
    // Cells that are always zero share one line with all others of the same denominators.
    const zero = -1 - 4 * length - { rate: actual, predicted, all: 0 }[values];
    return this.share(
      counts ? actual * length + predicted : zero,
      { kind: "cell", actual, predicted },
      values,
      counts ?? this.zeros,
    );
  }

  private inside(group: number, values: Values): ArrayLike<number> {
    const { inside } = this.data;
    const counts = inside ? this.slice(inside, group) : this.zeros;
    if (values === "count") return counts;
    return this.share(-1 - group, { kind: "inside", class: group }, values, counts);
  }

  private margin(
    target: Extract<Target, { class: number }>,
    values: Values,
    counts: Counts,
    rates: Float64Array,
  ): ArrayLike<number> {
    if (values === "count") return this.slice(counts, target.class);
    if (values !== "all") return this.slice(rates, target.class);
    const { length } = this.data.classes;
    const key = -1 - (target.kind === "fn" ? length : 2 * length) - target.class;
    return this.share(key, target, values, this.slice(counts, target.class));
  }

  /** Counts as shares of their denominators; kept by a key. */
  private share(
    key: number,
    target: Target,
    values: Exclude<Values, "count">,
    counts: ArrayLike<number>,
  ): ArrayLike<number> {
    let line = this.rates[values].get(key);
    if (!line) {
      const of = this.denominators(target, values);
      line = this.pool.take(of.length);
      for (let i = 0; i < line.length; i++) line[i] = of[i] ? counts[i] / of[i] : NaN;
      this.rates[values].set(key, line);
    }
    return line;
  }

  /** A row of a table. Always the same object, because results are cached by it. */
  private slice<T extends Table<T>>(table: T, row: number): T {
    const rows = (this.rows.get(table) ?? this.rows.set(table, []).get(table)!) as T[];
    const { length } = this.data.epochs;
    return (rows[row] ??= table.subarray(row * length, (row + 1) * length));
  }
}
