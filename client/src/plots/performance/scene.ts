import type { Plotted } from "../../compute/series/plotted";
import type { Theme } from "../theme";

export const METRICS = ["precision", "recall", "f1"] as const;
export type Metric = (typeof METRICS)[number];
export type PerformanceColumn = "class" | Metric | "support";

export interface PerformanceScene {
  classes: readonly string[];
  /** The classes as they are written in their rows. */
  labels: readonly string[];
  /** Indices of classes, in the order of the rows. */
  rows: readonly number[];
  series: readonly Plotted[];
  /** The series before the baseline is subtracted, for the support, which has no differences. */
  aligned: readonly Plotted[];
  /** The baseline that the series are shown relative to, or null. */
  baseline: Plotted | null;
  range: [number, number];
  scale: PerformanceScale;
  /** The series whose numbers are shown if there is room for only one. */
  numbersOf: number;
  theme: Theme;
}

/** The charts' common scale: shares of 1, or differences of them. */
export interface PerformanceScale {
  low: number;
  high: number;
  /** Whether some values lie below it. */
  isCut: boolean;
}
