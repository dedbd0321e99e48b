/** Figures for export: drawn by the same functions as the page, on white, with crisp text. */

import { stretchOf } from "../compute/time/axis";
import { describeTarget } from "../compute/text/description";
import { drawDetail } from "../plots/detail/draw";
import { layoutDetail } from "../plots/detail/layout";
import { drawMatrix } from "../plots/matrix/draw";
import { levelsShown } from "../plots/matrix/groups";
import { layoutMatrix } from "../plots/matrix/layout";
import { drawPerformance } from "../plots/performance/draw";
import { layoutPerformance } from "../plots/performance/layout";
import { shareRange } from "../plots/performance/scale";
import { drawPerformanceValues } from "../plots/performance/values";
import { fitText, type Pen } from "../plots/pen";
import { stripPixels } from "../plots/strip";
import { drawSwatch } from "../plots/swatch";
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
import { saveFile } from "./leaving";
import { numbersText } from "./numbersText";
import { isScrambled } from "./scrambled";
import type { ShownSeries } from "./series/series";
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

/** Device pixels per CSS pixel of a PNG if no width was chosen. */
const PNG_SCALE = 3;

/**
 * Draws what the session shows as a file.
 *
 * @param width in CSS pixels; if left out, it is chosen to suit the figure
 * @param scale device pixels per CSS pixel of a PNG
 */
export async function drawFigure(
  session: Session,
  name: FigureName,
  format: FigureFormat,
  width?: number,
  scale = PNG_SCALE,
): Promise<Blob> {
  const figure = figureOf(session, name, THEMES.light, width);
  return format === "svg" ? svgBlob(figure) : pngBlob(figure, scale);
}

/** Draws a figure and hands it to the browser as a download. If a PNG would be wrong, offers an SVG instead. */
export async function exportFigure(
  session: Session,
  name: FigureName,
  format: FigureFormat,
): Promise<void> {
  const file = `confusionflow-${name}.${format}`;
  if (format === "svg" || !isScrambled()) {
    saveFile(session, await drawFigure(session, name, format), file);
    return;
  }
  session.leaving = {
    text: "To prevent tracking, this browser alters pictures that pages make, so a PNG would be wrong. An SVG is not affected.",
    action: { label: "Save as SVG", run: () => void exportFigure(session, name, "svg") },
  };
}

function svgBlob({ width, height, draw }: Figure): Blob {
  return new Blob([toSvg(width, height, (pen) => draw(pen, 1))], { type: "image/svg+xml" });
}

function pngBlob({ width, height, draw }: Figure, scale: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d")!;
  pen.scale(scale, scale);
  draw(pen, scale);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) =>
      blob ? resolve(blob) : reject(new Error("The browser could not write the PNG.")),
    );
  });
}

function figureOf(session: Session, name: FigureName, theme: Theme, width?: number): Figure {
  switch (name) {
    case "matrix":
      return matrixFigure(session, theme, width);
    case "performance":
      return performanceFigure(session, theme, width);
    case "detail":
      return detailFigure(session, theme, width);
  }
}

const PAD = 16;

function matrixFigure(session: Session, theme: Theme, width?: number): Figure {
  const cell = Math.max(16, Math.min(64, 900 / session.classes.length));
  const side = Math.round(cell * (session.classes.length + 1));
  const across = width ?? Math.max(620, side + 198);
  const top = headOf(session, across, `Confusion${ofRun(session)}`, theme, {
    isOnPaper: width !== undefined,
  });
  const fit = (pen: Pen, height: number) =>
    layoutMatrix(pen, {
      width: across - PAD,
      height,
      classes: session.labels,
      levels: levelsShown(session.groups.brackets),
      scrollX: 0,
      scrollY: 0,
    });
  const measured = fit(measuringPen(), width ? across + 240 : Math.max(420, side + 240));
  const height = Math.ceil(measured.legend.y + measured.legend.height) + PAD;
  return {
    width: across,
    height: height + top.height,
    draw: (pen, scale) => {
      drawBackground(pen, across, height + top.height, theme);
      top.draw(pen);
      pen.translate(PAD / 2, top.height);
      const layout = fit(pen, height);
      const strips = stripsOf(session, stripPixels(layout.cell - 1, scale));
      drawMatrix(pen, layout, matrixScene(session, strips, theme));
    },
  };
}

