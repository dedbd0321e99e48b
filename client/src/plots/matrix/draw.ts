import { range } from "d3-array";

import type { Target } from "../../compute/series/lines";
import { drawSeries } from "../line";
import { clipped, fitTexts, type Box, type Pen } from "../pen";
import { pointScale } from "../scales";
import { font } from "../theme";
import { drawGroupEdges } from "./groups";
import { drawHeat } from "./heat";
import { drawLabels } from "./labels";
import { boxOf, visibleClasses, type MatrixLayout, type MatrixSpot } from "./layout";
import { drawLegend } from "./legend";
import { drawLines } from "./lines";
import { drawMarks } from "./marks";
import { drawNumbers } from "./numbers";
import type { DrawnSpot, MatrixScene, Mode } from "./scene";
import { targetOfSpot } from "./targets";

const ACCURACY: Target = { kind: "accuracy" };
const MANY_BANDS = 6;

/** How each mode draws the spots of a block. */
const DRAW_MODE: Record<
  Mode,
  (pen: Pen, scene: MatrixScene, spots: readonly DrawnSpot[], block: Box, cell: number) => void
> = { heat: drawHeat, lines: drawLines, numbers: drawNumbers };

/** Draws the whole matrix: labels, cells, FN, FP, accuracy and legend. */
export function drawMatrix(pen: Pen, layout: MatrixLayout, scene: MatrixScene): void {
  pen.fillStyle = scene.theme.surface;
  pen.fillRect(0, 0, layout.width, layout.height);
  drawLabels(pen, layout, scene);
  const { rows, columns } = visibleClasses(layout);
  const inRows = range(...rows);
  const inColumns = range(...columns);
  const cells = inRows.flatMap((actual) =>
    inColumns.map((predicted) => ({ kind: "cell", actual, predicted }) as const),
  );
  drawSpots(pen, layout.grid, layout, scene, cells);
  if (layout.hasMargins) {
    const [fn, fp] = [
      inRows.map((row) => ({ kind: "fn", class: row }) as const),
      inColumns.map((column) => ({ kind: "fp", class: column }) as const),
    ];
    drawSpots(pen, layout.fn, layout, scene, fn);
    drawSpots(pen, layout.fp, layout, scene, fp);
    drawAccuracy(pen, layout, scene);
  }
  drawHairlines(pen, layout, scene);
  drawMarks(pen, layout, scene);
  drawLegend(pen, layout.legend, layout, scene);
}

/** Draws the spots of one block of the matrix: first their values, then names on the diagonal. */
function drawSpots(
  pen: Pen,
  block: Box,
  layout: MatrixLayout,
  scene: MatrixScene,
  spots: readonly MatrixSpot[],
): void {
  const isNamed = (spot: MatrixSpot) =>
    spot.kind === "cell" &&
    spot.actual === spot.predicted &&
    scene.diagonal === "names" &&
    !scene.isGroup[spot.actual];
  clipped(pen, block, () => {
    const drawn = spots
      .filter((spot) => !isNamed(spot))
      .map((spot) => ({ box: boxOf(layout, spot), target: targetOfSpot(spot, scene) }));
    DRAW_MODE[scene.mode](pen, scene, drawn, block, layout.cell);
    for (const spot of spots)
      if (spot.kind === "cell" && isNamed(spot))
        drawDiagonalName(pen, boxOf(layout, spot), layout.labelSize, scene, spot.actual);
  });
}

/**
 * Draws the name of a class on the diagonal, where correct predictions would outshine all confusion; blank if it
 * does not fit.
 */
function drawDiagonalName(
  pen: Pen,
  box: Box,
  size: number,
  { classes, theme }: MatrixScene,
  actual: number,
): void {
  const room = box.width - 6;
  pen.font = font(Math.min(size, box.height - 2));
  if (pen.measureText(classes[actual]).width > room) pen.font = font(Math.min(12, box.height - 2));
  const name = box.height >= 24 ? fitTexts(pen, classes, room)[actual] : "";
  const fits = name === classes[actual] || name.length > 5;
  pen.fillStyle = fits ? theme.surface : theme.raised;
  pen.fillRect(box.x, box.y, box.width, box.height);
  if (!fits) return;
  pen.fillStyle = theme.faint;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(name, box.x + box.width / 2, box.y + box.height / 2 + 0.5);
}

/** Draws the overall accuracy where FN and FP meet: lines from 0 to 100 %, or numbers. */
function drawAccuracy(pen: Pen, layout: MatrixLayout, scene: MatrixScene): void {
  const box = boxOf(layout, { kind: "accuracy" });
  if (scene.mode === "numbers") {
    const ungraded = { ...scene, margins: { max: 0, gamma: 1 } };
    drawNumbers(pen, ungraded, [{ box, target: ACCURACY }], box, layout.cell);
    return;
  }
  pen.font = font(12);
  const caption = pen.measureText("accuracy").width <= box.width - 2 ? 14 : 0;
  const x = pointScale(scene.range, box.width - 6);
  const height = box.height - 6 - caption;
  pen.save();
  pen.translate(box.x + 3, box.y + 3);
  // For orientation, all series as they are, the baseline among them.
  const y = (value: number) => height * (1 - value);
  for (const series of scene.accuracies)
    drawSeries(pen, series, ACCURACY, "rate", x, y, scene.theme.scheme);
  pen.restore();
  if (!caption) return;
  pen.font = font(12);
  pen.fillStyle = scene.theme.muted;
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  pen.fillText("accuracy", box.x + box.width / 2, box.y + box.height - 5);
}

/** Draws lines between cells and around the blocks, on whole pixels. */
function drawHairlines(pen: Pen, layout: MatrixLayout, scene: MatrixScene): void {
  const { theme } = scene;
  const { grid, fn, fp, corner } = layout;
  const { rows, columns } = visibleClasses(layout);
  // Between many bands a faint line would be lost.
  const isBusy = scene.mode === "heat" && !scene.baseline && scene.series.length >= MANY_BANDS;
  pen.fillStyle = isBusy ? theme.border : theme.line;
  for (const box of [grid, fn])
    clipped(pen, box, () => {
      for (let row = rows[0]; row < rows[1]; row++) {
        const { y, height } = boxOf(layout, { kind: "cell", actual: row, predicted: 0 });
        pen.fillRect(box.x, y + height, box.width, 1);
      }
    });
  for (const box of [grid, fp])
    clipped(pen, box, () => {
      for (let column = columns[0]; column < columns[1]; column++) {
        const { x, width } = boxOf(layout, { kind: "cell", actual: 0, predicted: column });
        pen.fillRect(x + width, box.y, 1, box.height);
      }
    });
  drawGroupEdges(pen, layout, scene);
  for (const { x, y, width, height } of layout.hasMargins ? [grid, fn, fp, corner] : [grid]) {
    pen.fillRect(x - 1, y - 1, width + 1, 1);
    pen.fillRect(x - 1, y - 1, 1, height + 1);
    pen.fillRect(x + width - 1, y - 1, 1, height + 1);
    pen.fillRect(x - 1, y + height - 1, width + 1, 1);
  }
}
