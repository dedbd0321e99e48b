import { formatCountTick, formatShareTick } from "../../compute/format";
import type { Values } from "../../compute/lines";
import { canvasPixel, lineColor, rampColors, rampStep } from "../../compute/ramp";
import { brightness, legendTicks, type Contrast } from "../../compute/scale";
import { fitText, pixelRatio, type Box, type Pen } from "../pen";
import { stripLayer, stripPixels } from "../strip";
import { font } from "../theme";
import type { MatrixLayout } from "./layout";
import { bandsThatFit, type MatrixScene } from "./scene";

const BAR_HEIGHT = 18;
const TICK_DISTANCE_PX = 36;
/** Between the bar and the words beside it: room for "FN, FP". */
const GUTTER = 62;

/** The scale of the cells with its numbers, that of FN and FP below, and how to read a cell. */
export function drawLegend(pen: Pen, box: Box, layout: MatrixLayout, scene: MatrixScene): void {
  const size = Math.max(11, layout.labelSize - 1.5);
  const line = size + 4;
  const room = layout.width - box.x - 4;
  const width = Math.round(Math.min(360, Math.max(170, room * 0.4)));
  const bar: Box = { x: box.x, y: box.y + size + 7, width, height: BAR_HEIGHT };
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.font = font(size);
  pen.fillStyle = scene.theme.muted;
  pen.fillText(fitText(pen, legendTitle(scene), width + GUTTER - 8), box.x, box.y + size - 1);
  drawBars(pen, bar, scene);
  pen.font = font(size - 0.5);
  const below = bar.y + bar.height + size + 2;
  drawTicks(pen, bar, scene, scene.cells, below, "cells");
  drawTicks(pen, bar, scene, scene.margins, below + line - 1, "FN, FP");
  const notes = bar.x + bar.width + GUTTER;
  if (room - width - GUTTER < 120) return;
  pen.font = font(size);
  pen.fillStyle = scene.theme.faint;
  pen.textAlign = "left";
  const names = scene.series.map((s) => s.label).join(", ");
  const fits = pen.measureText(`bands from left: ${names}`).width <= room - width - GUTTER;
  const order = fits ? names : `${scene.series.length} series, ordered as above`;
  readingNotes(layout, scene, order).forEach((note, i) => {
    pen.fillText(fitText(pen, note, room - width - GUTTER), notes, box.y + size - 1 + i * (line + 1));
  });
}

export function legendTitle({ values, mode, epoch, timeUnit }: MatrixScene): string {
  const what = values === "rate" ? "share of the actual class" : "instances";
  return mode === "numbers" ? `${what}${values === "rate" ? " in %" : ""}, ${timeUnit} ${epoch}` : `${what}, per ${timeUnit}`;
}

/** How to read a cell, in words, and what is not shown. */
export function readingNotes(layout: MatrixLayout, scene: MatrixScene, names: string): string[] {
  const { series, mode, direction, range, timeUnit, values } = scene;
  const across = direction === "across";
  const order = `${timeUnit}s ${range[0]} → ${range[1]} from ${across ? "left to right" : "top to bottom"}`;
  const fit = bandsThatFit(layout.cell, series.length);
  const hidden = mode !== "lines" && fit < series.length ? [`only the first ${fit} of ${series.length} series fit`] : [];
  const others = [
    ...(scene.diagonal === "recall" ? ["diagonal: recall, 0 to 100%"] : []),
    ...(values === "rate" ? ["FP: share of the predictions"] : []),
  ].join(" · ");
  const inside = scene.diagonal === "names" && scene.isGroup.some(Boolean) ? ["▸ on the diagonal: confusion inside"] : [];
  if (mode === "numbers") return [`from top: ${names}`, ...hidden, ...inside, others];
  if (mode === "lines") {
    const most = tickFormat(values)(scene.cells.max);
    const stretched = scene.cells.gamma < 1 ? ", stretched by γ" : "";
    return [`lines: ${names}`, order, `height of a cell: 0 to ${most}${stretched}`, ...inside, others].slice(0, 4);
  }
  const several = (range[1] - range[0]) / scene.stride + 1 > scene.strips.width;
  return [
    `bands from ${across ? "top" : "left"}: ${names}`,
    order,
    ...hidden,
    ...inside,
    ...(several ? ["pixel: mean of epochs, tick: peak"] : []),
    others,
  ].slice(0, 4);
}

function tickFormat(values: Values): (value: number) => string {
  return values === "rate" ? formatShareTick : formatCountTick;
}

function drawBars(pen: Pen, bar: Box, scene: MatrixScene): void {
  const { series, theme, mode } = scene;
  const count = Math.min(series.length, 6);
  const width = stripPixels(bar.width, pixelRatio(pen));
  const strips = stripLayer(pen, bar, canvasPixel(theme.surface));
  for (let s = 0; s < count; s++) {
    const y = Math.round((s * bar.height) / count);
    const height = Math.round(((s + 1) * bar.height) / count) - y;
    if (mode === "lines") {
      pen.fillStyle = lineColor(series[s].color, theme.scheme);
      pen.fillRect(bar.x, bar.y + y + height / 2 - 0.5, bar.width, 1);
      continue;
    }
    const ramp = rampColors(series[s].color, theme.scheme);
    const colors = Uint32Array.from({ length: width }, (_, p) => ramp[rampStep(p / (width - 1))]);
    strips.draw({ x: bar.x, y: bar.y + y, width: bar.width, height }, colors, false);
  }
  if (mode !== "lines") strips.flush();
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.strokeRect(bar.x - 0.5, bar.y - 0.5, bar.width + 1, bar.height + 1);
}

function drawTicks(pen: Pen, bar: Box, { values, theme }: MatrixScene, contrast: Contrast, y: number, name: string): void {
  const write = tickFormat(values);
  pen.fillStyle = theme.muted;
  pen.textBaseline = "alphabetic";
  for (const tick of legendTicks(contrast, TICK_DISTANCE_PX / bar.width)) {
    const x = bar.x + brightness(tick, contrast) * bar.width;
    pen.textAlign = tick === 0 ? "left" : "center";
    pen.fillText(write(tick), tick === 0 ? bar.x : x, y);
  }
  pen.textAlign = "left";
  pen.fillText(name, bar.x + bar.width + 18, y);
}
