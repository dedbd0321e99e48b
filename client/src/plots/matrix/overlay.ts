import type { EpochScale } from "../scales";
import { bandScale, pointScale } from "../scales";
import { clipped, type Pen } from "../pen";
import { font } from "../theme";
import { drawColumnLabel } from "./labels";
import { boxOf, rowTexts, visibleClasses, type MatrixLayout, type MatrixSpot } from "./layout";
import type { MatrixScene } from "./scene";

export interface MatrixMarks {
  selected: MatrixSpot | null;
  /** Under the pointer or the keyboard's focus. */
  active: MatrixSpot | null;
  /** The FN of the row, or the FP of the column, whose name is under the pointer; null for none. */
  named: MatrixSpot | null;
  /** The epoch to mark in every cell, or null. */
  epoch: number | null;
  /** The cells that chosen instances pass through. */
  passed?: readonly PassedSpot[];
}

/** A cell that chosen instances pass through, and when they are in it. */
export interface PassedSpot {
  spot: MatrixSpot;
  /** First and last epoch of each stay. */
  stays: readonly (readonly [number, number])[];
}

/** Draws what moves above the matrix: crosshair, selection and the current epoch. */
export function drawMatrixOverlay(
  pen: Pen,
  layout: MatrixLayout,
  scene: MatrixScene,
  marks: MatrixMarks,
): void {
  if (marks.epoch !== null && scene.mode !== "numbers") drawEpoch(pen, layout, scene, marks.epoch);
  if (marks.named) drawCrosshair(pen, layout, scene, marks.named);
  for (const passed of marks.passed ?? []) drawPassed(pen, layout, scene, passed);
  if (marks.active) drawCrosshair(pen, layout, scene, marks.active);
  if (marks.selected) outline(pen, layout, marks.selected, scene.theme.ink, 2);
  if (marks.active) outline(pen, layout, marks.active, scene.theme.accent, 2);
}

/** The scale of epochs within a cell. */
export function cellScale(scene: MatrixScene, length: number): EpochScale {
  return scene.mode === "lines"
    ? pointScale(scene.range, length - 4)
    : bandScale(scene.range, scene.stride, length);
}

/** A dashed line at an epoch in every cell and margin. */
function drawEpoch(pen: Pen, layout: MatrixLayout, scene: MatrixScene, epoch: number): void {
  if (epoch < scene.range[0] || epoch > scene.range[1] + scene.stride - 1) return;
  const { rows, columns } = visibleClasses(layout);
  const down = scene.direction === "down";
  pen.save();
  pen.strokeStyle = scene.theme.ink;
  // In small cells, the lines would hide what they mark.
  pen.globalAlpha = layout.cell < 24 ? 0.25 : 0.55;
  pen.lineWidth = 1;
  pen.setLineDash([2, 2]);
  const inset = scene.mode === "lines" ? 2 : 0;
  const along = (start: number, length: number) =>
    Math.floor(start + inset + cellScale(scene, length).at(epoch)) + 0.5;
  const { grid, fn, fp } = layout;
  pen.beginPath();
  if (down) {
    for (let row = rows[0]; row < rows[1]; row++) {
      const { y, height } = boxOf(layout, { kind: "cell", actual: row, predicted: 0 });
      const at = along(y, height);
      if (at < grid.y || at > grid.y + grid.height) continue;
      pen.moveTo(grid.x, at);
      pen.lineTo(grid.x + grid.width, at);
      pen.moveTo(fn.x, at);
      pen.lineTo(fn.x + fn.width, at);
    }
    const at = along(fp.y, fp.height - 1);
    pen.moveTo(fp.x, at);
    pen.lineTo(fp.x + fp.width, at);
  } else {
    for (let column = columns[0]; column < columns[1]; column++) {
      const { x, width } = boxOf(layout, { kind: "cell", actual: 0, predicted: column });
      const at = along(x, width);
      if (at < grid.x || at > grid.x + grid.width) continue;
      pen.moveTo(at, grid.y);
      pen.lineTo(at, grid.y + grid.height);
      pen.moveTo(at, fp.y);
      pen.lineTo(at, fp.y + fp.height);
    }
    const at = along(fn.x, fn.width - 1);
    pen.moveTo(at, fn.y);
    pen.lineTo(at, fn.y + fn.height);
  }
  pen.stroke();
  pen.restore();
  if (scene.diagonal === "names") clearDiagonal(pen, layout, scene);
}

const STAY_PX = 3;

