import type { Target } from "../../compute/series/lines";
import { canvasPixel, divergingColors, LAST_STEP, rampColors } from "../../compute/scale/ramp";
import { Shades } from "../../compute/scale/shades";
import type { Box, Pen } from "../pen";
import { stripLayer, type StripLayer } from "../strip";
import { stripePixels, stripesBox } from "../swatch";
import { bandBoxes } from "./bands";
import type { DrawnSpot, MatrixScene } from "./scene";
import { contrastOf } from "./targets";

/** Draws spots of a block as heat strips. */
export function drawHeat(
  pen: Pen,
  scene: MatrixScene,
  spots: readonly DrawnSpot[],
  block: Box,
): void {
  const layer = stripLayer(pen, block, canvasPixel(scene.theme.surface));
  const drawSpot = heatDrawer(layer, scene);
  for (const { box, target } of spots) drawSpot(box, target);
  layer.flush();
}

/** Returns a function that draws the strips of a spot. What hundreds of spots have in common is computed once. */
function heatDrawer(layer: StripLayer, scene: MatrixScene): (box: Box, target: Target) => void {
  const { theme, strips, baseline, series } = scene;
  const gap = canvasPixel(theme.gap);
  const colors = new Uint32Array(strips.width);
  const down = scene.direction === "down";
  const ramps = series.map(({ color }) =>
    baseline ? divergingColors(theme.scheme, color) : rampColors(color, theme.scheme),
  );
  // Differences do not have the hue of their series.
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
 * Looks up the colour of each pixel of a strip. One loop for all: a call for each of the hundreds of
 * thousands of pixels of a paint would take longer than the work itself.
 *
 * @param values NaN for pixels that are as in `mean`
 * @param isSigned whether values are differences, and the ramp is one for differences
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

/** The edge of a band where ticks show maxima that the mean would hide; the far edge is for minima. */
function tickEdge(band: Box, down: boolean, far: boolean): Box {
  const thickness = (across: number) => Math.max(1, Math.min(4, Math.round(across / 4)));
  const [width, height] = [thickness(band.width), thickness(band.height)];
  return down
    ? { ...band, x: far ? band.x + band.width - width : band.x, width }
    : { ...band, y: far ? band.y + band.height - height : band.y, height };
}
