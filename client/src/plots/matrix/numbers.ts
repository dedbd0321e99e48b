import { valueAt } from "../../compute/series/plotted";
import {
  cssColor,
  divergingColors,
  divergingStep,
  inkOn,
  rampColors,
  rampStep,
  stripesOf,
} from "../../compute/scale/ramp";
import { signedBrightness } from "../../compute/scale/scale";
import { formatSigned, formatValue } from "../../compute/text/tooltip";
import { pixelRatio, type Box, type Pen } from "../pen";
import { drawMark, stripesBox } from "../swatch";
import { font } from "../theme";
import { bandBoxes } from "./bands";
import { isOneNumber, type DrawnSpot, type MatrixScene } from "./scene";
import { contrastOf } from "./targets";

/** Sizes of type: numbers are shortened before they are smaller than the first, and left out below the second. */
const [LEAST_NUMBER, SMALLEST_NUMBER] = [12, 9];

/**
 * Draws spots of a block as numbers on a ground of their colour.
 *
 * @param cell size of the matrix's cells, which decides for all blocks whether only one series' number is shown
 */
export function drawNumbers(
  pen: Pen,
  scene: MatrixScene,
  spots: readonly DrawnSpot[],
  _block: Box,
  cell: number,
): void {
  const isOne = isOneNumber(cell, scene.series.length);
  for (const spot of spots) drawSpot(pen, scene, spot, isOne);
}

function drawSpot(pen: Pen, scene: MatrixScene, { box, target }: DrawnSpot, isOne: boolean): void {
  const { scheme } = scene.theme;
  const contrast = contrastOf(scene, target);
  const bands = isOne
    ? [{ x: 0, y: 0, width: box.width, height: box.height }]
    : bandBoxes(box, { ...scene, direction: "across" }, pixelRatio(pen));
  bands.forEach((band, at) => {
    const s = isOne ? scene.numbersOf : at;
    const series = scene.series[s];
    const value = valueAt(series, target, scene.values, scene.epoch);
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
    const most = Math.min(box.width >= 80 ? 16 : 13, band.height - 2);
    const { text, size } = fitNumber(whole, band.width - 4, most);
    if (size < SMALLEST_NUMBER) return;
    pen.font = font(size, bright > 0 ? 500 : 400);
    pen.fillStyle = bright > 0 ? inkOn(shade) : scene.theme.faint;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, x + band.width / 2, y + band.height / 2 + 0.5);
  });
}

/** The text of a number and its size of type: in narrow cells the first digits are read, rather than all of them guessed. */
export function fitNumber(
  whole: string,
  width: number,
  most: number,
): { text: string; size: number } {
  const sizeOf = (text: string) => Math.min(most, width / (text.length * 0.56));
  if (sizeOf(whole) >= LEAST_NUMBER) return { text: whole, size: sizeOf(whole) };
  const text = whole.replace(/\d+\.\d+/, (digits) =>
    Number(digits) < 0.5 ? "<1" : Math.round(Number(digits)).toString(),
  );
  return { text, size: sizeOf(text) };
}
