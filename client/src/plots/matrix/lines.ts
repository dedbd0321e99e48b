import { brightness, signedBrightness } from "../../compute/scale/scale";
import { drawSeries } from "../line";
import { clipped, type Pen } from "../pen";
import { pointScale } from "../scales";
import type { DrawnSpot, MatrixScene } from "./scene";
import { contrastOf } from "./targets";

/** Draws spots of a block as lines over the epochs. */
export function drawLines(pen: Pen, scene: MatrixScene, spots: readonly DrawnSpot[]): void {
  for (const spot of spots) drawSpot(pen, scene, spot);
}

function drawSpot(pen: Pen, scene: MatrixScene, { box, target }: DrawnSpot): void {
  // Lines are quiet by themselves: they use the whole height.
  const contrast = { ...contrastOf(scene, target), top: 1 };
  const down = scene.direction === "down";
  const inset = Math.min(2, box.width / 10);
  const along = (down ? box.height : box.width) - 2 * inset;
  const across = (down ? box.width : box.height) - 2 * inset;
  const x = pointScale(scene.range, along);
  clipped(pen, box, () => {
    if (down) {
      pen.translate(box.x + inset, box.y + inset);
      pen.transform(0, 1, 1, 0, 0, 0);
    } else pen.translate(box.x + inset, box.y + inset);
    const y = (value: number) => {
      const height =
        (scene.baseline
          ? (1 + signedBrightness(value, contrast)) / 2
          : brightness(value, contrast)) * across;
      return down ? height : across - height;
    };
    if (scene.baseline) {
      pen.fillStyle = scene.theme.border;
      pen.fillRect(0, Math.round(across / 2), along, 1);
    }
    for (const series of scene.series)
      drawSeries(pen, series, target, scene.values, x, y, scene.theme.scheme);
  });
}
