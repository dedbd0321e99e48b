import { range } from "d3-array";

import { indexAt } from "../../compute/epochs";
import type { Target } from "../../compute/lines";
import { intervalOf, lineOf } from "../../compute/plotted";
import {
  canvasPixel,
  cssColor,
  divergingColors,
  divergingStep,
  inkOn,
  LAST_STEP,
  rampColors,
  rampStep,
  stripesOf,
} from "../../compute/ramp";
import { formatSigned, formatValue } from "../../compute/tooltip";
import { brightness, signedBrightness, type Contrast } from "../../compute/scale";
import { Shades } from "../../compute/shades";
import { drawLine, HAIRLINE, seriesStyle } from "../line";
import { clipped, fitTexts, pixelRatio, type Box, type Pen } from "../pen";
import { pointScale } from "../scales";
import { stripLayer, type StripLayer } from "../strip";
import { drawMark, stripePixels, stripesBox } from "../swatch";
import { font } from "../theme";
import {
  boxOf,
  columnTexts,
  rowTexts,
  visibleClasses,
  type MatrixLayout,
  type MatrixSpot,
} from "./layout";
import { drawBrackets, drawGroupEdges } from "./groups";
import { drawLegend } from "./legend";
import { drawMarks } from "./marks";
import { bandsThatFit, isOneNumber, type MatrixScene } from "./scene";

const ACCURACY: Target = { kind: "accuracy" };
const MANY_BANDS = 6;
/** Sizes of type: numbers are shortened before they are smaller than the first, and left out below the second. */
const [LEAST_NUMBER, SMALLEST_NUMBER] = [12, 9];

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

/** Draws the spots of one block of the matrix: first what they show, then names on the diagonal. */
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
    const shown = spots
      .filter((spot) => !isNamed(spot))
      .map((spot) => [boxOf(layout, spot), targetOfSpot(spot, scene)] as const);
    if (scene.mode === "heat") {
      const layer = stripLayer(pen, block, canvasPixel(scene.theme.surface));
      const drawHeat = heatDrawer(layer, scene);
      for (const [box, target] of shown) drawHeat(box, target);
      layer.flush();
    } else if (scene.mode === "lines")
      for (const [box, target] of shown) drawLines(pen, box, scene, target);
    else {
      const isOne = isOneNumber(layout.cell, scene.series.length);
      for (const [box, target] of shown) drawNumbers(pen, box, scene, target, isOne);
    }
    for (const spot of spots)
      if (spot.kind === "cell" && isNamed(spot))
        drawDiagonalName(pen, boxOf(layout, spot), layout.labelSize, scene, spot.actual);
  });
}

/**
 * What a spot's strips, lines and numbers are of: on the diagonal recall (precision, where cells are shares
 * of the predicted class) or, of a closed group, the confusion inside it; elsewhere the spot itself.
 */
export function targetOfSpot(
  spot: MatrixSpot,
  { isGroup, diagonal, values }: Pick<MatrixScene, "isGroup" | "diagonal" | "values">,
): Target {
  if (spot.kind !== "cell" || spot.actual !== spot.predicted) return spot;
  if (isGroup[spot.actual] && diagonal === "names") return { kind: "inside", class: spot.actual };
  return { kind: values === "predicted" ? "precision" : "recall", class: spot.actual };
}

/** Recall is scaled from 0 to 1, because it would outshine confusion. Its differences are as small as those of FN. */
function contrastOf(scene: MatrixScene, { kind }: Target): Contrast {
  if (kind === "recall" || kind === "precision")
    return { max: 1, gamma: scene.baseline ? scene.cells.gamma : 1 };
  return kind === "cell" || kind === "inside" ? scene.cells : scene.margins;
}

/** The boxes of a cell's bands within it, in series order; those beyond what fits have none. */
function bandBoxes(box: Pick<Box, "width" | "height">, scene: MatrixScene, ratio: number): Box[] {
  const down = scene.direction === "down";
  const across = down ? box.width : box.height;
  const count = bandsThatFit(across * ratio + 1, scene.series.length);
  return Array.from({ length: count }, (_, s) => {
    const from = Math.round((s * across * ratio) / count) / ratio;
    const to = Math.round(((s + 1) * across * ratio) / count) / ratio;
    return down
      ? { x: from, y: 0, width: to - from, height: box.height }
      : { x: 0, y: from, width: box.width, height: to - from };
  });
}

