import { dashOf } from "../../compute/scale/ramp";
import type { Box, Pen } from "../pen";
import { pointScale, type EpochScale } from "../scales";
import { font, textSize } from "../theme";
import type { DetailScene } from "./scene";

export interface DetailLayout {
  plot: Box;
  x: EpochScale;
  /** Size of the type. */
  size: number;
  /** Room for the names at the lines' ends. */
  labels: number;
  /** Room for the values at an epoch and for the means beside the names; 0 if they are not written. */
  valueWidth: number;
  meanWidth: number;
}

/** Room for the axes at the left and below, and a little above. */
const [LEFT, TOP, BELOW] = [46, 10, 34];
/** Room for a piece of a dashed line before its name. */
export const SAMPLE = 23;
const VALUE_WIDTH = 52;
const MEAN_WIDTH = 84;
/** The least width of a chart with numbers beside the names. */
const LEAST_WITH_VALUES = 440;

export function layoutDetail(
  pen: Pen,
  width: number,
  height: number,
  scene: DetailScene,
  withValues = false,
): DetailLayout {
  const size = textSize(width);
  pen.font = font(size, 600);
  const widest = Math.max(0, ...scene.series.map((s) => pen.measureText(s.label).width));
  const sample = scene.series.some(({ color }) => dashOf(color).length) ? SAMPLE : 0;
  const labels = Math.min(
    Math.ceil(widest) + 14 + sample,
    Math.max(64, Math.min(190, width * 0.34)),
  );
  const hasValues = withValues && width >= LEAST_WITH_VALUES;
  const more = (scene.baseline ? 26 : 0) + (size > 12 ? 12 : 0);
  const valueWidth = hasValues ? VALUE_WIDTH + more : 0;
  const meanWidth = hasValues && scene.chosenRange ? MEAN_WIDTH + more : 0;
  const plot = {
    x: LEFT,
    y: TOP,
    width: Math.max(40, width - LEFT - labels - valueWidth - meanWidth),
    height: Math.max(30, height - TOP - BELOW),
  };
  return { plot, x: pointScale(scene.range, plot.width), size, labels, valueWidth, meanWidth };
}