function performanceFigure(session: Session, theme: Theme, chosen?: number): Figure {
  const width = chosen ?? 760;
  const scene = performanceScene(session, sortedRows(session), theme);
  const row = 25;
  const layoutWith = (pen: Pen) =>
    layoutPerformance(
      pen,
      width - 2 * PAD,
      row,
      scene.labels,
      scene.series.length,
      scene.baseline !== null,
    );
  const notes = [`lines: ${shareRange(scene)}`, numbersText(session, layoutWith(measuringPen()))];
  const top = headOf(session, width, `Class performance${ofRun(session)}`, theme, {
    notes: notes.filter(Boolean),
    isOnPaper: chosen !== undefined,
  });
  const above = top.height + 28;
  const height = above + scene.rows.length * row + PAD;
  return {
    width,
    height,
    draw: (pen) => {
      drawBackground(pen, width, height, theme);
      top.draw(pen);
      const layout = layoutWith(pen);
      pen.translate(PAD, above);
      pen.font = font(12);
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
        pen.fillText(name, layout.columns[column].x, -8);
      drawPerformance(pen, layout, scene, [0, scene.rows.length]);
      drawPerformanceValues(pen, layout, scene, session.playhead, [0, scene.rows.length]);
    },
  };
}

function detailFigure(session: Session, theme: Theme, chosen?: number): Figure {
  const width = chosen ?? 720;
  const height = Math.max(240, Math.round((width * 5) / 9));
  const head = 44;
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
        session.background,
      );
      drawTitle(pen, title, theme);
      pen.fillStyle = theme.muted;
      pen.font = font(12);
      const subtitle = `${meaning}${ofRun(session)}`;
      pen.fillText(chosen ? fitText(pen, subtitle, width - 2 * PAD) : subtitle, PAD, 38);
      pen.translate(8, head);
      drawDetail(pen, layoutDetail(pen, width - PAD, height - head - 6, scene), scene);
    },
  };
}

/** The run's name if all series are of one run, because their labels leave it out then. */
function ofRun({ data }: Session): string {
  const names = new Set(data.map(({ runName }) => runName));
  return names.size === 1 ? ` · ${[...names][0]}` : "";
}

function measuringPen(): Pen {
  return document.createElement("canvas").getContext("2d")!;
}

interface Head {
  height: number;
  draw: (pen: Pen) => void;
}

/**
 * Title, epochs, the names of the series by their colours, and a note, in as many lines as they need.
 * On paper a name is shortened if it is wider than the figure.
 */
function headOf(
  session: Session,
  width: number,
  title: string,
  theme: Theme,
  { notes = [], isOnPaper = false }: { notes?: readonly string[]; isOnPaper?: boolean },
): Head {
  const { baseline } = session;
  const entries = [
    ...session.series.map((series) => ({
      name: nameOf(session, series),
      color: series.color as number | null,
    })),
    ...(baseline ? [{ name: `relative to ${nameOf(session, baseline)}`, color: null }] : []),
    ...notes.map((name) => ({ name, color: null })),
  ];
  const pen = measuringPen();
  pen.font = font(12);
  let [x, y] = [PAD, 42];
  const placed = entries.map(({ name, color }) => {
    const own = color === null ? 0 : 14;
    const text = isOnPaper ? fitText(pen, name, width - 2 * PAD - own) : name;
    const extent = own + pen.measureText(text).width;
    if (x > PAD && x + extent > width - PAD) [x, y] = [PAD, y + 17];
    const at = { text, color, x, y, own };
    x += extent + 18;
    return at;
  });
  return {
    height: y + 10,
    draw: (target) => {
      drawTitle(target, `${title}, ${stretchOf(session.axis, session.range)}`, theme);
      target.font = font(12);
      for (const { text, color, x: left, y: base, own } of placed) {
        if (color !== null) drawSwatch(target, left, base - 8, 9, color, theme);
        target.fillStyle = color === null ? theme.muted : theme.ink;
        target.fillText(text, left + own, base);
      }
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
  pen.fillText(title, PAD, 22);
}

/** The label of a series with the runs that it was folded from, because a figure has no chips to say so. */
function nameOf({ view }: Session, { label, folded, compared }: ShownSeries): string {
  const runs = (folded ?? compared?.series.folded)?.runs;
  if (!runs) return label;
  return `${label} (mean of ${runs} runs, band: ${view.spread === "range" ? "least to greatest" : "± 1 standard deviation"})`;
}