/** Draws the strips of a spot. What is the same for hundreds of spots is worked out once. */
function heatDrawer(layer: StripLayer, scene: MatrixScene): (box: Box, target: Target) => void {
  const { theme, strips, baseline, series } = scene;
  const gap = canvasPixel(theme.gap);
  const colors = new Uint32Array(strips.width);
  const down = scene.direction === "down";
  const ramps = series.map(({ color }) =>
    baseline ? divergingColors(theme.scheme, color) : rampColors(color, theme.scheme),
  );
  // Differences have no hue of their series.
  const stripes = series.map(({ color }) => (baseline ? null : stripePixels(color, theme)));
  const shades = new Map<Target["kind"], Shades>();
  const shadesOf = (target: Target) => {
    const known = shades.get(target.kind) ?? new Shades(contrastOf(scene, target), LAST_STEP);
    shades.set(target.kind, known);
    return known;
  };
  let size = "";
  let bands: Box[] = [];
  return (box, target) => {
    if (size !== (size = `${box.width} ${box.height}`)) bands = bandBoxes(box, scene, layer.ratio);
    const steps = shadesOf(target);
    for (let s = 0; s < bands.length; s++) {
      const band = { ...bands[s], x: box.x + bands[s].x, y: box.y + bands[s].y };
      const strip = strips.of(s, target);
      if (!strip) {
        layer.draw(band, colors.fill(gap), down);
        continue;
      }
      const draw = (on: Box, values: Float64Array) => {
        colorPixels(colors, values, strip.mean, ramps[s], baseline !== null, steps, gap);
        layer.draw(on, colors, down);
      };
      draw(band, strip.mean);
      if (strip.peak) draw(tickEdge(band, down, false), strip.peak);
      if (strip.trough) draw(tickEdge(band, down, true), strip.trough);
      const marked = stripes[s] && stripesBox(band, down, layer.ratio);
      if (marked) layer.draw(marked, stripes[s]!, down);
    }
  };
}

/**
 * Looks up the colour of each pixel of a strip. One loop for all: a call for each of the hundred
 * thousands of pixels of a paint would take longer than what it does.
 *
 * @param values NaN: as in `mean`
 * @param isSigned whether they are differences, and the ramp is one of these
 */
function colorPixels(
  colors: Uint32Array,
  values: Float64Array,
  mean: Float64Array,
  ramp: Uint32Array,
  isSigned: boolean,
  shades: Shades,
  gap: number,
): void {
  for (let p = 0; p < colors.length; p++) {
    const value = Number.isNaN(values[p]) ? mean[p] : values[p];
    if (Number.isNaN(value)) colors[p] = gap;
    else if (!isSigned) colors[p] = ramp[shades.of(value)];
    else colors[p] = ramp[LAST_STEP + (value < 0 ? -shades.of(-value) : shades.of(value))];
  }
}

/** The edge of a band on which ticks show the maxima that the mean would hide, and the other one for minima. */
function tickEdge(band: Box, down: boolean, far: boolean): Box {
  const thickness = (across: number) => Math.max(1, Math.min(4, Math.round(across / 4)));
  const [width, height] = [thickness(band.width), thickness(band.height)];
  return down
    ? { ...band, x: far ? band.x + band.width - width : band.x, width }
    : { ...band, y: far ? band.y + band.height - height : band.y, height };
}

function drawLines(pen: Pen, box: Box, scene: MatrixScene, target: Target): void {
  // Lines are quiet by themselves: they use the whole height.
  const contrast = { ...contrastOf(scene, target), top: 1 };
  const down = scene.direction === "down";
  const inset = Math.min(2, box.width / 10);
  const along = (down ? box.height : box.width) - 2 * inset;
  const across = (down ? box.width : box.height) - 2 * inset;
  const x = pointScale(scene.range, along);
  clipped(pen, box, () => {
    if (down) {
      pen.translate(box.x + inset, box.y + inset);
      pen.transform(0, 1, 1, 0, 0, 0);
    } else pen.translate(box.x + inset, box.y + inset);
    const y = (value: number) => {
      const height =
        (scene.baseline
          ? (1 + signedBrightness(value, contrast)) / 2
          : brightness(value, contrast)) * across;
      return down ? height : across - height;
    };
    if (scene.baseline) {
      pen.fillStyle = scene.theme.border;
      pen.fillRect(0, Math.round(across / 2), along, 1);
    }
    for (const series of scene.series) {
      const values = lineOf(series, target, scene.values);
      const interval = intervalOf(series, target, scene.values);
      if (values)
        drawLine(
          pen,
          { ...series, values, interval },
          x,
          y,
          seriesStyle(series.color, scene.theme.scheme, HAIRLINE),
        );
    }
  });
}

