import { clipped, type Pen } from "../pen";
import { font } from "../theme";
import { drawBrackets } from "./groups";
import { boxOf, columnTexts, rowTexts, visibleClasses, type MatrixLayout } from "./layout";
import type { MatrixScene } from "./scene";

/** Draws the names of rows, columns and margins, the groups around them, and the titles of the axes. */
export function drawLabels(pen: Pen, layout: MatrixLayout, scene: MatrixScene): void {
  const { labels, theme } = scene;
  const { grid, columnLabels, rowLabels } = layout;
  const { rows, columns } = visibleClasses(layout);
  pen.textBaseline = "middle";
  pen.fillStyle = theme.ink;
  pen.font = font(layout.labelSize);
  pen.textAlign = "right";
  clipped(pen, { ...rowLabels, x: 0, width: grid.x }, () => {
    for (let row = rows[0]; row < rows[1]; row++) {
      const { y, height } = boxOf(layout, { kind: "cell", actual: row, predicted: 0 });
      pen.fillText(rowTexts(pen, layout, labels)[row], grid.x - 9, y + height / 2 + 0.5);
    }
  });
  clipped(pen, { ...columnLabels, y: 0, height: grid.y }, () => {
    for (let column = columns[0]; column < columns[1]; column++)
      drawColumnLabel(pen, layout, labels, column);
  });
  if (layout.hasMargins) drawMarginNames(pen, layout, theme.muted);
  drawBrackets(pen, layout, scene);
  drawAxisTitles(pen, layout, theme.muted);
}

function drawMarginNames(pen: Pen, { grid, fn, fp, labelSize }: MatrixLayout, color: string): void {
  pen.font = font(Math.max(12, labelSize - 1), 500);
  pen.fillStyle = color;
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  pen.fillText("FN", fn.x + fn.width / 2, grid.y - 9);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillText("FP", grid.x - 9, fp.y + fp.height / 2);
}

export function drawColumnLabel(
  pen: Pen,
  layout: MatrixLayout,
  names: readonly string[],
  column: number,
): void {
  const { grid } = layout;
  const { x, width } = boxOf(layout, { kind: "cell", actual: 0, predicted: column });
  pen.save();
  if (layout.labelsUpright) {
    pen.translate(x + width / 2 + 0.5, grid.y - 8);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillText(columnTexts(pen, layout, names)[column], 0, 0);
  } else {
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    pen.fillText(columnTexts(pen, layout, names)[column], x + width / 2, grid.y - 9);
  }
  pen.restore();
}

function drawAxisTitles(pen: Pen, { grid }: MatrixLayout, color: string): void {
  pen.font = font(12, 600);
  pen.fillStyle = color;
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  pen.fillText("PREDICTED", grid.x + grid.width / 2, 12);
  pen.save();
  pen.translate(11, grid.y + grid.height / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText("ACTUAL", 0, 0);
  pen.restore();
}