/** Outlines a cell that instances pass through, and underlines the epochs at which they are in it. */
function drawPassed(
  pen: Pen,
  layout: MatrixLayout,
  scene: MatrixScene,
  { spot, stays }: PassedSpot,
): void {
  outline(pen, layout, spot, scene.theme.accent, 1.5);
  if (scene.mode === "numbers") return;
  const box = boxOf(layout, spot);
  const down = scene.direction === "down";
  const length = down ? box.height : box.width;
  const inset = scene.mode === "lines" ? 2 : 0;
  const { at } = cellScale(scene, length);
  const half = (scene.stride / (scene.range[1] - scene.range[0] + scene.stride)) * (length / 2);
  clipped(pen, layout.grid, () => {
    clipped(pen, box, () => {
      pen.fillStyle = scene.theme.accent;
      for (const [first, last] of stays) {
        const from = inset + at(first) - half;
        const size = Math.max(1, at(last) - at(first) + 2 * half);
        if (down) pen.fillRect(box.x + box.width - STAY_PX, box.y + from, STAY_PX, size);
        else pen.fillRect(box.x + from, box.y + box.height - STAY_PX, size, STAY_PX);
      }
    });
  });
}

/** Clears the cells that show names; clipping them out beforehand takes several times as long. */
function clearDiagonal(pen: Pen, layout: MatrixLayout, { isGroup }: MatrixScene): void {
  const { rows, columns } = visibleClasses(layout);
  clipped(pen, layout.grid, () => {
    for (
      let index = Math.max(rows[0], columns[0]);
      index < Math.min(rows[1], columns[1]);
      index++
    ) {
      if (isGroup[index]) continue;
      const { x, y, width, height } = boxOf(layout, {
        kind: "cell",
        actual: index,
        predicted: index,
      });
      pen.clearRect(x, y, width, height);
    }
  });
}

/** Emphasises the labels of a spot's row and column. */
function drawCrosshair(pen: Pen, layout: MatrixLayout, scene: MatrixScene, spot: MatrixSpot): void {
  const row = spot.kind === "cell" ? spot.actual : spot.kind === "fn" ? spot.class : null;
  const column = spot.kind === "cell" ? spot.predicted : spot.kind === "fp" ? spot.class : null;
  const { grid, fn, fp, rowLabels, columnLabels } = layout;
  const { theme, labels } = scene;
  pen.fillStyle = theme.ink;
  if (row !== null) {
    const { y, height } = boxOf(layout, { kind: "cell", actual: row, predicted: 0 });
    clipped(pen, { x: 0, y: grid.y, width: layout.width, height: grid.height }, () => {
      pen.fillStyle = theme.surface;
      pen.fillRect(rowLabels.x, y, grid.x - rowLabels.x - 2, height);
      pen.fillStyle = theme.ink;
      pen.font = font(layout.labelSize, 650);
      pen.textAlign = "right";
      pen.textBaseline = "middle";
      pen.fillText(rowTexts(pen, layout, labels)[row], grid.x - 9, y + height / 2 + 0.5);
      pen.globalAlpha = 0.35;
      pen.fillRect(grid.x, y - 1, fn.x + fn.width - grid.x, 1);
      pen.fillRect(grid.x, y + height, fn.x + fn.width - grid.x, 1);
      pen.globalAlpha = 1;
    });
  }
  if (column !== null) {
    const { x, width } = boxOf(layout, { kind: "cell", actual: 0, predicted: column });
    clipped(pen, { x: grid.x, y: 0, width: grid.width, height: layout.height }, () => {
      pen.fillStyle = theme.surface;
      pen.fillRect(x, columnLabels.y, width, grid.y - columnLabels.y - 2);
      pen.fillStyle = theme.ink;
      pen.font = font(layout.labelSize, 650);
      drawColumnLabel(pen, layout, labels, column);
      pen.globalAlpha = 0.35;
      pen.fillRect(x - 1, grid.y, 1, fp.y + fp.height - grid.y);
      pen.fillRect(x + width, grid.y, 1, fp.y + fp.height - grid.y);
      pen.globalAlpha = 1;
    });
  }
}

function outline(
  pen: Pen,
  layout: MatrixLayout,
  spot: MatrixSpot,
  color: string,
  width: number,
): void {
  const box = boxOf(layout, spot);
  const block = { cell: layout.grid, fn: layout.fn, fp: layout.fp, accuracy: layout.corner }[
    spot.kind
  ];
  clipped(
    pen,
    { x: block.x - 2, y: block.y - 2, width: block.width + 4, height: block.height + 4 },
    () => {
      pen.strokeStyle = color;
      pen.lineWidth = width;
      const out = width / 2;
      pen.strokeRect(box.x - out, box.y - out, box.width + width, box.height + width);
    },
  );
}