/** @param isOne whether the box has room for one series' number only */
function drawNumbers(pen: Pen, box: Box, scene: MatrixScene, target: Target, isOne: boolean): void {
  const { scheme } = scene.theme;
  const contrast = contrastOf(scene, target);
  const across: MatrixScene = { ...scene, direction: "across" };
  const bands = isOne
    ? [{ x: 0, y: 0, width: box.width, height: box.height }]
    : bandBoxes(box, across, pixelRatio(pen));
  bands.forEach((band, at) => {
    const s = isOne ? scene.numbersOf : at;
    const series = scene.series[s];
    const value = shownValue(scene, s, target);
    const signed = signedBrightness(value, contrast);
    const bright = Math.abs(signed);
    const shade = scene.baseline
      ? divergingColors(scheme, series.color)[divergingStep(signed)]
      : rampColors(series.color, scheme)[rampStep(bright)];
    const [x, y] = [box.x + band.x, box.y + band.y];
    pen.fillStyle = Number.isNaN(value) ? scene.theme.gap : cssColor(shade);
    pen.fillRect(x, y, band.width, band.height);
    const marked = stripesBox({ ...band, x, y }, false, pixelRatio(pen));
    if (marked && stripesOf(series.color) && !scene.baseline)
      drawMark(pen, marked, series.color, scene.theme);
    const whole = (scene.baseline ? formatSigned : formatValue)(
      value,
      target,
      scene.values,
    ).replace(/%| points/, "");
    const sizeOf = (text: string) =>
      Math.min(box.width >= 80 ? 16 : 13, band.height - 2, (band.width - 4) / (text.length * 0.56));
    // In narrow cells the first digits are read, rather than all of them guessed.
    const short = whole.replace(/\d+\.\d+/, (digits) =>
      Number(digits) < 0.5 ? "<1" : Math.round(Number(digits)).toString(),
    );
    const text = sizeOf(whole) < LEAST_NUMBER ? short : whole;
    const size = sizeOf(text);
    if (size < SMALLEST_NUMBER) return;
    pen.font = font(size, bright > 0 ? 500 : 400);
    pen.fillStyle = bright > 0 ? inkOn(shade) : scene.theme.faint;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, x + band.width / 2, y + band.height / 2 + 0.5);
  });
}

/** The value of a target at the scene's epoch; NaN if the series has none. */
function shownValue(scene: MatrixScene, s: number, target: Target): number {
  const series = scene.series[s];
  const values = lineOf(series, target, scene.values);
  const index = indexAt(series.epochs, series.stride, scene.epoch);
  return values && index >= 0 ? values[index] : NaN;
}

/** The class's name where correct predictions would outshine all confusion; blank if it does not fit. */
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

/** The overall accuracy where FN and FP meet: lines from 0 to 100 %, or numbers. */
function drawAccuracy(pen: Pen, layout: MatrixLayout, scene: MatrixScene): void {
  const box = boxOf(layout, { kind: "accuracy" });
  if (scene.mode === "numbers") {
    const isOne = isOneNumber(layout.cell, scene.series.length);
    drawNumbers(pen, box, { ...scene, margins: { max: 0, gamma: 1 } }, ACCURACY, isOne);
    return;
  }
  pen.font = font(12);
  const caption = pen.measureText("accuracy").width <= box.width - 2 ? 14 : 0;
  const x = pointScale(scene.range, box.width - 6);
  const height = box.height - 6 - caption;
  pen.save();
  pen.translate(box.x + 3, box.y + 3);
  // The baseline's too, undifferenced, for orientation.
  for (const series of scene.accuracies)
    drawLine(
      pen,
      {
        ...series,
        values: lineOf(series, ACCURACY, "rate")!,
        interval: intervalOf(series, ACCURACY, "rate"),
      },
      x,
      (value) => height * (1 - value),
      seriesStyle(series.color, scene.theme.scheme, HAIRLINE),
    );
  pen.restore();
  if (!caption) return;
  pen.font = font(12);
  pen.fillStyle = scene.theme.muted;
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  pen.fillText("accuracy", box.x + box.width / 2, box.y + box.height - 5);
}

function drawLabels(pen: Pen, layout: MatrixLayout, scene: MatrixScene): void {
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

/** Lines between cells and around the blocks, on whole pixels. */
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
