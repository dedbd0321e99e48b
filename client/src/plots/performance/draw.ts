import { drawSeries } from "../line";
import { fitTexts, type Box, type Pen } from "../pen";
import { pointScale } from "../scales";
import { font } from "../theme";
import { nameSize, type PerformanceLayout } from "./layout";
import { METRICS, type Metric, type PerformanceScene } from "./scene";

/** Draws names and charts of the rows [from, to); the pen's origin is the first's top. */
export function drawPerformance(
  pen: Pen,
  layout: PerformanceLayout,
  scene: PerformanceScene,
  [from, to]: [number, number],
): void {
  const { rowHeight, width, columns } = layout;
  for (let row = from; row < Math.min(to, scene.rows.length); row++) {
    const top = (row - from) * rowHeight;
    const index = scene.rows[row];
    pen.fillStyle = scene.theme.grid;
    pen.fillRect(0, top + rowHeight - 1, width, 1);
    pen.font = font(nameSize(rowHeight, width));
    pen.fillStyle = scene.theme.ink;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillText(fitTexts(pen, scene.labels, columns.class.width)[index], 0, top + rowHeight / 2);
    for (const kind of METRICS)
      drawMetric(pen, { ...columns[kind], y: top + 3, height: rowHeight - 7 }, scene, kind, index);
  }
}

function drawMetric(
  pen: Pen,
  box: Box,
  scene: PerformanceScene,
  kind: Metric,
  index: number,
): void {
  const x = pointScale(scene.range, box.width);
  const { low, high } = scene.scale;
  const y = (value: number) => box.height * (1 - (value - low) / (high - low));
  pen.save();
  // Values below the scale leave through the bottom; marks of single epochs at the ends are drawn whole.
  pen.beginPath();
  pen.rect(box.x - 3, box.y - 2, box.width + 6, box.height + 3);
  pen.clip();
  pen.translate(box.x, box.y);
  if (scene.baseline) {
    pen.fillStyle = scene.theme.border;
    pen.fillRect(0, Math.round(y(0)), box.width, 1);
  }
  const target = { kind, class: index };
  for (const s of scene.series) drawSeries(pen, s, target, "rate", x, y, scene.theme.scheme);
  pen.restore();
}

/** Draws a line at an epoch over every chart of the rows. */
export function drawPerformanceEpoch(
  pen: Pen,
  { columns }: PerformanceLayout,
  { range, theme }: PerformanceScene,
  epoch: number,
  height: number,
): void {
  if (epoch < range[0] || epoch > range[1]) return;
  pen.strokeStyle = theme.ink;
  pen.globalAlpha = 0.5;
  pen.setLineDash([2, 2]);
  pen.lineWidth = 1;
  pen.beginPath();
  for (const kind of METRICS) {
    const at = Math.round(columns[kind].x + pointScale(range, columns[kind].width).at(epoch)) + 0.5;
    pen.moveTo(at, 0);
    pen.lineTo(at, height);
  }
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}
