import type { Target } from "../../compute/series/lines";
import { pointedOf, type PointedEpochs } from "../../compute/time/pointer";
import type { Box } from "../pen";
import { pointedInLines } from "../pointer";
import { cellScale } from "./overlay";
import type { MatrixScene } from "./scene";

/** Finds the epochs under a pointer within a cell; null if cells do not show time. */
export function pointedInCell(
  scene: MatrixScene,
  target: Target,
  box: Box,
  pointer: { x: number; y: number },
): PointedEpochs | null {
  const { mode, direction, series, strips, values } = scene;
  if (mode === "numbers") return null;
  const down = direction === "down";
  const length = down ? box.height : box.width;
  const position = down ? pointer.y - box.y : pointer.x - box.x;
  const x = cellScale(scene, length);
  if (mode === "lines")
    return pointedInLines(series, target, values, x, position - (length - x.length) / 2);
  const pixel = Math.floor((position * strips.width) / length);
  const within = Math.max(0, Math.min(strips.width - 1, pixel));
  const spans = series.map((_, s) => strips.epochsAt(s, within));
  return pointedOf(series, target, values, spans, x.epochAt(position));
}
