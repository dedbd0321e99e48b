import type { TimeAxis } from "../../compute/time/axis";
import type { Bracket } from "../../compute/classes/tree";
import type { Target, Values } from "../../compute/series/lines";
import type { Plotted } from "../../compute/series/plotted";
import type { Contrast } from "../../compute/scale/scale";
import type { Strips } from "../../compute/series/strips";
import type { Box } from "../pen";
import type { Theme } from "../theme";

export type Mode = "heat" | "lines" | "numbers";
/** Which way epochs run in a cell. */
export type Direction = "across" | "down";
export type Diagonal = "names" | "recall";

/** Everything that decides how the matrix looks, except its layout. */
export interface MatrixScene {
  classes: readonly string[];
  /** The classes as they are written beside the cells. */
  labels: readonly string[];
  /** Which of the classes are closed groups; empty if there are no groups. */
  isGroup: readonly boolean[];
  /** The open groups around the rows. */
  brackets: readonly Bracket[];
  series: readonly Plotted[];
  /** The baseline that they are shown relative to, or null. */
  baseline: Plotted | null;
  /** All series as they are, for the overall accuracy. */
  accuracies: readonly Plotted[];
  strips: Strips;
  range: [number, number];
  /** For how many epochs the last one of the range stands. */
  stride: number;
  /** The epoch whose numbers are shown in numbers mode. */
  epoch: number;
  mode: Mode;
  direction: Direction;
  values: Values;
  diagonal: Diagonal;
  /** Scale of the cells, and of FN and FP, which are sums of cells and have their own maximum. */
  cells: Contrast;
  margins: Contrast;
  /** The epochs that the scales are made from. */
  scaleRange: [number, number];
  /** Whether the range starts with epochs so far above the others that the scales may leave them out. */
  hasWildStart: boolean;
  /** The series whose numbers are shown if there is room for only one. */
  numbersOf: number;
  theme: Theme;
  axis: TimeAxis;
  /** Marks of the cells of a difference, by `markKey`; null if nothing is marked. */
  marks?: ReadonlyMap<number, Mark> | null;
}

/** A spot of the matrix that is drawn: where, and what it shows. */
export interface DrawnSpot {
  box: Box;
  target: Target;
}

/**
 * A cell that differs by more than noise, one that differs by less than 5 points, or one with too few
 * instances to detect a difference of 5 points.
 */
export type Mark = "different" | "same" | "untold";

/** Which cells without a clear difference are drawn with a mark: the rarer ones. All others have none. */
export function markedOnes(marks: ReadonlyMap<number, Mark>): "same" | "untold" {
  let untold = 0;
  for (const mark of marks.values()) untold += mark === "untold" ? 1 : mark === "same" ? -1 : 0;
  return untold > 0 ? "same" : "untold";
}

/** What a mark means, where a cell is described. */
export function meaningOf(mark: Mark, marked: "same" | "untold"): string {
  if (mark === "different") return "filled corner: the difference is more than noise (q ≤ .05)";
  const looks = mark !== marked ? "no mark" : mark === "same" ? "dot" : "ring";
  const means =
    mark === "same"
      ? "differs by less than 5 points"
      : "too few instances to detect a difference of 5 points";
  return `${looks}: ${means}`;
}

export function markKey(actual: number, predicted: number): number {
  return actual * 2 ** 16 + predicted;
}

/** The height of a number. */
export const NUMBER_HEIGHT = 13;

/** Whether cells have room for the numbers of one series only. */
export function isOneNumber(cell: number, seriesCount: number): boolean {
  return seriesCount > 1 && (cell - 1) / seriesCount < NUMBER_HEIGHT;
}

/** How many series fit into a cell as bands of at least one pixel. */
export function bandsThatFit(cell: number, seriesCount: number): number {
  return Math.min(seriesCount, Math.max(1, Math.floor(cell - 1)));
}
