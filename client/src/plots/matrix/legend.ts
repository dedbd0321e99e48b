import {
  canvasPixel,
  divergingColors,
  divergingStep,
  rampColors,
  rampStep,
} from "../../compute/scale/ramp";
import { brightness, legendTicks, type Contrast } from "../../compute/scale/scale";
import { HAIRLINE, seriesStyle } from "../line";
import { fitText, pixelRatio, type Box, type Pen } from "../pen";
import { stripLayer, stripPixels } from "../strip";
import { stripePixels, stripesBox } from "../swatch";
import { font } from "../theme";
import type { MatrixLayout } from "./layout";
import { legendTitle, readingNotes, tickFormat } from "./notes";
import type { MatrixScene } from "./scene";

const BAR_HEIGHT = 18;
/** Room between the bar and the notes for "FN, FP", in sizes of the type. */
const GUTTER = 5.8;
/** With less room than this, there are no notes. */
const LEAST_NOTE = 120;
/** How many notes have room beside the bar. */
const MOST_NOTES = 4;

/** Draws the scale of the cells with its numbers, that of FN and FP below, and how to read a cell. */
export function drawLegend(pen: Pen, box: Box, layout: MatrixLayout, scene: MatrixScene): void {
  const { size, width, bar, gutter, notes, room } = legendParts(box, layout);
  const line = size + 4;
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.font = font(size);
  pen.fillStyle = scene.theme.muted;
  const most = Math.max(width + gutter - 8, room < LEAST_NOTE ? width + gutter + room : 0);
  const isWhole = pen.measureText(legendTitle(scene)).width <= most;
  pen.fillText(fitText(pen, legendTitle(scene, !isWhole), most), box.x, box.y + size - 1);
  drawBars(pen, bar, scene);
  pen.font = font(size);
  const below = bar.y + bar.height + size + 2;
  drawTicks(pen, bar, scene, scene.cells, below, "cells");
  if (layout.hasMargins) drawTicks(pen, bar, scene, scene.margins, below + line - 1, "FN, FP");
  if (room < LEAST_NOTE) return;
  pen.font = font(size);
  pen.fillStyle = scene.theme.faint;
  pen.textAlign = "left";
  readingNotes(layout, scene)
    .slice(0, MOST_NOTES)
    .forEach((ways, i) => {
      const note = ways.find((way) => pen.measureText(way).width <= room) ?? ways.at(-1)!;
      pen.fillText(fitText(pen, note, room), notes, box.y + size - 1 + i * (line + 1));
    });
}

/** The parts of the legend: its bar, where the notes beside it begin, and how much room they have. */
function legendParts(box: Box, layout: MatrixLayout) {
  const size = Math.max(12, layout.labelSize - 1.5);
  const all = layout.width - box.x - 4;
  const width = Math.round(Math.min(360, Math.max(170, all * 0.4)));
  const bar: Box = { x: box.x, y: box.y + size + 7, width, height: BAR_HEIGHT };
  const gutter = Math.round(GUTTER * size);
  return { size, width, bar, gutter, notes: bar.x + width + gutter, room: all - width - gutter };
}

/** Where the first note is, which can be pressed; null if there is no room for notes. */
export function noteBox(box: Box, layout: MatrixLayout): Box | null {
  const { notes, room, size } = legendParts(box, layout);
  if (room < LEAST_NOTE) return null;
  return { x: notes, y: box.y - 6, width: room, height: size + 12 };
}

function drawBars(pen: Pen, bar: Box, scene: MatrixScene): void {
  const { series, theme, mode } = scene;
  const count = scene.baseline && mode !== "lines" ? 1 : Math.min(series.length, 6);
  const width = stripPixels(bar.width, pixelRatio(pen));
  const strips = stripLayer(pen, bar, canvasPixel(theme.surface));
  for (let s = 0; s < count; s++) {
    const y = Math.round((s * bar.height) / count);
    const height = Math.round(((s + 1) * bar.height) / count) - y;
    if (mode === "lines") {
      const { color, dash } = seriesStyle(series[s].color, theme.scheme, HAIRLINE);
      pen.strokeStyle = color;
      pen.lineWidth = HAIRLINE;
      pen.setLineDash([...(dash ?? [])]);
      pen.beginPath();
      pen.moveTo(bar.x, bar.y + y + height / 2);
      pen.lineTo(bar.x + bar.width, bar.y + y + height / 2);
      pen.stroke();
      pen.setLineDash([]);
      continue;
    }
    const along = (p: number) => p / (width - 1);
    const signed = divergingColors(theme.scheme);
    const ramp = rampColors(series[s].color, theme.scheme);
    const colors = Uint32Array.from({ length: width }, (_, p) =>
      scene.baseline ? signed[divergingStep(2 * along(p) - 1)] : ramp[rampStep(along(p))],
    );
    const band = { x: bar.x, y: bar.y + y, width: bar.width, height };
    strips.draw(band, colors, false);
    const stripes = scene.baseline ? null : stripePixels(series[s].color, theme);
    const marked = stripes && stripesBox(band, false, strips.ratio);
    if (marked) strips.draw(marked, stripes, false);
  }
  if (mode !== "lines") strips.flush();
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.strokeRect(bar.x - 0.5, bar.y - 0.5, bar.width + 1, bar.height + 1);
}

function drawTicks(
  pen: Pen,
  bar: Box,
  scene: MatrixScene,
  contrast: Contrast,
  y: number,
  name: string,
): void {
  const format = tickFormat(scene);
  const isCut = scene.scaleRange[0] > scene.range[0] && scene.mode !== "numbers";
  const write = (value: number) =>
    isCut && !scene.baseline && value === contrast.max ? `${format(value)}+` : format(value);
  pen.fillStyle = scene.theme.muted;
  pen.textBaseline = "alphabetic";
  const [zero, length] = scene.baseline
    ? [bar.x + bar.width / 2, bar.width / 2]
    : [bar.x, bar.width];
  const widest = pen.measureText("0.005%").width;
  for (const tick of legendTicks(contrast, widest / length)) {
    const at = brightness(tick, contrast) * length;
    // The last one ends with the bar, because the name of the scale is beside it.
    const isEnd = tick === contrast.max && at > length - 1;
    pen.textAlign = scene.baseline ? "center" : tick === 0 ? "left" : isEnd ? "right" : "center";
    pen.fillText(write(tick), zero + at + (isEnd && !scene.baseline ? 10 : 0), y);
    if (scene.baseline && tick) pen.fillText(write(-tick), zero - at, y);
  }
  pen.textAlign = "left";
  pen.fillText(name, bar.x + bar.width + 18, y);
}
