/** Figures that leave the page: drawn anew by the same functions, on white, with crisp text. */

import { stretchOf } from "../compute/axis";
import { lineColor } from "../compute/ramp";
import { describeTarget, drawDetail, layoutDetail } from "../plots/detail";
import { drawMatrix } from "../plots/matrix/draw";
import { levelsShown } from "../plots/matrix/groups";
import { layoutMatrix } from "../plots/matrix/layout";
import {
  drawPerformance,
  drawSupports,
  layoutPerformance,
  METRICS,
  shareRange,
} from "../plots/performance";
import type { Pen } from "../plots/pen";
import { stripPixels } from "../plots/strip";
import { toSvg } from "../plots/svg";
import { font, THEMES, type Theme } from "../plots/theme";
import {
  detailScene,
  detailSeries,
  matrixScene,
  performanceScene,
  sortedRows,
  stripsOf,
} from "./scenes";
import type { ShownSeries } from "./chosen";
import type { Session } from "./session.svelte";

export type FigureName = "matrix" | "performance" | "detail";
export type FigureFormat = "png" | "svg";

/** A figure of a fixed size in CSS pixels. */
interface Figure {
  width: number;
  height: number;
  /** @param scale device pixels per CSS pixel */
  draw: (pen: Pen, scale: number) => void;
}

const PNG_SCALE = 3;

/** Draws what the session shows as a file. */
export async function drawFigure(
  session: Session,
  name: FigureName,
  format: FigureFormat,
): Promise<Blob> {
  const figure = figureOf(session, name, THEMES.light);
  return format === "svg" ? svgBlob(figure) : pngBlob(figure);
}

/** Draws a figure and hands it to the browser as a download. */
export async function exportFigure(
  session: Session,
  name: FigureName,
  format: FigureFormat,
): Promise<void> {
  const blob = await drawFigure(session, name, format);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `confusionflow-${name}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function svgBlob({ width, height, draw }: Figure): Blob {
  return new Blob([toSvg(width, height, (pen) => draw(pen, 1))], { type: "image/svg+xml" });
}

function pngBlob({ width, height, draw }: Figure): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  const pen = canvas.getContext("2d")!;
  pen.scale(PNG_SCALE, PNG_SCALE);
  draw(pen, PNG_SCALE);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) =>
      blob ? resolve(blob) : reject(new Error("The browser could not write the PNG.")),
    );
  });
}

function figureOf(session: Session, name: FigureName, theme: Theme): Figure {
  switch (name) {
    case "matrix":
      return matrixFigure(session, theme);
    case "performance":
      return performanceFigure(session, theme);
    case "detail":
      return detailFigure(session, theme);
  }
}

function matrixFigure(session: Session, theme: Theme): Figure {
  const cell = Math.max(16, Math.min(64, 900 / session.classes.length));
  const side = Math.round(cell * (session.classes.length + 1));
  const [width, height, head] = [Math.max(620, side + 198), Math.max(420, side + 240), 52];
  return {
    width,
    height: height + head,
    draw: (pen, scale) => {
      drawBackground(pen, width, height + head, theme);
      drawTitle(pen, `Confusion, ${stretchOf(session.axis, session.range)}`, theme);
      drawKey(pen, session, theme, 16, 42);
      pen.translate(8, head);
      const layout = layoutMatrix(pen, {
        width: width - 16,
        height,
        classes: session.labels,
        levels: levelsShown(session.groups.brackets),
        scrollX: 0,
        scrollY: 0,
      });
      const strips = stripsOf(session, stripPixels(layout.cell - 1, scale));
      drawMatrix(pen, layout, matrixScene(session, strips, theme));
    },
  };
}

function performanceFigure(session: Session, theme: Theme): Figure {
  const scene = performanceScene(session, sortedRows(session), theme);
  const [row, head, pad] = [25, 80, 16];
  const width = 760;
  return {
    width,
    height: head + scene.rows.length * row + pad,
    draw: (pen) => {
      drawBackground(pen, width, head + scene.rows.length * row + pad, theme);
      drawTitle(pen, `Class performance, ${stretchOf(session.axis, session.range)}`, theme);
      drawKey(pen, session, theme, pad, 42);
      const layout = layoutPerformance(pen, width - 2 * pad, row, scene.labels);
      pen.translate(pad, head);
      pen.font = font(11.5);
      pen.fillStyle = theme.muted;
      pen.textAlign = "left";
      pen.textBaseline = "alphabetic";
      for (const [column, name] of [
        ["class", "Class"],
        ["precision", "Precision"],
        ["recall", "Recall"],
        ["f1", "F1"],
        ["support", "Support"],
      ] as const)
        pen.fillText(
          METRICS.some((m) => m === column) ? `${name}, ${shareRange(scene)}` : name,
          layout.columns[column].x,
          -8,
        );
      drawPerformance(pen, layout, scene, [0, scene.rows.length]);
      drawSupports(pen, layout, scene, session.playhead, [0, scene.rows.length]);
    },
  };
}

function detailFigure(session: Session, theme: Theme): Figure {
  const [width, height, head] = [720, 400, 44];
  return {
    width,
    height,
    draw: (pen) => {
      drawBackground(pen, width, height, theme);
      const scene = detailScene(session, detailSeries(session), theme);
      const { title, meaning } = describeTarget(
        scene.target,
        scene.values,
        scene.classes,
        scene.baseline,
      );
      drawTitle(pen, title, theme);
      pen.fillStyle = theme.muted;
      pen.font = font(11.5);
      pen.fillText(meaning, 16, 38);
      pen.translate(8, head);
      drawDetail(pen, layoutDetail(pen, width - 16, height - head - 6, scene), scene);
    },
  };
}

function drawBackground(pen: Pen, width: number, height: number, theme: Theme): void {
  pen.fillStyle = theme.surface;
  pen.fillRect(0, 0, width, height);
}

function drawTitle(pen: Pen, title: string, theme: Theme): void {
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillStyle = theme.ink;
  pen.font = font(13, 600);
  pen.fillText(title, 16, 22);
}

/** Names the series by their colours. */
function drawKey(pen: Pen, session: Session, theme: Theme, x: number, y: number): void {
  pen.font = font(11.5);
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  for (const series of session.series) {
    const name = nameOf(session, series);
    pen.fillStyle = lineColor(series.color, theme.scheme);
    pen.fillRect(x, y - 8, 9, 9);
    pen.fillStyle = theme.ink;
    pen.fillText(name, x + 14, y);
    x += 14 + pen.measureText(name).width + 18;
  }
  const { baseline } = session;
  if (!baseline) return;
  pen.fillStyle = theme.muted;
  pen.fillText(`less ${nameOf(session, baseline)}`, x, y);
}

/** A series with what it was folded from: a figure has no chips that would say so. */
function nameOf({ view }: Session, { label, folded, compared }: ShownSeries): string {
  const runs = (folded ?? compared?.series.folded)?.runs;
  if (!runs) return label;
  return `${label} (mean of ${runs} runs, band: ${view.spread === "range" ? "least to greatest" : "± 1 standard deviation"})`;
}
