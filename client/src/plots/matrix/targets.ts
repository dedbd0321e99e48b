import type { Target } from "../../compute/series/lines";
import type { Contrast } from "../../compute/scale/scale";
import type { MatrixSpot } from "./layout";
import type { MatrixScene } from "./scene";

/**
 * What a spot shows. On the diagonal, a class shows recall (or precision, if cells are shares of the predicted
 * class), and a closed group the confusion inside it; elsewhere a spot shows itself.
 */
export function targetOfSpot(
  spot: MatrixSpot,
  { isGroup, diagonal, values }: Pick<MatrixScene, "isGroup" | "diagonal" | "values">,
): Target {
  if (spot.kind !== "cell" || spot.actual !== spot.predicted) return spot;
  if (isGroup[spot.actual] && diagonal === "names") return { kind: "inside", class: spot.actual };
  return { kind: values === "predicted" ? "precision" : "recall", class: spot.actual };
}

/**
 * The contrast of a spot. Recall is scaled from 0 to 1, because it would outshine confusion; its differences are
 * as small as those of FN.
 */
export function contrastOf(scene: MatrixScene, { kind }: Target): Contrast {
  if (kind === "recall" || kind === "precision")
    return { max: 1, gamma: scene.baseline ? scene.cells.gamma : 1 };
  return kind === "cell" || kind === "inside" ? scene.cells : scene.margins;
}
