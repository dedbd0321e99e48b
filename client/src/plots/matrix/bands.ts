import type { Box } from "../pen";
import { bandsThatFit, type MatrixScene } from "./scene";

/**
 * The boxes of a cell's bands within it, in series order; bands beyond those that fit have none.
 *
 * @param ratio device pixels per CSS pixel: bands begin and end on whole device pixels
 */
export function bandBoxes(
  box: Pick<Box, "width" | "height">,
  { direction, series }: Pick<MatrixScene, "direction" | "series">,
  ratio: number,
): Box[] {
  const down = direction === "down";
  const across = down ? box.width : box.height;
  const count = bandsThatFit(across * ratio + 1, series.length);
  return Array.from({ length: count }, (_, s) => {
    const from = Math.round((s * across * ratio) / count) / ratio;
    const to = Math.round(((s + 1) * across * ratio) / count) / ratio;
    return down
      ? { x: from, y: 0, width: to - from, height: box.height }
      : { x: 0, y: from, width: box.width, height: to - from };
  });
}
