import type { TimeAxis } from "../../compute/axis";
import type { Target, Values } from "../../compute/lines";
import type { Plotted } from "../../compute/plotted";
import type { Theme } from "../theme";

export interface DetailScene {
  target: Target;
  /** Of the target: cells, FN and FP follow the page's choice, other measures have their own. */
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
  /** Over how many epochs lines are averaged; below them they are drawn faintly as they are. 0: over none. */
  smooth: number;
}
