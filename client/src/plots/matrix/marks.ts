import { range } from "d3-array";

import { clipped, type Pen } from "../pen";
import { boxOf, visibleClasses, type MatrixLayout } from "./layout";
import { markedOnes, markKey, type MatrixScene } from "./scene";

/** Smaller cells have room only for the marks of differences. */
const SMALL = 16;

/**
 * Marks the cells of a difference. A filled corner differs by more than noise. Of the others only the rarer
 * ones are marked: those that could not tell by a ring, or those that hardly differ by a dot.
 */
export function drawMarks(pen: Pen, layout: MatrixLayout, { marks, theme }: MatrixScene): void {
  if (!marks?.size) return;
  const { rows, columns } = visibleClasses(layout);
  const marked = markedOnes(marks);
  const corner = Math.max(3, Math.min(9, layout.cell / 5));
  clipped(pen, layout.grid, () => {
    for (const actual of range(...rows))
      for (const predicted of range(...columns)) {
        const mark = marks.get(markKey(actual, predicted));
        if (!mark) continue;
        const { x, y, width } = boxOf(layout, { kind: "cell", actual, predicted });
        pen.beginPath();
        if (mark === "different") {
          pen.moveTo(x + width - corner, y);
          pen.lineTo(x + width, y);
          pen.lineTo(x + width, y + corner);
          pen.closePath();
          pen.fillStyle = theme.ink;
          pen.fill();
        } else if (mark === marked && layout.cell >= SMALL) {
          pen.arc(x + width - 5.5, y + 5.5, mark === "same" ? 1.5 : 2.25, 0, 2 * Math.PI);
          pen.fillStyle = pen.strokeStyle = theme.muted;
          pen.lineWidth = 1;
          if (mark === "same") pen.fill();
          else pen.stroke();
        }
      }
  });
}
