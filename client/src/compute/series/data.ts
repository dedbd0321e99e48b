import type { Average } from "./average";
import type { ClassTree } from "../classes/tree";

/** Whole numbers: unsigned integers of one width, or floats if some are larger. */
export type Counts = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/**
 * One split of one run as a source gives it. E epochs, C classes, K cells that are not always zero.
 * All arrays over epochs are flattened with the epochs innermost.
 */
export interface LoggedData {
  runId: string;
  runName: string;
  splitId: string;
  splitName: string;
  version: string;
  timeUnit: string;
  /** The first epoch after each time that the training was resumed. */
  resumed?: number[];
  /** Files that could not be read, and why. */
  problems: { file: string; reason: string }[];
  /** The groups that the run's classes were declared in, or null. */
  tree: ClassTree | null;
  /** (E) strictly increasing, not necessarily without gaps. */
  epochs: Counts;
  /** (C) in the declared order. */
  classes: string[];
  /** The class of a detector that stands for "no object"; null or left out for other runs. */
  background?: string | null;
  /** (K) class indices of the cells that are not always zero; sorted by actual, then predicted. */
  cellActual: Uint16Array;
  cellPredicted: Uint16Array;
  /** (K × E) */
  counts: Counts;
  /** (C × E) */
  support: Counts;
  predictedTotal: Counts;
  /** (C × E) of groups: instances that were confused within each; left out if there are no groups. */
  inside?: Counts;
  /** (E) */
  accuracy: Float64Array;
  /** (E) each: further measures of a whole epoch. */
  averages: Readonly<Record<Average, Float64Array>>;
  total: Counts;
  leftOut: Counts;
  /** How often each epoch was logged; the last time counts. */
  timesLogged: Counts;
  /** How many ranks have logged their part of an epoch, of how many, and the share that this is. */
  rankCount: Counts;
  worldSize: Counts;
  coverage: Float64Array;
}

/** What follows from the counts, for each class; (C × E), ratios are NaN where undefined. */
export interface ClassMeasures {
  falseNegatives: Counts;
  falsePositives: Counts;
  precision: Float64Array;
  recall: Float64Array;
  f1: Float64Array;
  /** false negatives / support */
  falseNegativeRate: Float64Array;
  /** false positives / predicted total */
  falseDiscoveryRate: Float64Array;
}

/** One split of one run as it is drawn. */
export interface SeriesData extends LoggedData, ClassMeasures {}
