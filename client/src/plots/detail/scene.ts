import type { TimeAxis } from "../../compute/time/axis";
import type { Target, Values } from "../../compute/series/lines";
import type { Plotted } from "../../compute/series/plotted";
import type { Theme } from "../theme";

export interface DetailScene {
  target: Target;
  /** What values are shown as: cells, FN and FP follow the page's choice, other measures do not. */
  values: Values;
  classes: readonly string[];
  series: readonly Plotted[];
  /** The baseline that they are shown relative to, or null. */
  baseline: Plotted | null;
  range: [number, number];
  /** The range, or null if it is all epochs. */
  chosenRange: [number, number] | null;
  axis: TimeAxis;
  theme: Theme;
  /** Over how many epochs lines are averaged; the raw lines are drawn faintly behind. 0: over none. */
  smooth: number;
}
