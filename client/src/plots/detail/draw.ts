import { indexAt } from "../../compute/time/epochs";
import { formatCountTick, formatShareTick, withSign } from "../../compute/text/format";
import { lineColor } from "../../compute/scale/ramp";
import { smoothed } from "../../compute/time/smooth";
import { isShare } from "../../compute/text/tooltip";
import { drawEpochAxis } from "../axes";
import { drawLine, seriesStyle } from "../line";
import { fitText, type Pen } from "../pen";
import { font } from "../theme";
import type { DetailLayout } from "./layout";
import { detailLines } from "./lines";
import { drawNames, placesOfNames } from "./names";
import type { DetailScene } from "./scene";

/** Opacity of lines behind their smoothed ones. */
const FAINT = 0.3;

/** Draws the axes, the grid, a line for each series, and each line's name at its end. */
export function drawDetail(pen: Pen, layout: DetailLayout, scene: DetailScene): void {
  const { plot, x } = layout;
  const { theme, series, baseline, axis } = scene;
  const share = isShare(scene.target, scene.values);
  const plotted = detailLines(scene, plot.height);
  const { lines, intervals, y } = plotted;
  const writeTick = share ? formatShareTick : formatCountTick;
  pen.save();
  pen.translate(plot.x, plot.y);
  pen.font = font(layout.size);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const tick of y.ticks(Math.max(2, Math.min(8, Math.floor(plot.height / 34))))) {
    if (!share && !Number.isInteger(tick)) continue;
    pen.fillStyle = baseline && tick === 0 ? theme.border : theme.grid;
    pen.fillRect(0, Math.round(y(tick)), plot.width, 1);
    pen.fillStyle = theme.muted;
    pen.fillText(
      baseline ? withSign(tick, writeTick).replace("%", "") : writeTick(tick),
      -8,
      y(tick),
    );
  }
  series.forEach((s, i) => {
    const values = lines[i];
    if (!values) return;
    const style = seriesStyle(s.color, theme.scheme, 1.4);
    if (scene.smooth) pen.globalAlpha = FAINT;
    drawLine(pen, { ...s, values, interval: intervals[i] }, x, y, style);
    pen.globalAlpha = 1;
    if (scene.smooth) drawLine(pen, { ...s, values: smoothed(values, scene.smooth) }, x, y, style);
  });
  drawNames(pen, layout, scene, placesOfNames(layout, scene, plotted));
  pen.translate(0, plot.height);
  drawEpochAxis(pen, x, axis, theme);
  pen.font = font(layout.size);
  pen.fillStyle = theme.muted;
  pen.textAlign = "right";
  const unit = axis.isShare ? "share of training" : axis.unit;
  pen.fillText(unit, plot.width, 30);
  if (baseline) {
    pen.textAlign = "left";
    const name = fitText(pen, baseline.label, plot.width / 2);
    const short = `0: same as ${name}`;
    const whole = share ? `${short}; in percentage points` : short;
    const room = plot.width - pen.measureText(unit).width - 12;
    pen.fillText(pen.measureText(whole).width <= room ? whole : short, 0, 30);
  }
  pen.restore();
}

/** Draws the cursor at an epoch, and on each line a dot where it has its value. */
export function drawDetailCursor(
  pen: Pen,
  { plot, x }: DetailLayout,
  scene: DetailScene,
  epoch: number,
): void {
  if (epoch < scene.range[0] || epoch > scene.range[1]) return;
  const at = Math.round(plot.x + x.at(epoch)) + 0.5;
  pen.strokeStyle = scene.theme.ink;
  pen.globalAlpha = 0.6;
  pen.lineWidth = 1;
  pen.setLineDash([2, 2]);
  pen.beginPath();
  pen.moveTo(at, plot.y);
  pen.lineTo(at, plot.y + plot.height);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
  const { lines, y } = detailLines(scene, plot.height);
  for (const [i, s] of scene.series.entries()) {
    const value = lines[i]?.[indexAt(s.epochs, s.stride, epoch)] ?? NaN;
    if (Number.isNaN(value)) continue;
    pen.fillStyle = lineColor(s.color, scene.theme.scheme);
    pen.beginPath();
    pen.arc(at, plot.y + y(value), 3, 0, 2 * Math.PI);
    pen.fill();
  }
}
