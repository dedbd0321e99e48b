import { canvasPixel, lineColor, stripesOf } from "../compute/scale/ramp";
import type { Box, Pen } from "./pen";
import type { Theme } from "./theme";

/** The mark of a series as a CSS background: one of the eight hues, with stripes for further series of that hue. */
export function swatch(color: number, { scheme, surface }: Theme): string {
  const hue = lineColor(color, scheme);
  const stripes = stripesOf(color);
  if (!stripes) return hue;
  const stops = stripes.map(
    (filled, at) => `${filled ? hue : surface} ${12.5 * at}% ${12.5 * (at + 1)}%`,
  );
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}

/** Draws the same mark. */
export function drawSwatch(
  pen: Pen,
  x: number,
  y: number,
  size: number,
  color: number,
  theme: Theme,
): void {
  drawMark(pen, { x, y, width: size, height: size }, color, theme);
}

/** Draws the mark of a series in a box. */
export function drawMark(
  pen: Pen,
  { x, y, width, height }: Box,
  color: number,
  { scheme, surface }: Theme,
): void {
  const hue = lineColor(color, scheme);
  pen.fillStyle = hue;
  pen.fillRect(x, y, width, height);
  pen.fillStyle = surface;
  for (const [at, filled] of (stripesOf(color) ?? []).entries())
    if (!filled) pen.fillRect(x + (at * width) / 8, y, width / 8, height);
}

/** The stripes of a series' mark as canvas pixels, or null if its hue alone tells it apart. */
export function stripePixels(color: number, { scheme, surface }: Theme): Uint32Array | null {
  const stripes = stripesOf(color);
  if (!stripes) return null;
  const [hue, hole] = [lineColor(color, scheme), surface].map(canvasPixel);
  return Uint32Array.from(stripes, (filled) => (filled ? hue : hole));
}

/** The length of the stripes in a band, and the shortest band that has room for them. */
const [STRIPES_LENGTH, LEAST_LENGTH] = [8, 20];

/**
 * Where a band has the stripes of its series: at its start, in the half without ticks, where they hide no epoch.
 * Null if there is no room.
 */
export function stripesBox(band: Box, down: boolean, ratio: number): Box | null {
  const [along, across] = down ? [band.height, band.width] : [band.width, band.height];
  const thickness = Math.min(5, Math.floor((across * ratio) / 2) / ratio);
  if (along < LEAST_LENGTH || !thickness) return null;
  return down
    ? { x: band.x + across - thickness, y: band.y, width: thickness, height: STRIPES_LENGTH }
    : { x: band.x, y: band.y + across - thickness, width: STRIPES_LENGTH, height: thickness };
}
